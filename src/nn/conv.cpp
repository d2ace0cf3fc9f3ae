// SPDX-License-Identifier: MIT
// The convolution layers: they check their sizes, initialize weight and bias, and call the op.
#include "tinygrad/nn/conv.h"

#include <algorithm>

#include "nn/default_init.h"

namespace tinygrad::nn {
namespace {

void at_least(const Call& call, const char* what, bool is_same, const Dims& size, int least) {
  require(!is_same && std::all_of(size.begin(), size.end(), [=](auto n) { return n >= least; }),
          call, what, " must be at least ", least,
          size.rank() > 2   ? " in each direction"
          : size.rank() > 1 ? " in both directions"
                            : "",
          ", not ", is_same ? "same" : to_string(size));
}

/// weight and bias, uniform on ±1 / sqrt(fan_in). PyTorch computes the fan-in of a transposed
/// convolution from its weight in the same way. Throws ArgumentError for invalid sizes.
template <class Size, class Options>
std::pair<Tensor, Tensor> initial(const Call& call, int in, int out, Size kernel,
                                  const Options& o) {
  constexpr bool transposed = requires { o.output_padding; };
  const auto check = [&](const char* what, Size size, int least) {
    at_least(call, what, size.is_same, size.dims(), least);
  };
  positive(call, "the number of input channels", in),
      positive(call, "the number of output channels", out), positive(call, "groups", o.groups);
  require(in % o.groups == 0 && out % o.groups == 0, call, in, " input and ", out,
          " output channels cannot be split into ", o.groups, " groups");
  check("the kernel", kernel, 1), check("stride", o.stride, 1), check("dilation", o.dilation, 1);
  if (!o.padding.is_same || transposed) check("padding", o.padding, 0);
  else require(o.stride.dims() == Size(1).dims(), call, "padding `same` requires stride 1");
  if constexpr (transposed) check("output_padding", o.output_padding, 0);
  Shape shape = transposed ? Shape{in, out / o.groups} : Shape{out, in / o.groups};
  for (auto size : kernel.dims()) shape.push_back(size);
  const std::int64_t fan_in = Shape(shape.begin() + 1, shape.rank() - 1).count();
  const Tensor weight = default_uniform_init(shape, fan_in);
  return {weight, o.bias ? default_uniform_init({out}, fan_in) : Tensor()};
}

/// The options of the op.
template <class Size> tinygrad::ConvOptions<Size> movement(const ConvOptions<Size>& o) {
  return {o.stride, o.padding, o.dilation, o.groups};
}
template <class Size>
tinygrad::ConvTransposeOptions<Size> movement(const ConvTransposeOptions<Size>& o) {
  return {o.stride, o.padding, o.output_padding, o.groups, o.dilation};
}

/// x, padded with its own elements if the options ask for them; then they ask for no more padding.
template <class Size> Tensor padded(const Tensor& x, const Tensor& w, ConvOptions<Size>& o) {
  if (o.padding_mode == PadMode::constant) return x;
  Dims around;
  for (int i = w.dim() - 2; i-- > 0;) {
    const std::int64_t total =
        o.padding.is_same ? o.dilation.dims()[i] * (w.shape()[2 + i] - 1) : 2 * o.padding.dims()[i];
    around.push_back(total / 2), around.push_back(total - total / 2);
  }
  o.padding = 0;
  return pad(x, around, o.padding_mode);
}
template <class Size> Tensor padded(const Tensor& x, const Tensor&, ConvTransposeOptions<Size>&) {
  return x;
}

}  // namespace

#define CONVOLUTION(Name, Size, op)                                                         \
  Name::Name(int in, int out, Size kernel, const Name##Options& o, SourceLocation location) \
      : WeightedLambda(initial({#Name, location}, in, out, kernel, o),                      \
                       [o](const Tensor& x, const Tensor& w, const Tensor& b) {             \
                         auto own = o;                                                      \
                         const Tensor image = padded(x, w, own);                            \
                         return op(image, w, b, movement(own));                             \
                       }) {}
CONVOLUTION(Conv1d, Single, conv1d)
CONVOLUTION(Conv2d, Pair, conv2d)
CONVOLUTION(ConvTranspose1d, Single, conv_transpose1d)
CONVOLUTION(ConvTranspose2d, Pair, conv_transpose2d)
CONVOLUTION(Conv3d, Triple, conv3d)
CONVOLUTION(ConvTranspose3d, Triple, conv_transpose3d)

}  // namespace tinygrad::nn
