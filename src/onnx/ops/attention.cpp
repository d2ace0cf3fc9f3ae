// SPDX-License-Identifier: MIT
// Attention and what belongs to it: rotary position embedding, linear attention.
#include <cmath>

#include "operator.h"

namespace tinygrad::onnx {
namespace {

/// [N, L, heads E] as [N, heads, L, E]; a tensor of rank 4 as it is.
Tensor split_heads(const NodeCall& n, const Tensor& x, const char* attribute) {
  if (x.dim() == 4) return x;
  const std::int64_t heads = n.integer(attribute, 0);
  n.check(x.dim() == 3 && heads > 0 && x.size(2) % heads == 0, attribute, " is ", heads,
          " for a tensor of shape ", x.shape());
  return x.unflatten(2, {heads, -1}).transpose(1, 2);
}
Tensor merge_heads(const Tensor& x) { return x.transpose(1, 2).flatten(2); }

/// Which keys a query may see, as bools that broadcast to [N, heads, L, S], and what is added to
/// the scores. Undefined: all, and nothing.
struct Mask {
  Tensor allowed, bias;
  void allow(const Tensor& also) { allowed = allowed.defined() ? allowed & also : also; }
};
/// Query i stands at position i + offset, where offset is the number of keys before the first
/// query: those of the past, or of the cache that are no padding.
Mask find_mask(const NodeCall& n, std::int64_t queries, std::int64_t keys, std::int64_t past) {
  Mask mask;
  if (n.has(3)) {
    Tensor given = n[3];
    const bool is_bool = given.dtype() == boolean;
    const std::int64_t more = keys - given.size(-1);
    if (more > 0) given = pad(given, {0, more}, is_bool ? Scalar(false) : Scalar(-INFINITY));
    mask.allowed = is_bool ? given : given != -INFINITY;
    if (!is_bool) mask.bias = given;
  }
  const Tensor j = arange(keys).to(n.device());
  Tensor offset = full({}, past, n.options(int64));
  if (n.has(6)) {
    const Tensor length = n[6].reshape({-1, 1, 1, 1});
    mask.allow(j < length);
    offset = length - queries;
  }
  const Tensor ahead = j - (arange(queries).to(n.device()).unsqueeze(1) + offset);
  const std::int64_t left = n.integer("left_window_size", -1),
                     right = n.integer("right_window_size", -1);
  if (n.integer("is_causal", 0)) mask.allow(ahead <= 0);
  if (left >= 0) mask.allow(ahead >= -left);
  if (right >= 0) mask.allow(ahead <= right);
  return mask;
}

/// y, and the scores at the stages that qk_matmul_output_mode names: products, after softcap, with
/// the mask, after softmax.
struct Attended {
  Tensor y, stages[4];
};
Attended attend_by_formula(const NodeCall& n, const Tensor& q, Tensor k, Tensor v, const Mask& mask,
                           double scale) {
  Attended a;
  n.check(k.size(1) > 0, "there are no heads");
  const std::int64_t shared = q.size(1) / k.size(1);
  if (shared > 1) k = repeat_interleave(k, shared, 1), v = repeat_interleave(v, shared, 1);
  const double root = std::sqrt(scale), cap = n.real("softcap", 0);
  a.stages[0] = matmul(q * root, (k * root).transpose(2, 3));
  a.stages[1] = cap > 0 ? tanh(a.stages[0] / cap) * cap : a.stages[0];
  Tensor scores = mask.bias.defined() ? a.stages[1] + mask.bias : a.stages[1];
  if (mask.allowed.defined()) scores = where(mask.allowed, scores, -INFINITY);
  a.stages[2] = scores;
  if (n.has("softmax_precision"))
    scores = scores.to(dtype_of_number(n, n.integer("softmax_precision", 1)));
  Tensor weights = softmax(scores, -1).to(q.dtype());
  if (mask.allowed.defined())  // a query that sees no key gives zeros
    weights = where(any(mask.allowed, -1, keepdim), weights, 0);
  a.stages[3] = weights;
  a.y = matmul(weights, v);
  return a;
}

/// The outputs are y, the keys and values with those of the past before them, and scores.
Tensors attend(const NodeCall& n) {
  const Tensor q = split_heads(n, n[0], "q_num_heads");
  Tensor k = split_heads(n, n[1], "kv_num_heads"), v = split_heads(n, n[2], "kv_num_heads");
  const std::int64_t past = n.has(4) ? n[4].size(2) : 0;
  if (n.has(4)) k = cat({n[4], k}, 2);
  if (n.has(5)) v = cat({n[5], v}, 2);
  const Mask mask = find_mask(n, q.size(2), k.size(2), past);
  const double scale = n.real("scale", 1 / std::sqrt(double(q.size(3))));
  const auto mode = std::size_t(n.integer("qk_matmul_output_mode", 0));
  n.check(mode < 4, "the qk_matmul_output_mode is ", mode);
  const bool is_plain = !mask.bias.defined() && n.real("softcap", 0) == 0 && !n.wants(3) &&
                        !n.has("softmax_precision");
  const Attended a =
      is_plain ? Attended{scaled_dot_product_attention(q, k, v, mask.allowed,
                                                       {.scale = scale, .enable_gqa = true}),
                          {}}
               : attend_by_formula(n, q, k, v, mask, scale);
  return {n.raw(0).dim() == 3 ? merge_heads(a.y) : a.y, k, v, a.stages[mode]};
}

/// Rotates pairs (a, b) of elements: (a cos - b sin, a sin + b cos). cos and sin are rows of a
/// table by position_ids, or are given for every element of the batch and sequence.
Tensors rotate(const NodeCall& n) {
  const bool is_flat = n.raw(0).dim() == 3;
  const Tensor x = split_heads(n, n[0], "num_heads");
  const auto rows = [&](int i) {
    return (n.has(3) ? embedding(n[3].to(int64), n[i]) : n[i]).unsqueeze(1);  // [N, 1, L, E / 2]
  };
  const Tensor cos = rows(1), sin = rows(2);
  const std::int64_t given = n.integer("rotary_embedding_dim", 0), size = given ? given : x.size(3);
  const bool interleaved = n.integer("interleaved", 0) != 0;
  n.check(0 < size && size <= x.size(3) && size % 2 == 0, "rotary_embedding_dim is ", size,
          " for heads of ", x.size(3));
  const Tensor part = x.slice(3, 0, size);
  const Tensor a = interleaved ? part.slice(3, 0, size, 2) : part.slice(3, 0, size / 2);
  const Tensor b = interleaved ? part.slice(3, 1, size, 2) : part.slice(3, size / 2);
  const Tensor turned_a = a * cos - b * sin, turned_b = a * sin + b * cos;
  const Tensor turned =
      interleaved ? stack({turned_a, turned_b}, 4).flatten(3) : cat({turned_a, turned_b}, 3);
  const Tensor y = size == x.size(3) ? turned : cat({turned, x.slice(3, size)}, 3);
  return is_flat ? merge_heads(y) : y;
}

/// A matrix S [keys, values] for each head is updated by each step: S decays by exp(g), and the
/// outer product of the key and the value is added, with the delta rule the part of the value that
/// S does not yet return for the key, times beta. y = scale qᵀ S.
Tensors linear_attention(const NodeCall& n) {
  const std::string rule = n.text("update_rule", "gated_delta");
  const bool is_gated = rule == "gated" || rule == "gated_delta",
             is_delta = rule == "delta" || rule == "gated_delta";
  n.check(is_gated || is_delta || rule == "linear", "the update_rule ", in_quotes(rule),
          " is not known");
  const std::int64_t heads = n.integer("kv_num_heads", 1);
  const Tensor q = split_heads(n, n[0], "q_num_heads"), k = split_heads(n, n[1], "kv_num_heads"),
               v = split_heads(n, n[2], "kv_num_heads");
  n.check(heads > 0, "kv_num_heads is ", heads);
  const std::int64_t shared = q.size(1) / heads;
  const double given = n.real("scale", 0),
               scale = given != 0 ? given : 1 / std::sqrt(double(q.size(3)));
  Tensor state =
      n.has(3) ? n[3] : zeros({k.size(0), heads, k.size(3), v.size(3)}, n.options(q.dtype()));
  const DType dtype = is_half(q.dtype()) ? float32 : q.dtype();
  const auto at = [&](const Tensor& x, std::int64_t t) { return x.select(2, t).to(dtype); };
  const Tensor decay = is_gated ? split_heads(n, n[4], "kv_num_heads") : Tensor(),
               beta = !is_delta           ? Tensor()
                      : n[5].size(2) == 1 ? n[5].unsqueeze(1)  // one for all heads
                                          : split_heads(n, n[5], "kv_num_heads");
  state = state.to(dtype);
  Tensors ys;
  for (std::int64_t t = 0; t < q.size(2); ++t) {
    const Tensor key = at(k, t).unsqueeze(3);  // [N, heads, E, 1]
    Tensor value = at(v, t).unsqueeze(2);      // [N, heads, 1, Ev]
    if (is_gated) state = state * exp(at(decay, t)).unsqueeze(3);
    if (is_delta) value = (value - matmul(key.transpose(2, 3), state)) * at(beta, t).unsqueeze(3);
    state = state + key * value;
    const Tensor all = shared > 1 ? repeat_interleave(state, shared, 1) : state;
    ys.push_back(matmul(at(q, t).unsqueeze(2), all) * scale);  // [N, heads, 1, Ev]
  }
  return {merge_heads(cat(ys, 2)), state.to(n.has(3) ? n[3].dtype() : q.dtype())};
}

/// Convolution of each channel with its own filter, over the elements up to the present one. The
/// second output is the end of the sequence, which is input 3 of the next call.
Tensors causal_convolution(const NodeCall& n) {
  const Tensor x = n[0], weight = n[1];
  const std::int64_t before = weight.size(2) - 1;
  const Tensor past = n.has(3) ? n[3] : zeros({x.size(0), x.size(1), before}, n.options(x.dtype()));
  const Tensor all = cat({past, x}, 2);
  const Tensor y = conv1d(all, weight, n.optional(2), {.groups = int(x.size(1))});
  const std::string activation = n.text("activation", "none");
  n.check(activation == "none" || activation == "silu" || activation == "swish", "the activation ",
          in_quotes(activation), " is not known");
  return {activation == "none" ? y : silu(y), all.slice(2, all.size(2) - before)};
}

constexpr auto as_first = Result::as_first;
constexpr Operator table[] = {
    {"Attention", attend},
    {"CausalConvWithState", causal_convolution},
    {"LinearAttention", linear_attention},
    {"RotaryEmbedding", rotate, as_first},
};

}  // namespace
Operators attention_operators() { return table; }
}  // namespace tinygrad::onnx
