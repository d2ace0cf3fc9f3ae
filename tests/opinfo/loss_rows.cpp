// SPDX-License-Identifier: MIT
// Rows: losses.
#include "table.h"

namespace opinfo {
namespace {

Reduction reduction_of(Sample& x) {
  x.only(by_name, "size_average", nullptr);
  x.only(by_name, "reduce", nullptr);
  const string name = x.text(by_name, "reduction", "mean");
  if (name == "mean") return Reduction::mean;
  if (name == "sum") return Reduction::sum;
  if (name == "none") return Reduction::none;
  throw Skip{"reduction = " + name};
}

/// The library ignores no label.
void check_no_label_ignored(Sample& x, const Tensor& target) {
  const std::int64_t ignored = x.integer(by_name, "ignore_index", -100);
  for (std::int64_t label : target.to_vector<std::int64_t>())
    if (label == ignored) throw Skip{"ignore_index that occurs"};
}

template <class F> Row label_loss(F f) {
  return [f](Sample& x) {
    if (x.has(by_name, "weight")) throw Skip{"weights of classes"};
    if (x.real(by_name, "label_smoothing", 0) != 0) throw Skip{"label_smoothing"};
    const Tensor t = x.input(), target = x.tensor(0, "target");
    if (is_floating(target.dtype())) throw Skip{"probabilities as targets"};
    if (t.dim() > 2) throw Skip{"x [N, C, d...]"};
    check_no_label_ignored(x, target);
    return f(t, target, reduction_of(x));
  };
}
#define LABEL_LOSS(name) \
  label_loss([](const Tensor& x, const Tensor& t, Reduction r) { return name(x, t, r); })

}  // namespace

Rows loss_rows() {
  return {{"nn.functional.cross_entropy", LABEL_LOSS(cross_entropy)},
          {"nn.functional.nll_loss", LABEL_LOSS(nll_loss)},
          {"nn.functional.mse_loss",
           [](Sample& x) { return mse_loss(x.input(), x.tensor(0, "target"), reduction_of(x)); }}};
}

}  // namespace opinfo
