// SPDX-License-Identifier: MIT
// Conv2d: checks its sizes, initializes weight and bias, and calls conv2d.
#include "tinygrad/nn/conv.h"

#include "nn/default_init.h"

namespace tinygrad::nn {
namespace {

void check_pair(const Call& call, const char* what, const Pair& pair, int least) {
  require(!pair.is_same && pair.y >= least && pair.x >= least, call, what, " must be at least ",
          least, " in both directions, not ",
          pair.is_same ? "same" : to_string(Dims{pair.y, pair.x}));
}

/// The shape of the weight, [out, in / groups, kh, kw]. Throws ArgumentError for invalid sizes.
Shape weight_shape(int in, int out, Pair kernel, const Conv2dOptions& o, const Call& call) {
  positive(call, "the number of input channels", in),
      positive(call, "the number of output channels", out);
  positive(call, "groups", o.groups);
  require(in % o.groups == 0 && out % o.groups == 0, call, in, " input and ", out,
          " output channels cannot be split into ", o.groups, " groups");
  check_pair(call, "the kernel", kernel, 1), check_pair(call, "stride", o.stride, 1),
      check_pair(call, "dilation", o.dilation, 1);
  if (o.padding.is_same)
    require(o.stride.y == 1 && o.stride.x == 1, call, "padding `same` requires stride 1");
  else check_pair(call, "padding", o.padding, 0);
  return {out, in / o.groups, kernel.y, kernel.x};
}

/// The number of inputs of each output. Throws ShapeError if it does not fit into 63 bits.
std::int64_t fan_in(const Shape& weight) { return Shape(weight.begin() + 1, 3).count(); }

}  // namespace

Conv2d::Conv2d(int in, int out, Pair kernel, const Conv2dOptions& o, SourceLocation location)
    : Conv2d(weight_shape(in, out, kernel, o, {"Conv2d", location}), o) {}

Conv2d::Conv2d(const Shape& shape, const Conv2dOptions& o)
    : weight(add("weight", default_uniform_init(shape, fan_in(shape)))),
      bias(o.bias ? add("bias", default_uniform_init({shape[0]}, fan_in(shape))) : Parameter()),
      options_{o.stride, o.padding, o.dilation, o.groups} {}

Tensor Conv2d::forward(const Tensor& x) { return conv2d(x, weight, bias, options_); }

}  // namespace tinygrad::nn
