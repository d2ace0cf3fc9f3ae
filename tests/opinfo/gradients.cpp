// SPDX-License-Identifier: MIT
// Finds derivatives that differ from PyTorch's.
#include "gradients.h"

#include <algorithm>
#include <cmath>
#include <optional>

#include "compare.h"

namespace opinfo {
namespace {

bool is_nan(double x) { return std::isnan(x); }
bool is_nan_or_zero(double x) { return std::isnan(x) || x == 0; }

bool all_zero(const Tensor& t) {
  const auto values = t.to_vector<double>();
  return std::all_of(values.begin(), values.end(), [](double x) { return x == 0; });
}

/// The check of one sample. entries_ are the gradients in the file; each names its leaf. Both
/// lists, entries_ and leaves_, have the same order.
class GradientCheck {
 public:
  GradientCheck(const json& call, Sample& sample, const TensorFile& file)
      : call_(call), sample_(sample), file_(file) {}

  Verdict run(const Tensors& outputs) {
    for (std::size_t i = 0; i < std::min(call_["out"].size(), outputs.size()); ++i) {
      if (!call_["out"][i].contains("dy")) continue;
      if (!outputs[i].requires_grad()) return not_recorded(i);
      const Tensor& dy = file_.at(call_["out"][i]["dy"]);
      outputs_.push_back(outputs[i]);
      dys_.push_back(sabotaged("gradients") ? dy * sabotage_factor : dy);
    }
    if (outputs_.empty()) return {};
    collect_leaves();
    return derivatives();
  }

 private:
  Verdict not_recorded(std::size_t output) const {
    for (const json& entry : call_["grads"])
      if (!entry["g"].is_null() && !all_zero(file_.at(entry["g"])))
        return {"gradient",
                "our output " + std::to_string(output) + " has no gradient, PyTorch's has"};
    return {"match_documented", "not recorded, but PyTorch's gradient is zeros"};
  }

  /// An argument that no function asked for has no leaf.
  void collect_leaves() {
    for (const json& entry : call_["grads"]) {
      const Tensor leaf = sample_.made(entry["of"]);
      if (leaf.defined()) leaves_.push_back(leaf), entries_.push_back(&entry);
    }
  }

  Verdict derivatives() {
    const bool twice = !entries_.empty() && entries_[0]->contains("v");
    const Tensors ours = grad(outputs_, leaves_,
                              {.grad_outputs = dys_, .create_graph = twice, .allow_unused = true});
    for (std::size_t i = 0; i < ours.size(); ++i)
      if (auto wrong = check_first(ours[i], *entries_[i])) return *wrong;
    if (twice)
      if (auto wrong = check_second(ours)) return *wrong;
    if (documented_)
      return {"match_documented", "no gradient, but PyTorch's is zeros, or the reverse"};
    return by_reference_ ? Verdict{"match_by_reference", "gradient"} : Verdict{};
  }

  std::optional<Verdict> check_first(const Tensor& ours, const json& entry) {
    const string name = "gradient of " + entry["of"].get<string>() + ": ";
    if (entry["g"].is_null() && !ours.defined()) return {};
    if (entry["g"].is_null() || !ours.defined()) {
      documented_ = all_zero(ours.defined() ? ours : file_.at(entry["g"]));
      if (documented_) return {};
      return Verdict{"gradient",
                     name + (ours.defined() ? "ours is there, PyTorch's not" : "ours is missing")};
    }
    const Tensor& theirs = file_.at(entry["g"]);
    if (ours.shape() != theirs.shape() || ours.dtype() != theirs.dtype())
      return Verdict{"gradient", name + to_string(ours.shape()) + " " + to_string(ours.dtype()) +
                                     ", PyTorch " + to_string(theirs.shape()) + " " +
                                     to_string(theirs.dtype())};
    return check_values(ours, theirs, entry, name);
  }

  std::optional<Verdict> check_values(const Tensor& ours, const Tensor& theirs, const json& entry,
                                      const string& name) {
    const Tensor reference = entry.contains("ref") ? file_.at(entry["ref"]) : Tensor();
    const Tolerance t = tolerance(theirs.dtype());
    const Difference difference = compare(ours, theirs, t, reference);
    by_reference_ |= difference.by_reference;
    if (!difference.any) return {};
    const Mask at_nan = mask_of(sample_.all_made(), theirs.shape(), is_nan);
    const bool elsewhere = compare(ours, theirs, t, reference, at_nan).any;
    return Verdict{elsewhere ? "gradient" : "at_nan", name + difference.text};
  }

  /// The second derivatives: those of Σ v · gradient over all leaves.
  std::optional<Verdict> check_second(const Tensors& first) {
    const Tensor sum = weighted_sum(first);
    if (!sum.defined()) {
      if (!has_second()) return {};
      return Verdict{"gradient2",
                     "our gradients are not recorded; PyTorch's second derivatives are not zero"};
    }
    const Tensors second = grad(sum, leaves_, {.allow_unused = true});
    for (std::size_t i = 0; i < second.size(); ++i)
      if (auto wrong = check_second_of(second[i], *entries_[i])) return wrong;
    return {};
  }

  Tensor weighted_sum(const Tensors& first) const {
    Tensor total;
    for (std::size_t i = 0; i < first.size(); ++i) {
      if (!first[i].defined() || !first[i].requires_grad() || !entries_[i]->contains("v")) continue;
      const Tensor part = sum(first[i] * file_.at((*entries_[i])["v"]));
      total = total.defined() ? total + part : part;
    }
    return total;
  }

  bool has_second() const {
    return std::any_of(entries_.begin(), entries_.end(), [&](const json* entry) {
      return !(*entry)["gg"].is_null() && !all_zero(file_.at((*entry)["gg"]));
    });
  }

  std::optional<Verdict> check_second_of(const Tensor& ours, const json& entry) const {
    const json& gg = entry["gg"];
    const string name = "second gradient of " + entry["of"].get<string>() + ": ";
    if (gg.is_null() && !ours.defined()) return {};
    if (gg.is_null() || !ours.defined()) {
      if (all_zero(ours.defined() ? ours : file_.at(gg))) return {};
      return Verdict{"gradient2",
                     name + (ours.defined() ? "ours is there, PyTorch's not" : "ours is missing")};
    }
    const Tensor& theirs = file_.at(gg);
    const Difference difference = compare(ours, theirs, tolerance(ours.dtype()));
    if (!difference.any) return {};
    const char* status = differs_only_where(is_nan, ours, theirs)           ? "at_nan"
                         : differs_only_where(is_nan_or_zero, ours, theirs) ? "gradient2_at_zero"
                                                                            : "gradient2";
    return Verdict{status, name + difference.text};
  }

  bool differs_only_where(bool (*special)(double), const Tensor& ours, const Tensor& theirs) const {
    const Mask mask = mask_of(sample_.all_made(), ours.shape(), special);
    return !compare(ours, theirs, tolerance(ours.dtype()), {}, mask).any;
  }

  const json& call_;
  Sample& sample_;
  const TensorFile& file_;
  Tensors outputs_, dys_, leaves_;
  std::vector<const json*> entries_;
  bool by_reference_ = false, documented_ = false;
};

}  // namespace

Verdict check_gradients(const json& call, Sample& sample, const Tensors& outputs,
                        const TensorFile& file) {
  return GradientCheck(call, sample, file).run(outputs);
}

}  // namespace opinfo
