// SPDX-License-Identifier: MIT
// Compares a tensor of the library with PyTorch's, element by element.
#pragma once
#include <functional>
#include <vector>

#include "sample.h"

namespace opinfo {

struct Tolerance {
  double relative, absolute;
};
/// The defaults of torch.testing.assert_close for a dtype.
Tolerance tolerance(DType dtype);
/// Returns whether |a - b| <= absolute + relative |b|; NaN is close to NaN.
bool close(double a, double b, Tolerance tolerance);

struct Difference {
  bool any = false;
  /// An element is beyond the tolerance, but right by the result in float64.
  bool by_reference = false;
  string text;  ///< the first element that differs
};

/// Elements that are not compared; empty: all are.
using Mask = std::vector<bool>;
using Special = std::function<bool(double)>;
/// The elements of a result of `shape` at which `special` holds for an element of any floating
/// argument that broadcasts to that shape.
Mask mask_of(const std::vector<Tensor>& arguments, const Shape& shape, const Special& special);

/// Compares values of equal shape. `reference` is the result in float64, or undefined. An element
/// beyond the tolerance is right as well if it is close to the reference, or at most 4 times as far
/// from it as PyTorch's. For float16 and bfloat16 it is close if it is as close as the largest
/// element of the result allows: a sum is as exact as its largest terms.
Difference compare(const Tensor& ours, const Tensor& theirs, Tolerance tolerance,
                   const Tensor& reference = {}, const Mask& mask = {});

}  // namespace opinfo
