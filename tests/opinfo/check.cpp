// SPDX-License-Identifier: MIT
// Implements the checks of one sample: errors, numbers of outputs, shapes, dtypes, values and
// derivatives.
#include "check.h"

#include <algorithm>
#include <cmath>
#include <optional>

#include "compare.h"
#include "gradients.h"
#include "table.h"

namespace opinfo {
namespace {

bool one_of(const string& op, const std::set<string>& names) { return names.count(op) > 0; }

bool has_random_values(const string& op) {
  return one_of(op, {"empty",
                     "empty_like",
                     "randint",
                     "randn",
                     "rand_like",
                     "randn_like",
                     "bernoulli",
                     "multinomial",
                     "normal",
                     "normal.number_mean",
                     "uniform",
                     "exponential",
                     "geometric",
                     "cauchy",
                     "log_normal",
                     "randint_like",
                     "nn.functional.alpha_dropout",
                     "nn.functional.dropout2d",
                     "nn.functional.dropout3d",
                     "nn.functional.feature_alpha_dropout.with_train"});
}
/// PyTorch returns statistics, too, or indices that the library does not return.
bool has_more_outputs(const string& op) {
  return one_of(op, {"native_layer_norm", "native_batch_norm", "max.reduction_with_dim",
                     "linalg.lstsq", "linalg.lstsq.grad_oriented"});
}
bool converts(const string& op) {
  return one_of(op, {"byte", "char", "short", "int", "long", "to"});
}

/// Returns whether elements do not fit into an integer dtype, such as NaN.
Special out_of_range(DType to) {
  const double low = to == uint8   ? 0
                     : to == int8  ? -128
                     : to == int16 ? -0x1p15
                     : to == int32 ? -0x1p31
                                   : -0x1p63,
               high = to == uint8   ? 255
                      : to == int8  ? 127
                      : to == int16 ? 0x1p15 - 1
                      : to == int32 ? 0x1p31 - 1
                                    : 0x1p63 - 1024;
  return [low, high](double x) { return !(x > low - 1 && x <= high); };
}
bool is_nan(double x) { return std::isnan(x); }

/// Dropout: each element is 0, or scaled by 1 / (1 - p).
Verdict check_dropout(Sample& sample, const Tensor& y) {
  const bool training = sample.flag(1, "training", true);
  const double p = sample.real(0, "p", 0.5), scale = training ? 1 / (1 - p) : 1;
  const auto in = sample.input().to_vector<double>(), out = y.to_vector<double>();
  for (std::size_t i = 0; i < in.size(); ++i) {
    const bool dropped = training && p > 0 && out[i] == 0;
    if (!dropped && !close(out[i], in[i] * scale, {1e-2, 1e-5}))
      return {"value", "neither 0 nor scaled: element " + std::to_string(i)};
  }
  return {};
}

class Check {
 public:
  Check(const string& op, const json& call, const TensorFile& file, bool expects_error)
      : op_(op),
        call_(call),
        file_(file),
        expects_error_(expects_error),
        sample_(call, file, call.contains("grads")) {}

  Verdict run() {
    try {
      if (auto error = call_library()) return *error;
    } catch (const Skip& skip) { return {must_fail() ? "error_skip" : "skip", skip.reason}; }
    if (expects_error_ && call_["expected_error"] == "")
      return {"error_skip", "PyTorch takes no scalar here; the library has a function for it"};
    if (expects_error_)
      return {"error_missed", "PyTorch: " + call_["expected_error"].get<string>()};
    if (call_.contains("error")) return {"gives_where_torch_throws", call_["error"]};
    return call_.contains("scalar") ? check_scalar() : check_outputs();
  }

 private:
  bool must_fail() const { return expects_error_ || call_.contains("error"); }

