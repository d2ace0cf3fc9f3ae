// SPDX-License-Identifier: MIT
// Clipping of gradients by their norm.
#include "tinygrad/optim/clip.h"

#include "optim/check.h"
#include "tinygrad/autograd.h"
#include "tinygrad/ops.h"

namespace tinygrad::optim {
namespace {

/// Σ g², in float32 at least.
Tensor sum_of_squares(const Tensor& g) {
  return sum(square(is_half(g.dtype()) ? g.to(DType::float32) : g));
}

}  // namespace

Tensor clip_grad_norm_(const std::vector<Tensor>& params, double max_norm,
                       SourceLocation location) {
  check_not_negative({"clip_grad_norm_", location}, "max_norm", max_norm);
  const NoGrad off;
  Tensor squares;
  for (auto& p : params) {
    if (!p.grad().defined()) continue;
    const Tensor one = sum_of_squares(p.grad());
    squares = squares.defined() ? squares + one : one;
  }
  if (!squares.defined()) return zeros({});
  const Tensor norm = sqrt(squares);
  const Tensor factor = minimum(max_norm / (norm + 1e-6), 1.);
  for (auto& p : params)
    if (const Tensor g = p.grad(); g.defined()) Tensor(p).set_grad(g * factor.to(g.dtype()));
  return norm;
}

}  // namespace tinygrad::optim
