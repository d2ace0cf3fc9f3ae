// SPDX-License-Identifier: MIT
// Attention, as its formula, and rotary position embeddings.
#include <cmath>

#include "core/autocast.h"
#include "core/check.h"
#include "tinygrad/ops.h"

namespace tinygrad {
namespace {

void check_attention(const Call& call, const Tensor& q, const Tensor& k, const Tensor& v,
                     const Tensor& mask, const AttentionOptions& options) {
  for (const Tensor* t : {&q, &k, &v}) check_floating(call, *t);
  require<DTypeError>(q.dtype() == k.dtype() && k.dtype() == v.dtype(), call, "q is ",
                      to_string(q.dtype()), ", k ", to_string(k.dtype()), ", v ",
                      to_string(v.dtype()), "; convert with to()");
  require<ShapeError>(q.dim() >= 2 && k.dim() >= 2 && v.dim() >= 2, call,
                      "expected q [..., L, E], k [..., S, E] and v [..., S, Ev], got ", q.shape(),
                      ", ", k.shape(), " and ", v.shape());
  require<ShapeError>(q.shape()[-1] == k.shape()[-1], call,
                      "q and k have different features: ", Marked{q.shape(), -1}, " and ",
                      Marked{k.shape(), -1});
  require<ShapeError>(k.shape()[-2] == v.shape()[-2], call,
                      "k and v have different lengths: ", Marked{k.shape(), -2}, " and ",
                      Marked{v.shape(), -2});
  require(!(options.is_causal && mask.defined()), call,
          "is_causal makes a mask; no other may be given");
}

/// The heads of x (dimension -3), each `times` times.
Tensor repeat_heads(const Call& call, const Tensor& x, std::int64_t heads) {
  require<ShapeError>(x.dim() >= 3 && x.shape()[-3] > 0 && heads % x.shape()[-3] == 0, call,
                      "the heads of ", Marked{x.shape(), -3}, " do not divide q's ", heads);
  const std::int64_t times = heads / x.shape()[-3];
  if (times == 1) return x;
  Shape shape = x.shape();
  shape.insert(x.dim() - 2, times);
  return flatten(expand(unsqueeze(x, -3), shape), -4, -3);
}

/// The weights softmax(scores), where a row of -inf gives zeros.
Tensor weights_of(const Tensor& scores, bool may_be_empty) {
  const Tensor weights = softmax(scores, -1);
  if (!may_be_empty) return weights;
  return where(all(scores.detach() == -infinity, -1, keepdim), 0, weights);
}

}  // namespace

Tensor scaled_dot_product_attention(In q, In k, In v, In mask, const AttentionOptions& options) {
  const Call call{"scaled_dot_product_attention", q.location};
  check_attention(call, q.given(), k.given(), v.given(), *mask, options);
  Tensor keys = *k, values = *v;
  if (options.enable_gqa) {
    require<ShapeError>(q->dim() >= 3, call, "heads need q of rank 3 or more, got ", q->shape());
    keys = repeat_heads(call, keys, q->shape()[-3]);
    values = repeat_heads(call, values, q->shape()[-3]);
  }
  const double scale = options.scale.value_or(1 / std::sqrt(double(q->shape()[-1])));
  const std::int64_t rows = q->shape()[-2], columns = keys.shape()[-2];
  Tensor scores = matmul({*q * scale, q.location}, transpose(keys, -2, -1));
  if (options.is_causal) {
    const Tensor seen =
        tril(ones({rows, columns}, {.dtype = DType::boolean, .device = q->device()}));
    scores = where(seen, scores, -infinity);
  } else if (mask.defined()) {
    scores = mask->dtype() == DType::boolean ? where(*mask, scores, -infinity)
                                             : scores + cast(mask, scores.dtype());
  }
  const Tensor weights = weights_of(scores, mask.defined());
  return matmul(dropout({weights, q.location}, options.dropout_p), values);
}

/// (a, b) -> (a cos - b sin, b cos + a sin) for the pairs of each row.
Tensor rotary_embedding(In x, const RotaryOptions& options) {
  const Call call{"rotary_embedding", x.location};
  check_floating(call, x);
  require<ShapeError>(x->dim() >= 2 && x->shape()[-1] % 2 == 0, call,
                      "expected x [..., L, E] with an even E, got ", x->shape());
  require(options.base > 0, call, "the base must be positive, got ", options.base);
  const std::int64_t rows = x->shape()[-2], pairs = x->shape()[-1] / 2;
  const DType dtype = is_half(x->dtype()) ? DType::float32 : x->dtype();
  const TensorOptions reals{.dtype = DType::float64};  // positions times angles, on the host
  const Tensor position = arange(options.offset, options.offset + rows, 1, reals),
               speed = exp(arange(0, pairs, 1, reals) * (-std::log(options.base) / double(pairs)));
  const Tensor angle = unsqueeze(position, 1) * speed;
  auto here = [&](const Tensor& t) { return t.to(dtype).to(x->device()); };
  const Tensor c = here(cos(angle)), s = here(sin(angle));
  const Tensor wide = cast({*x, x.location}, dtype);
  const int last = x->dim() - 1, step = options.interleaved ? 2 : 1;
  const std::int64_t end = options.interleaved ? 2 * pairs : pairs;
  const Tensor a = slice(wide, last, 0, end, step),
               b = slice(wide, last, options.interleaved ? 1 : pairs, 2 * pairs, step);
  const Tensor first = a * c - b * s, second = b * c + a * s;
  const Tensor y = options.interleaved ? flatten(stack({first, second}, x->dim()), -2, -1)
                                       : cat({first, second}, last);
  return cast({y, x.location}, x->dtype());
}

}  // namespace tinygrad
