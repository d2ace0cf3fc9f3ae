// SPDX-License-Identifier: MIT
// The fully connected layers Linear and Dense; Dense takes inputs and outputs of any rank.
#include "tinygrad/nn/linear.h"

#include "nn/default_init.h"
#include "tinygrad/ops.h"

namespace tinygrad::nn {

static Tensor linear_weight(std::int64_t in, std::int64_t out, const Call& call) {
  return default_uniform_init(
      {positive(call, "the number of outputs", out), positive(call, "the number of inputs", in)},
      in);
}

/// The shape of the weight of Dense, [in..., out...].
static Shape dense_weight_shape(const Shape& in, const Shape& out, const Call& call) {
  require<ShapeError>(in.rank() + out.rank() <= max_rank, call, "a weight from ", in, " to ", out,
                      " has more than ", max_rank, " dimensions");
  Shape both = in;
  for (auto size : out) both.push_back(size);
  for (auto size : both) positive(call, "each size", size);
  return both;
}

/// Returns whether the last sizes of a shape are those of `end`.
static bool ends_with(const Shape& shape, const Shape& end) {
  const int before = shape.rank() - end.rank();
  return before >= 0 && Dims(shape.begin() + before, end.rank()) == end;
}

Linear::Linear(std::int64_t in, std::int64_t out, const LinearOptions& options,
               SourceLocation location)
    : weight(add("weight", linear_weight(in, out, {"Linear", location}))),
      bias(options.bias ? add("bias", default_uniform_init({out}, in)) : Parameter()) {}

Tensor Linear::forward(const Tensor& x) { return linear(x, weight, bias); }

Dense::Dense(const Shape& in, const Shape& out, const LinearOptions& options,
             SourceLocation location)
    : weight(add("weight", default_uniform_init(dense_weight_shape(in, out, {"Dense", location}),
                                                in.count()))),
      bias(options.bias ? add("bias", default_uniform_init(out, in.count())) : Parameter()),
      in_(in) {}

Tensor Dense::forward(const Tensor& x) {
  require<ShapeError>(ends_with(x.shape(), in_), "dense", "the last dimensions of x must be ", in_,
                      ", got ", x.shape());
  const Tensor y = tensordot(x, weight, in_.rank());
  return bias.defined() ? y + bias : y;
}

}  // namespace tinygrad::nn
