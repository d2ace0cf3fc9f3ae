// SPDX-License-Identifier: MIT
// The local Jacobian of a recorded op: derivatives of single elements of an output with respect to
// single elements of an input.
#pragma once
#include <vector>

#include "tinygrad/graph.h"

namespace tinygrad::tracing {

/// J[to, from] = ∂y[to] / ∂x[from] of an output y and an input x of a node; elements are counted in
/// row-major order.
class LocalJacobian {
 public:
  using Visit = InlineFunction<void(std::int64_t from, std::int64_t to, double value), 64>;
  LocalJacobian(const GraphNode& node, int input, int output, const Device& device);

  /// Calls visit for the elements of J that are not 0, in the columns of the first elements `from`:
  /// as many as have no more than max_derivatives elements, and at least one. Returns how many. An
  /// op of which each of them reaches one element (elementwise ops, views, sums, poolings) costs
  /// three or four passes; any other a pass for each row or column, whichever are fewer.
  std::size_t visit(const std::vector<std::int64_t>& from, std::int64_t max_derivatives,
                    const Visit& visit) const;

 private:
  Tensor pulled(const Tensor& u) const;
  std::vector<double> pulled(const std::vector<double>& u) const;
  bool visit_single(const std::vector<std::int64_t>& from, const Visit& visit) const;
  void visit_rows(const std::vector<std::int64_t>& from, const Visit& visit) const;
  void visit_columns(std::span<const std::int64_t> from, const Visit& visit) const;

  const GraphNode& node_;
  int input_, output_;
  Device device_;
  Output x_, y_;
};

}  // namespace tinygrad::tracing
