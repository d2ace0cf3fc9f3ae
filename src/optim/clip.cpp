// SPDX-License-Identifier: MIT
// Clipping of gradients, by their norm or by their elements.
#include "tinygrad/optim/clip.h"

#include <cmath>
#include <optional>

#include "optim/check.h"
#include "tinygrad/autograd.h"
#include "tinygrad/ops.h"

namespace tinygrad::optim {
namespace {

constexpr double small = 0x1p-120;

/// Σ g² and Σ small g², which does not overflow where the norm fits, of g in float32 at least.
struct Squares {
  Tensor plain, scaled;
  explicit Squares(const Tensor& gradient) {
    const Tensor g = is_half(gradient.dtype()) ? gradient.to(DType::float32) : gradient;
    const Tensor zero = zeros({}, {.dtype = g.dtype(), .device = g.device()});
    plain = sum(square(g)), scaled = sum(addcmul(zero, g, g, small));
  }
  void add(const Squares& other) { plain = plain + other.plain, scaled = scaled + other.scaled; }
  Tensor norm() const {
    return where(plain < INFINITY, sqrt(plain), sqrt(scaled) * (1 / std::sqrt(small)));
  }
};

void check_max_norm(const Call& call, double max_norm) {
  require(max_norm >= 0, call, "max_norm must not be negative, it is ", max_norm);
}

}  // namespace

Tensor clip_grad_norm_(const std::vector<Tensor>& params, double max_norm,
                       SourceLocation location) {
  check_max_norm({"clip_grad_norm_", location}, max_norm);
  const NoGrad off;
  std::optional<Squares> squares;
  for (auto& p : params) {
    if (!p.grad().defined()) continue;
    const Squares one(p.grad());
    squares ? squares->add(one) : void(squares = one);
  }
  if (!squares) return zeros({});
  const Tensor norm = squares->norm();
  clip_grads_with_norm_(params, max_norm, norm, location);
  return norm;
}

void clip_grads_with_norm_(const std::vector<Tensor>& params, double max_norm,
                           const Tensor& total_norm, SourceLocation location) {
  check_max_norm({"clip_grads_with_norm_", location}, max_norm);
  if (std::isinf(max_norm)) return;
  const NoGrad off;
  const Tensor factor = minimum(max_norm / (total_norm + 1e-6), 1.);
  for (auto& p : params)
    if (const Tensor g = p.grad(); g.defined())
      Tensor(p).set_grad(g * factor.to(g.device()).to(g.dtype()));
}

void clip_grad_value_(const std::vector<Tensor>& params, double clip_value,
                      SourceLocation location) {
  check_not_negative({"clip_grad_value_", location}, "clip_value", clip_value);
  const NoGrad off;
  for (auto& p : params)
    if (const Tensor g = p.grad(); g.defined())
      Tensor(p).set_grad(clamp({g, location}, -clip_value, clip_value));
}

}  // namespace tinygrad::optim
