// SPDX-License-Identifier: MIT
// Elements as sets: the distinct ones, how often each occurs, and whether an element is among
// others. The results have no gradient.
#pragma once
#include <optional>

#include "tinygrad/tensor.h"

namespace tinygrad {

/// The optional results of unique(), and the dimension whose slices are compared as wholes instead
/// of single elements.
struct UniqueOptions {
  bool return_inverse = false, return_counts = false;
  std::optional<int> dim = {};
};
/// values: the distinct elements [K], or slices along dim. inverse: for each element of x, in x's
/// shape (for each slice, [n], if dim is set), its position among the values. counts [K]: how often
/// each value occurs. Both int64, undefined if not asked for.
struct Unique {
  Tensor values, inverse, counts;
};
/// The distinct elements of x in ascending order; slices are ordered lexicographically. Every NaN
/// is an element of its own.
TINYGRAD_API Unique unique(In x, const UniqueOptions& options = {});
/// The elements of x in their order, without those that equal their predecessor.
TINYGRAD_API Unique unique_consecutive(In x, const UniqueOptions& options = {});
/// For each element of x, whether it is (if `invert`: is not) one of the test elements. bool.
TINYGRAD_API Tensor isin(In x, In test_elements, bool invert = false);
TINYGRAD_API Tensor isin(In x, Scalar test_element, bool invert = false);

}  // namespace tinygrad
