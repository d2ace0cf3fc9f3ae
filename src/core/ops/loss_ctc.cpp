// SPDX-License-Identifier: MIT
// The loss of connectionist temporal classification (Graves et al. 2006), by its forward recursion
// over the target with a blank before, between and after its labels.
#include <algorithm>

#include "core/ops/internal.h"

namespace tinygrad {
namespace {

constexpr double log_of_zero = -1e30;  // finite, so that no difference is NaN

/// a[..., i - by] for each i, or log(0).
Tensor shifted(const Tensor& a, std::int64_t by) {
  return slice(pad(a, {by, 0}, log_of_zero), 1, 0, a.shape()[1]);
}

/// x [T, N, C], labels [N, 2 S + 1] with blanks, lengths [N] of the inputs and of the targets.
/// alpha[n, i]: the log-probability of all readings of x[0 ... t] that end at label i. A label may
/// follow the one before the last if that is another, which a blank never is.
Tensor losses(const Tensors& in) {
  const Tensor &x = in[0], &labels = in[1], &input_lengths = in[2], &target_lengths = in[3];
  const std::int64_t times = x.shape()[0], size = labels.shape()[1];
  const Tensor index = expand(unsqueeze(labels, 0), {times, labels.shape()[0], size}),
               scores = gather(x, 2, index), position = arange(size).to(x.device()),
               before = slice(pad(labels, {2, 0}, -1), 1, 0, size),
               may_skip = (position % 2 == 1) & (labels != before);
  Tensor alpha = where(position < 1, 0, full_like(select(scores, 0, 0), log_of_zero));
  for (std::int64_t t = 0; t < times; ++t) {
    const Tensor skip = where(may_skip, shifted(alpha, 2), log_of_zero),
                 all = stack(Tensors{alpha, shifted(alpha, 1), skip}, 0);
    const Tensor next = logsumexp(all, 0) + select(scores, 0, t);
    alpha = where(unsqueeze(input_lengths > t, 1), next, alpha);
  }
  const Tensor last = unsqueeze(2 * target_lengths, 1), label = maximum(last - 1, 0);
  const Tensor end = gather(alpha, 1, last),
               other = where(last > 0, gather(alpha, 1, label), log_of_zero);
  return -squeeze(logaddexp(end, other), 1);
}

/// The targets of each sample, [N, S], from all in one.
Tensor padded_targets(const Call& call, const Tensor& all, const Tensor& lengths) {
  const std::vector<std::int64_t> sizes = lengths.to_vector<std::int64_t>();
  const std::int64_t longest = sizes.empty() ? 0 : *std::max_element(sizes.begin(), sizes.end());
  std::vector<std::int64_t> index;
  std::int64_t start = 0;
  for (std::int64_t size : sizes) {
    for (std::int64_t i = 0; i < longest; ++i) index.push_back(i < size ? start + i : start);
    start += size;
  }
  require<ShapeError>(start == all.numel(), call, "target_lengths sum to ", start,
                      ", but there are ", all.numel(), " labels");
  for (std::int64_t& i : index) i = std::min(i, std::max<std::int64_t>(0, start - 1));
  return take(all, from_vector(index, {sizes.size(), std::size_t(longest)}, all.device()));
}

}  // namespace

Tensor ctc_loss(In x, In target, In input_lengths, In target_lengths, const CtcLossOptions& o) {
  const Call call{"ctc_loss", x.location};
  check_floating(call, x.given());
  require<ShapeError>(x->dim() == 2 || x->dim() == 3, call,
                      "expected x of shape [T, N, C] or [T, C], got ", x->shape());
  const Tensor batch = x->dim() == 3 ? *x : unsqueeze({*x, x.location}, 1);
  const std::int64_t n = batch.shape()[1], classes = batch.shape()[2];
  const auto lengths = [&](const In& given) {
    const Tensor all = flatten(check_index(call, given)).to(x->device());
    require<ShapeError>(all.numel() == n, call, "expected ", n, " lengths, got ", all.numel());
    return all;
  };
  const Tensor inputs = lengths(input_lengths), targets = lengths(target_lengths);
  require(o.blank >= 0 && o.blank < classes, call, "blank must be one of the ", classes,
          " classes, got ", o.blank);
  const Tensor given = check_index(call, target).to(x->device());
  const Tensor labels = given.dim() == 2 ? given : padded_targets(call, given, targets);
  require<ShapeError>(labels.dim() == 2 && labels.shape()[0] == n, call,
                      "expected targets [N, S] for N = ", n, ", got ", given.shape());
  const std::int64_t size = labels.shape()[1];
  require(n == 0 || (amax(inputs).item<std::int64_t>() <= batch.shape()[0] &&
                     amax(targets).item<std::int64_t>() <= size),
          call, "the lengths must be at most those of x ", x->shape(), " and of the targets ",
          labels.shape());
  const Tensor inside = arange(size).to(x->device()) < unsqueeze(targets, 1);
  const Tensor blanks = full({n, size}, o.blank, {.dtype = DType::int64, .device = x->device()});
  const Tensor pairs = flatten(stack(Tensors{blanks, where(inside, labels, o.blank)}, 2), 1);
  Tensor y = apply({.name = call.op,
                    .inputs = {{batch, pad(pairs, {0, 1}, o.blank), inputs, targets}, x.location},
                    .outputs = {{{n}, x->dtype()}},
                    .formula = losses});
  y = where(y > -0.1 * log_of_zero, o.zero_infinity ? 0 : infinity, y);
  if (o.reduction == Reduction::mean) y = y / maximum(targets, 1).to(y.dtype());
  return reduced(call, x->dim() == 2 ? squeeze(y, 0) : y, o.reduction);
}

}  // namespace tinygrad