  /// Sets outputs_, or returns the verdict on an error that the library throws.
  std::optional<Verdict> call_library() {
    try {
      outputs_ = table().at(op_)(sample_);
      if (expects_error_)  // a device may notice an error only when the values are read
        for (const Tensor& t : outputs_) t.to_vector<double>();
    } catch (const Error& error) {
      sample_.check_all_used();
      return Verdict{must_fail() ? "error_ok" : "throws", error.what()};
    }
    sample_.check_all_used();
    if (sabotaged("values"))
      for (Tensor& t : outputs_)
        if (is_floating(t.dtype())) t = t * sabotage_factor;
    return {};
  }

  Verdict check_scalar() const {
    const Tensor& ours = outputs_[0];
    const Tensor theirs = full({1}, scalar_of(call_["scalar"]), {.dtype = ours.dtype()});
    const Difference difference = compare(ours.reshape({1}), theirs, {0, 0});
    return difference.any ? Verdict{"value", difference.text} : Verdict{};
  }

  Verdict check_outputs() {
    if (!has_more_outputs(op_) && outputs_.size() != call_["out"].size())
      return {"shape", std::to_string(outputs_.size()) + " outputs, PyTorch " +
                           std::to_string(call_["out"].size())};
    Verdict verdict;
    for (std::size_t i = 0; i < outputs_.size(); ++i) {
      const Verdict found = check_output(i);
      if (!found.is_match() && found.status != "at_nan" && found.status != "saturates")
        return found;
      if (found.status != "match") verdict = found;
    }
    if (!verdict.is_match() || !call_.contains("grads") || op_ == "nn.functional.dropout" ||
        has_random_values(op_))
      return verdict;
    const Verdict gradients = check_gradients(call_, sample_, outputs_, file_);
    return gradients.status == "match" ? verdict : gradients;
  }

  Verdict check_output(std::size_t i) {
    const json& entry = call_["out"][i];
    if (entry["t"].is_null()) return {"skip", "a result of rank above 8"};
    const Tensor &ours = outputs_[i], &theirs = file_.at(entry["t"]);
    const string name = outputs_.size() > 1 ? "output " + std::to_string(i) + ": " : "";
    if (ours.shape() != theirs.shape())
      return {"shape", name + to_string(ours.shape()) + ", PyTorch " + to_string(theirs.shape())};
    if (ours.dtype() != theirs.dtype()) return other_dtype(ours, theirs, name);
    if (has_random_values(op_)) return {};
    if (op_ == "nn.functional.dropout") return check_dropout(sample_, ours);
    return check_values(ours, theirs, entry, name);
  }

  Verdict other_dtype(const Tensor& ours, const Tensor& theirs, const string& name) const {
    const Difference difference = compare(ours, theirs, tolerance(theirs.dtype()));
    return {"dtype", name + to_string(ours.dtype()) + ", PyTorch " + to_string(theirs.dtype()) +
                         (difference.any ? "; values differ too: " + difference.text : "")};
  }

  Verdict check_values(const Tensor& ours, const Tensor& theirs, const json& entry,
                       const string& name) const {
    const Tensor reference = entry.contains("ref") ? file_.at(entry["ref"]) : Tensor();
    const Tolerance t = tolerance(theirs.dtype());
    const Difference difference = compare(ours, theirs, t, reference);
    if (!difference.any)
      return difference.by_reference ? Verdict{"match_by_reference", "value"} : Verdict{};
    const bool to_integers = converts(op_) && !is_floating(theirs.dtype());
    const Special special = to_integers ? out_of_range(theirs.dtype()) : Special(is_nan);
    const Mask mask = mask_of(sample_.all_made(), theirs.shape(), special);
    const bool elsewhere = compare(ours, theirs, t, reference, mask).any;
    return {elsewhere ? "value" : to_integers ? "saturates" : "at_nan", name + difference.text};
  }

  const string& op_;
  const json& call_;
  const TensorFile& file_;
  bool expects_error_;
  Sample sample_;
  Tensors outputs_;
};

}  // namespace

Verdict check(const string& op, const json& call, const TensorFile& file, bool expects_error) {
  return Check(op, call, file, expects_error).run();
}

}  // namespace opinfo
