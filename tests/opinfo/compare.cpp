// SPDX-License-Identifier: MIT
// Finds the elements of two tensors that differ.
#include "compare.h"

#include <algorithm>
#include <cmath>
#include <sstream>

namespace opinfo {
namespace {

string text_of(double value) {
  std::ostringstream text;
  text.precision(9);
  text << value;
  return text.str();
}
string text_of(std::int64_t value) { return std::to_string(value); }

/// "3 of 24 differ; at 5 ours 1, PyTorch 2".
template <class T>
string description(std::size_t differing, std::size_t first, const std::vector<T>& ours,
                   const std::vector<T>& theirs) {
  return std::to_string(differing) + " of " + std::to_string(ours.size()) + " differ; at " +
         std::to_string(first) + " ours " + text_of(ours[first]) + ", PyTorch " +
         text_of(theirs[first]);
}

Difference compare_integers(const Tensor& ours, const Tensor& theirs, const Mask& mask) {
  const auto a = ours.to_vector<std::int64_t>(), b = theirs.to_vector<std::int64_t>();
  std::size_t differing = 0, first = 0;
  for (std::size_t i = 0; i < a.size(); ++i)
    if (a[i] != b[i] && (mask.empty() || !mask[i]) && differing++ == 0) first = i;
  if (differing == 0) return {};
  return {.any = true, .text = description(differing, first, a, b)};
}

/// The result in float64, and what it says of elements beyond the tolerance.
class Reference {
 public:
  Reference(const Tensor& reference, DType dtype, Tolerance tolerance)
      : dtype_(dtype), tolerance_(tolerance) {
    if (reference.defined()) values_ = reference.to_vector<double>();
    if (!is_half(dtype)) return;
    for (double x : values_)
      if (std::isfinite(x)) largest_ = std::max(largest_, std::fabs(x));
  }
  bool allows(std::size_t i, double ours, double theirs) const {
    if (values_.empty()) return false;
    const double exact = values_[i], error = std::fabs(ours - exact);
    return close(ours, exact, tolerance_) || error <= tolerance_.relative * largest_ ||
           error <= 4 * std::fabs(theirs - exact) || overflows(ours, exact);
  }
  string text(std::size_t i) const {
    return values_.empty() ? "" : ", in float64 " + text_of(values_[i]);
  }

 private:
  /// The exact result rounds to the same infinity.
  bool overflows(double ours, double exact) const {
    return dtype_ == float16 && std::isinf(ours) && std::fabs(exact) > 65504 * 0.99 &&
           (ours > 0) == (exact > 0);
  }
  std::vector<double> values_;
  DType dtype_;
  Tolerance tolerance_;
  double largest_ = 0;
};

Difference compare_reals(const Tensor& ours, const Tensor& theirs, Tolerance tolerance,
                         const Reference& reference, const Mask& mask) {
  const auto a = ours.to_vector<double>(), b = theirs.to_vector<double>();
  Difference difference;
  std::size_t differing = 0, first = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (close(a[i], b[i], tolerance) || (!mask.empty() && mask[i])) continue;
    if (reference.allows(i, a[i], b[i])) difference.by_reference = true;
    else if (differing++ == 0) first = i;
  }
  if (differing == 0) return difference;
  return {.any = true, .text = description(differing, first, a, b) + reference.text(first)};
}

}  // namespace

Tolerance tolerance(DType dtype) {
  switch (dtype) {
    case float16: return {1e-3, 1e-5};
    case bfloat16: return {1.6e-2, 1e-5};
    case float32: return {1.3e-6, 1e-5};
    case float64: return {1e-7, 1e-7};
    default: return {0, 0};
  }
}

bool close(double a, double b, Tolerance tolerance) {
  if (std::isnan(a) || std::isnan(b)) return std::isnan(a) && std::isnan(b);
  if (std::isinf(a) || std::isinf(b)) return a == b;
  return std::fabs(a - b) <= tolerance.absolute + tolerance.relative * std::fabs(b);
}

Mask mask_of(const std::vector<Tensor>& arguments, const Shape& shape, const Special& special) {
  Mask mask(std::size_t(shape.count()));
  for (const Tensor& t : arguments) {
    if (!is_floating(t.dtype()) || !broadcasts_to(t.shape(), shape)) continue;
    const auto values = t.detach().expand(shape).to_vector<double>();
    for (std::size_t i = 0; i < values.size(); ++i)
      if (special(values[i])) mask[i] = true;
  }
  return mask;
}

Difference compare(const Tensor& ours, const Tensor& theirs, Tolerance tolerance,
                   const Tensor& reference, const Mask& mask) {
  if (!is_floating(ours.dtype()) && !is_floating(theirs.dtype()))
    return compare_integers(ours, theirs, mask);
  return compare_reals(ours, theirs, tolerance, Reference(reference, ours.dtype(), tolerance),
                       mask);
}

}  // namespace opinfo
