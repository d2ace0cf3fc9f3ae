// SPDX-License-Identifier: MIT
// The local Jacobian J of a recorded op, asked of its derivative, which computes Jᵀ u for a u.
#include "local_jacobian.h"

#include <algorithm>
#include <cmath>

#include "tinygrad/ops.h"
#include "tinygrad/random.h"

namespace tinygrad::tracing {
namespace {

Tensor tensor_of(const std::vector<double>& values, const Output& like, const Device& device) {
  return from_vector(values, like.shape, "cpu").to(like.dtype).to(device);
}
Tensor unit_vector(std::int64_t i, const Output& like, const Device& device) {
  std::vector<double> values(std::size_t(like.shape.count()));
  values[std::size_t(i)] = 1;
  return tensor_of(values, like, device);
}
template <class F> std::vector<double> vector_of(std::int64_t n, const F& value) {
  std::vector<double> all;
  for (std::int64_t i = 0; i < n; ++i) all.push_back(value(i));
  return all;
}

}  // namespace

LocalJacobian::LocalJacobian(const GraphNode& node, int input, int output, const Device& device)
    : node_(node), input_(input), output_(output), device_(device) {
  const GraphInput x = node.inputs()[std::size_t(input)];
  x_ = x.node.outputs()[std::size_t(x.output)];
  y_ = node.outputs()[std::size_t(output)];
}

std::size_t LocalJacobian::visit(const std::vector<std::int64_t>& from,
                                 std::int64_t max_derivatives, const Visit& visit) const {
  if (visit_single(from, visit)) return from.size();
  const std::int64_t columns = std::int64_t(from.size()), rows = y_.shape.count();
  if (rows <= columns && rows * x_.shape.count() <= max_derivatives)
    return visit_rows(from, visit), from.size();
  const std::int64_t allowed = std::clamp<std::int64_t>(max_derivatives / rows, 1, columns);
  visit_columns(std::span(from).first(std::size_t(allowed)), visit);
  return std::size_t(allowed);
}

/// Jᵀ u; undefined if no gradient flows.
Tensor LocalJacobian::pulled(const Tensor& u) const {
  Tensors dys;
  dys.resize(node_.outputs().size());
  dys[std::size_t(output_)] = u;
  return node_.vjp(input_, dys);
}
std::vector<double> LocalJacobian::pulled(const std::vector<double>& u) const {
  const NoGrad off;
  const Tensor dx = pulled(tensor_of(u, y_, device_));
  return dx.defined() ? dx.to_vector<double>() : std::vector<double>(std::size_t(x_.shape.count()));
}

/// If column i has one element d, in row j, then (Jᵀ 1)_i = d and (Jᵀ u)_i = d u_j, which tells j
/// if u numbers the rows. Random values u then show whether it is so. Returns false if it is not.
/// Rows are numbered by two digits, so that float32 holds them; 16 bits of a value do not suffice.
bool LocalJacobian::visit_single(const std::vector<std::int64_t>& from, const Visit& visit) const {
  constexpr std::int64_t base = 1 << 20;
  if (is_half(x_.dtype) || is_half(y_.dtype)) return false;
  const std::int64_t n = y_.shape.count();
  const std::vector<double> d = pulled(std::vector<double>(std::size_t(n), 1.));
  std::vector<std::int64_t> to(from.size());
  for (std::int64_t unit = 1; unit < n; unit *= base) {
    const auto numbered =
        pulled(vector_of(n, [&](std::int64_t j) { return double(1 + j / unit % base); }));
    for (std::size_t k = 0; k < from.size(); ++k) {
      const std::size_t i = std::size_t(from[k]);
      const double digit = d[i] == 0 ? 0 : numbered[i] / d[i] - 1;
      if (!(digit > -0.25 && digit < double(base) - 0.75)) return false;
      to[k] += std::llround(digit) * unit;
    }
  }
  const auto u = vector_of(
      n, [](std::int64_t j) { return 0.5 + double(philox_uniform(1, 0, std::uint64_t(j))); });
  const std::vector<double> check = pulled(u);
  const double tolerance = y_.dtype == float64 && x_.dtype == float64 ? 0x1p-48 : 0x1p-19;
  for (std::size_t k = 0; k < from.size(); ++k) {
    const std::size_t i = std::size_t(from[k]);
    if (to[k] >= n) return false;
    const double expected = d[i] * u[std::size_t(to[k])];
    if (!(std::abs(check[i] - expected) <= tolerance * std::abs(expected))) return false;
  }
  for (std::size_t k = 0; k < from.size(); ++k)
    if (const double value = d[std::size_t(from[k])]; value != 0) visit(from[k], to[k], value);
  return true;
}

/// Row j is Jᵀ e_j.
void LocalJacobian::visit_rows(const std::vector<std::int64_t>& from, const Visit& visit) const {
  const NoGrad off;
  for (std::int64_t j = 0; j < y_.shape.count(); ++j) {
    const Tensor row = pulled(unit_vector(j, y_, device_));
    if (!row.defined()) return;
    const std::vector<double> values = row.to_vector<double>();
    for (const std::int64_t i : from)
      if (const double value = values[std::size_t(i)]; value != 0) visit(i, j, value);
  }
}

/// Column i is J e_i: the derivative of Jᵀ u, which is linear in u, for the gradient e_i.
void LocalJacobian::visit_columns(std::span<const std::int64_t> from, const Visit& visit) const {
  const GradMode on(true);
  const Tensor u = zeros(y_.shape, {.dtype = y_.dtype, .device = device_}).requires_grad_(),
               dx = pulled(u);
  if (!dx.defined()) return;
  for (const std::int64_t i : from) {
    const Tensor column = grad(dx, u,
                               {.grad_outputs = unit_vector(i, x_, device_),
                                .retain_graph = true,
                                .allow_unused = true})[0];
    if (!column.defined()) return;
    const std::vector<double> values = column.to_vector<double>();
    for (std::size_t j = 0; j < values.size(); ++j)
      if (values[j] != 0) visit(i, std::int64_t(j), values[j]);
  }
}

}  // namespace tinygrad::tracing
