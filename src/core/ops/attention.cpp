// SPDX-License-Identifier: MIT
// Attention, as its formula, and rotary position embeddings.
#include <algorithm>
#include <cmath>

#include "core/autocast.h"
#include "core/check.h"
#include "core/ops/internal.h"

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
  const std::int64_t scores[] = {k.shape()[-2], q.shape()[-2]};
  for (int i = 1; mask.defined() && i <= std::min(mask.dim(), 2); ++i)
    require<ShapeError>(mask.shape()[-i] == 1 || mask.shape()[-i] == scores[i - 1], call,
                        "the mask does not broadcast to the scores: ", Marked{mask.shape(), -i},
                        " and [..., ", scores[1], ", ", scores[0], "]");
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

/// A mask as numbers that are added to the scores.
Tensor added_mask(const Tensor& mask, DType dtype) {
  if (!mask.defined() || mask.dtype() != DType::boolean) return cast_given(mask, dtype);
  return where(mask, zeros({}, {.dtype = dtype, .device = mask.device()}), -infinity);
}
Tensor scores_of(In q, const Tensor& k, const Tensor& mask, double scale, bool is_causal) {
  const Tensor scores = matmul({*q * scale, q.location}, transposed(k));
  if (mask.defined()) return scores + cast(mask, scores.dtype());
  if (!is_causal) return scores;
  const Shape rows_and_columns = {scores.shape()[-2], scores.shape()[-1]};
  const TensorOptions bools = {.dtype = DType::boolean, .device = q->device()};
  return where(tril(ones(rows_and_columns, bools)), scores, -infinity);
}
/// The weights softmax(scores), where a row of -inf gives zeros.
Tensor weights_of(const Tensor& scores, bool may_be_empty) {
  if (!may_be_empty) return softmax(scores, -1);
  const Tensor is_empty = all(scores.detach() == -infinity, -1, keepdim);
  return where(is_empty, 0, softmax(where(is_empty, 0, scores), -1));
}

/// The gradients of q, k and v: for the weights w = softmax(s) and dw = dy vᵀ they are
/// ds = w (dw − Σ_j w dw) scale, dq = ds k, dk = dsᵀ q, dv = wᵀ dy.
Tensors attention_grad(const Tensor& dy, Saved s, double scale, bool is_causal) {
  const Tensor q = s.input(0), k = s.input(1), v = s.input(2);
  return apply({.name = "attention_grad",
                .inputs = {Tensors{dy, q, k, v, s.input(3), s.output(0), s.output(1), s.output(2)}},
                .outputs = {{q.shape(), q.dtype()}, {k.shape(), k.dtype()}, {v.shape(), v.dtype()}},
                .kernel =
                    [=](Backend& b, Views in, Views out) {
                      return b.attention_grad(in[0], in[1], in[2], in[3], in[4], in[5], in[6],
                                              in[7], scale, is_causal, out[0], out[1], out[2]);
                    },
                .formula = [=](const Tensors& in) -> Tensors {
                  const Tensor &dy = in[0], &q = in[1], &k = in[2], &v = in[3], &mask = in[4];
                  const Tensor w = weights_of(scores_of(q, k, mask, scale, is_causal),
                                              mask.defined()),
                               dw = matmul(dy, transposed(v)),
                               ds = w * (dw - sum(w * dw, -1, keepdim)) * scale;
                  return {matmul(ds, k), matmul(transposed(ds), q), matmul(transposed(w), dy)};
                }});
}

