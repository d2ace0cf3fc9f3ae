// SPDX-License-Identifier: MIT
// Similarities and distances of vectors, and losses that are made of them.
#include "core/autocast.h"
#include "core/ops/internal.h"

namespace tinygrad {

/// a and b as floating tensors of one shape and dtype.
static Tensors aligned(const Call& call, const In& a, const In& b) {
  check_floating(call, a.given()), check_floating(call, b.given());
  const Shape shape = broadcast_shapes(call, a->shape(), b->shape());
  const DType dtype = wide_precision(promote(call, a->dtype(), b->dtype()));
  return {expand(cast(a, dtype), shape), expand(cast(b, dtype), shape)};
}

Tensor cosine_similarity(In a, In b, int dim, double eps) {
  const Call call{"cosine_similarity", a.location};
  const Tensors pair = aligned(call, a, b);
  const int at = check_dim(call, pair[0], dim);
  return apply({.name = call.op, .inputs = {pair, a.location}, .formula = [=](const Tensors& in) {
                  return sum(normalize(in[0], 2, at, eps) * normalize(in[1], 2, at, eps), at);
                }});
}
Tensor pairwise_distance(In a, In b, double p, double eps, bool keepdim) {
  const Call call{"pairwise_distance", a.location};
  const Tensors pair = aligned(call, a, b);
  require<ShapeError>(pair[0].dim() > 0, call, "expected vectors, got two tensors of shape []");
  return apply({.name = call.op, .inputs = {pair, a.location}, .formula = [=](const Tensors& in) {
                  return norm(in[0] - in[1] + eps, p, -1, keepdim);
                }});
}

Tensor dist(In a, In b, double p) {
  const Call call{"dist", a.location};
  const Tensors pair = aligned(call, a, b);
  return norm({pair[0] - pair[1], a.location}, p);
}
Tensor cdist(In a, In b, double p) {
  const Call call{"cdist", a.location};
  require<ShapeError>(a->dim() >= 2 && b->dim() >= 2 && a->shape()[-1] == b->shape()[-1], call,
                      "expected a [..., M, D] and b [..., N, D], got ", a->shape(), " and ",
                      b->shape());
  require(p >= 0, call, "p must not be negative, got ", p);
  const Tensor rows = unsqueeze({*a, a.location}, -2), others = unsqueeze(*b, -3);
  const Tensors pair = aligned(call, {rows, a.location}, others);
  return norm({pair[0] - pair[1], a.location}, p, -1);
}
Tensor pdist(In x, double p) {
  const Call call{"pdist", x.location};
  check_floating(call, x.given());
  require<ShapeError>(x->dim() == 2, call, "expected x [N, D], got ", x->shape());
  require(p >= 0, call, "p must not be negative, got ", p);
  const Tensor pairs = triu_indices(x->shape()[0], x->shape()[0], 1).to(x->device());
  const auto rows = [&](int i) { return index_select(*x, 0, select(pairs, 0, i)); };
  return norm({rows(0) - rows(1), x.location}, p, -1);
}

Tensor cosine_embedding_loss(In a, In b, In target, double margin, Reduction reduction) {
  const Call call{"cosine_embedding_loss", a.location};
  const Tensor y = cosine_similarity({*a, a.location}, *b, -1);
  require<ShapeError>(target->shape() == y.shape(), call, "expected a target of shape ", y.shape(),
                      " for a ", a->shape(), ", got ", target->shape());
  return reduced(call, where(*target == 1, 1 - y, 0) + where(*target == -1, relu(y - margin), 0),
                 reduction);
}
Tensor margin_ranking_loss(In a, In b, In target, double margin, Reduction reduction) {
  const Call call{"margin_ranking_loss", a.location};
  const Tensors pair = aligned(call, a, b);
  broadcast_shapes(call, pair[0].shape(), target->shape());
  return reduced(call, relu(margin - *target * (pair[0] - pair[1])), reduction);
}
/// f(a, b) is the distance.
template <class F>
static Tensor triplet_loss(const Call& call, const Tensor& anchor, const Tensor& positive,
                           const Tensor& negative, const F& f, double margin, bool swap,
                           Reduction reduction) {
  require(margin > 0, call, "margin must be greater than 0, got ", margin);
  const Tensor near = f(anchor, positive);
  Tensor far = f(anchor, negative);
  if (swap) far = minimum(far, f(positive, negative));
  return reduced(call, relu(near - far + margin), reduction);
}
Tensor triplet_margin_loss(In anchor, In positive, In negative, double margin, double p, double eps,
                           bool swap, Reduction reduction) {
  const auto f = [&](const Tensor& a, const Tensor& b) {
    return pairwise_distance({a, anchor.location}, b, p, eps);
  };
  return triplet_loss({"triplet_margin_loss", anchor.location}, *anchor, *positive, *negative, f,
                      margin, swap, reduction);
}
Tensor triplet_margin_with_distance_loss(
    In anchor, In positive, In negative,
    const InlineFunction<Tensor(const Tensor&, const Tensor&), 64>& distance, double margin,
    bool swap, Reduction reduction) {
  const auto f = [&](const Tensor& a, const Tensor& b) {
    return distance ? distance(a, b) : pairwise_distance({a, anchor.location}, b);
  };
  return triplet_loss({"triplet_margin_with_distance_loss", anchor.location}, *anchor, *positive,
                      *negative, f, margin, swap, reduction);
}

}  // namespace tinygrad
