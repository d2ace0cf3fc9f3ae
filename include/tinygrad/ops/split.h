// SPDX-License-Identifier: MIT
// Splitting a tensor along a dimension into views.
#pragma once
#include <optional>
#include <utility>
#include <vector>

#include "tinygrad/tensor.h"

namespace tinygrad {

/// Splits x along dim into chunks of `size` elements; the last chunk may be smaller.
TINYGRAD_API std::vector<Tensor> split(In x, std::int64_t size, int dim = 0);
/// Splits x along dim into chunks of the given sizes, whose sum must be that of dim.
TINYGRAD_API std::vector<Tensor> split(In x, const std::vector<std::int64_t>& sizes, int dim = 0);
/// Splits x along dim into at most `chunks` chunks of ceil(size / chunks) elements.
TINYGRAD_API std::vector<Tensor> chunk(In x, std::int64_t chunks, int dim = 0);
/// x.select(dim, i) for all i. It has one derivative, which joins the gradients of all results; the
/// derivative of each select() would fill a tensor of x's shape with zeros.
TINYGRAD_API std::vector<Tensor> unbind(In x, int dim = 0);

/// The places where tensor_split cuts a dimension of n elements. 3 makes three parts, of which the
/// first n % 3 have one element more than the others; {2, 5} cuts before the elements 2 and 5, into
/// the slices [0, 2), [2, 5), [5, n).
struct Sections {
  std::optional<std::int64_t> count = {};  ///< if it is not set, the indices count
  std::vector<std::int64_t> indices = {};
  Sections(int parts) : count(parts) {}
  Sections(std::int64_t parts) : count(parts) {}
  Sections(std::initializer_list<std::int64_t> at) : indices(at) {}
  Sections(std::vector<std::int64_t> at) : indices(std::move(at)) {}
};
/// Splits x along dim as `sections` says.
TINYGRAD_API std::vector<Tensor> tensor_split(In x, const Sections& sections, int dim = 0);
/// tensor_split along columns: dimension 1, or 0 of a vector. A number of sections must divide the
/// size; so it must for the next two.
TINYGRAD_API std::vector<Tensor> hsplit(In x, const Sections& sections);
/// tensor_split along rows: dimension 0 of at least two.
TINYGRAD_API std::vector<Tensor> vsplit(In x, const Sections& sections);
/// tensor_split along dimension 2 of at least three.
TINYGRAD_API std::vector<Tensor> dsplit(In x, const Sections& sections);

}  // namespace tinygrad
