// SPDX-License-Identifier: MIT
// DetectAnomaly: looks at the outputs of each op as it ends.
#include "tinygrad/trace/anomaly.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <string_view>

#include "place.h"
#include "statistics.h"
#include "tinygrad/ops.h"

namespace tinygrad {
namespace {

using tracing::copy_of, tracing::Statistics;

constexpr std::size_t max_listed = 6;  ///< an optimizer has inputs for each parameter

bool is_readable(const View& v) { return v && is_floating(v.dtype()) && v.count() > 0; }

/// Returns whether all elements are finite, found out on the device.
bool is_finite(const View& v, const Device& device) {
  return !is_readable(v) || all(isfinite(copy_of(v, device))).item<bool>();
}
Statistics statistics_of(const View& v, const Device& device) {
  return is_readable(v) ? tracing::statistics(copy_of(v, device)) : Statistics{};
}

/// Ops that put a scalar of the caller's into their output.
bool places_scalars(std::string_view op) {
  constexpr std::array names = {"where", "pad", "fill_"};
  return std::find(names.begin(), names.end(), op) != names.end();
}
/// Returns whether it is an op such as add_, of which what it overwrote is not known; an optimizer
/// is none.
bool is_in_place(std::string_view op) { return op.ends_with('_'); }
/// Returns whether an output overwrote this input.
bool is_overwritten(const View& input, Views outputs) {
  return std::any_of(outputs.begin(), outputs.end(),
                     [&](const View& out) { return input.memory().handle == out.memory().handle; });
}

/// "3 NaN, the first at [0, 2]", or infinities if there is no NaN.
std::string first_bad(const Tensor& x, const Statistics& s) {
  const auto values = x.to_vector<double>();
  const auto at = std::find_if(values.begin(), values.end(),
                               [&](double v) { return s.nans ? std::isnan(v) : std::isinf(v); });
  return fmt::format("{} of {} elements, the first at {}", s.nans ? s.nans : s.infinities, s.numel,
                     to_string(tracing::index_at(at - values.begin(), x.shape())));
}

std::string line_of(const char* role, std::size_t i, const View& v, const Device& device,
                    const char* note) {
  std::string line = fmt::format("\n  {} {}: ", role, i);
  if (!v) return line + "not given";
  line += fmt::format("{} {}", to_string(v.dtype()), to_string(v.shape()));
  if (!is_readable(v)) return line;
  return line + "  " + tracing::to_string(statistics_of(v, device)) + note;
}

}  // namespace

void DetectAnomaly::begin(const OpEvent& op) {
  if (open_.empty()) first_.clear();
  open_.push_back(op.name);
}

void DetectAnomaly::end(const OpEvent& op) {
  open_.pop_back();
  if (op.status == OpStatus::failed || op.status == OpStatus::view || op.inputs.empty()) return;
  const std::string text = describe(op);
  if (first_.empty()) first_ = text;
  if (!open_.empty() || text.empty()) return;
  ErrorMessage message;
  message.add(first_).raise<Error>(Call{op.name, op.location});
}

/// Describes what is wrong with the outputs of an op; empty if nothing is.
std::string DetectAnomaly::describe(const OpEvent& op) const {
  const auto bad = std::find_if(op.outputs.begin(), op.outputs.end(),
                                [&](const View& v) { return !is_finite(v, op.device); });
  if (bad == op.outputs.end()) return {};
  const Tensor output = copy_of(*bad, op.device);
  const Statistics found = tracing::statistics(output);
  bool had_nan = false, had_infinity = false, is_update = false;
  for (const View& v : op.inputs) {
    const bool is_lost = is_overwritten(v, op.outputs);
    const Statistics s = is_lost ? Statistics{} : statistics_of(v, op.device);
    is_update = is_update || is_lost, had_nan = had_nan || s.nans;
    had_infinity = had_infinity || s.infinities || (is_lost && is_in_place(op.name));
  }
  if (!found.nans && (!options_.infinities || had_infinity || places_scalars(op.name))) return {};

  std::string text =
      fmt::format("DetectAnomaly: {} {} {} in {}", op.name, had_nan ? "passes on" : "made",
                  found.nans ? "a NaN" : "an infinity", first_bad(output, found));
  for (auto outer = open_.rbegin(); outer != open_.rend(); ++outer)
    text += fmt::format(", in the formula of {}", *outer);
  text += op.derivative_of ? fmt::format(", in the derivative of {}", op.derivative_of)
          : is_update      ? ", which writes in place"
                           : ", in the forward pass";
  if (had_nan) text += "; an input had a NaN already";
  for (std::size_t i = 0; i < op.inputs.size(); ++i)
    if (i < max_listed || !is_finite(op.inputs[i], op.device))
      text += line_of("input", i, op.inputs[i], op.device,
                      is_overwritten(op.inputs[i], op.outputs) ? "  (overwritten)" : "");
  return text + line_of("output", std::size_t(bad - op.outputs.begin()), *bad, op.device, "");
}

}  // namespace tinygrad
