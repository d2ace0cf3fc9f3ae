// SPDX-License-Identifier: MIT
// Counting elements in bins, and finding the bin of an element.
#pragma once
#include "tinygrad/tensor.h"

namespace tinygrad {

/// For each v = 0, 1, ... up to the largest element of x [n], how many elements equal v (int64), or
/// the sum of their weights [n] (float64 if these are integers). At least min_length bins. Integers
/// x that are not negative; otherwise ArgumentError is thrown.
TINYGRAD_API Tensor bincount(In x, In weights = {}, std::int64_t min_length = 0);
/// The number of elements of x in each of `bins` bins of equal width between min and max, in x's
/// dtype; elements outside and NaN are not counted, and max belongs to the last bin. If min equals
/// max, they are the extremes of x. Floating x.
TINYGRAD_API Tensor histc(In x, std::int64_t bins = 100, double min = 0, double max = 0);
/// For each value v, how many elements of the sorted sequence [..., n] are less than v (if `right`:
/// not larger than v): the position where v keeps the sequence sorted. int64, in the shape of
/// values. sequence is [n], or has the leading sizes of values [..., k]. sorter: the indices that
/// sort the sequence (argsort), if it is not sorted itself. NaN is larger than every other value.
TINYGRAD_API Tensor searchsorted(In sequence, In values, bool right = false, In sorter = {});
/// searchsorted(boundaries, x, right) for boundaries [n].
TINYGRAD_API Tensor bucketize(In x, In boundaries, bool right = false);

}  // namespace tinygrad