/// y for q [B, H, L, E], k [B, H, S, E], v [B, H, S, Ev] and a mask [B, H, L, S] that is added to
/// the scores, or none.
Tensor attention(In q, In k, In v, In mask, double scale, bool is_causal, SourceLocation location) {
  Shape shape = q->shape();
  shape[-1] = v->shape()[-1];
  const DType wide = is_half(q->dtype()) ? DType::float32 : q->dtype();
  const Output of_queries = non_differentiable({shape[0], shape[1], shape[2]}, wide);
  return apply({.name = "attention",
                .inputs = {{*q, *k, *v, *mask}, location},
                .outputs = {{shape, q->dtype()}, of_queries, of_queries},
                .kernel =
                    [=](Backend& b, Views in, Views out) {
                      return b.attention(in[0], in[1], in[2], in[3], scale, is_causal, out[0],
                                         out[1], out[2]);
                    },
                .formula = [=](const Tensors& in) -> Tensors {
                  const Tensor scores = scores_of(in[0], in[1], in[3], scale, is_causal),
                               lse = logsumexp(scores, -1), is_empty = lse == -infinity;
                  return {matmul(weights_of(scores, in[3].defined()), in[2]),
                          where(is_empty, 0, lse), where(is_empty, 0, ones_like(lse))};
                },
                .keep = {Keep::input(0), Keep::input(1), Keep::input(2), Keep::input(3),
                         Keep::output(0), Keep::output(1), Keep::output(2)},
                .derivatives = {[=](const Tensors& dys, Saved s) {
                  return attention_grad(dys[0], s, scale, is_causal);
                }}});
}

/// The leading dimensions of matrices, broadcast.
Shape leading_shape(const Call& call, std::initializer_list<const Tensor*> matrices) {
  Shape out;
  for (const Tensor* x : matrices)
    for (int i = 3; x->defined() && i <= x->dim(); ++i) {
      if (out.rank() < i - 2) out.insert(0, 1);
      const std::int64_t size = x->shape()[-i];
      require<ShapeError>(size == 1 || out[2 - i] == 1 || out[2 - i] == size, call,
                          "the leading dimensions of q, k, v and the mask do not broadcast: ",
                          Marked{x->shape(), -i}, " and [", out, ", ...]");
      if (size != 1) out[2 - i] = size;
    }
  return out;
}
/// The same for any leading dimensions.
Tensor by_heads(In q, const Tensor& k, const Tensor& v, const Tensor& mask, double scale,
                bool is_causal, const Call& call) {
  Shape batch = leading_shape(call, {&q.given(), &k, &v, &mask});
  const std::int64_t heads = batch.rank() > 0 ? batch[-1] : 1,
                     batches = heads > 0 ? batch.count() / heads : 0;
  const auto four = [&](const Tensor& x, std::int64_t rows, std::int64_t columns) {
    Shape shape = batch;
    shape.push_back(rows), shape.push_back(columns);
    return reshape(expand(x, shape), {batches, heads, rows, columns});
  };
  const std::int64_t rows = q->shape()[-2], columns = k.shape()[-2], features = v.shape()[-1];
  const Tensor y = attention(
      four(*q, rows, q->shape()[-1]), four(k, columns, k.shape()[-1]), four(v, columns, features),
      mask.defined() ? four(mask, rows, columns) : mask, scale, is_causal, q.location);
  batch.push_back(rows), batch.push_back(features);
  return reshape(y, batch);
}

}  // namespace

Tensor scaled_dot_product_attention(In q, In k, In v, In mask, const AttentionOptions& options) {
  const Call call{"scaled_dot_product_attention", q.location};
  check_attention(call, q.given(), k.given(), v.given(), *mask, options);
  const DType dtype = product_precision(q->dtype());
  const Tensor queries = cast(q, dtype);
  Tensor keys = cast(k, dtype), values = cast(v, dtype);
  if (options.enable_gqa) {
    require<ShapeError>(q->dim() >= 3, call, "heads need q of rank 3 or more, got ", q->shape());
    keys = repeat_heads(call, keys, q->shape()[-3]);
    values = repeat_heads(call, values, q->shape()[-3]);
  }
  const double scale = options.scale.value_or(1 / std::sqrt(double(q->shape()[-1])));
  const Tensor added = added_mask(*mask, is_half(dtype) ? DType::float32 : dtype);
  // The weights themselves are needed to drop some, and to differentiate the mask.
  if (options.dropout_p > 0 || (added.defined() && added.requires_grad() && grad_enabled())) {
    const DType wide = is_half(dtype) ? DType::float32 : dtype;
    const Tensor scores = scores_of({cast(queries, wide), q.location}, cast(keys, wide), added,
                                    scale, options.is_causal),
                 weights = weights_of(scores, added.defined());
    return cast(matmul(dropout({weights, q.location}, options.dropout_p), cast(values, wide)),
                dtype);
  }
  return by_heads({queries, q.location}, keys, values, added, scale, options.is_causal, call);
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
