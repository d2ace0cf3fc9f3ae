// SPDX-License-Identifier: MIT
// Muon: momentum whose singular values are brought near 1 by Newton-Schulz iterations.
#include "tinygrad/optim/muon.h"

#include <cmath>

#include "optim/check.h"
#include "tinygrad/ops.h"
#include "tinygrad/step_values.h"

namespace tinygrad::optim {

static Tensor orthogonalized(const Tensor& u, const MuonOptions& o) {
  const bool is_tall = u.size(0) > u.size(1);  // then the products of uᵀ are smaller
  const auto [a, b, c] = o.ns_coefficients;
  Tensor x = is_half(u.dtype()) ? u.to(DType::float32) : u;
  if (is_tall) x = transpose(x, 0, 1);
  x = x / maximum(norm(x), o.eps);
  for (int i = 0; i < o.ns_steps; ++i) {
    const Tensor gram = matmul(x, transpose(x, 0, 1));
    x = addmm(x, addmm(gram, gram, gram, b, c), x, a, 1);
  }
  return (is_tall ? transpose(x, 0, 1) : x).to(u.dtype());
}

static double adjustment(const Tensor& w, AdjustLr way) {
  const double m = double(w.size(0)), n = double(w.size(1));
  if (way == AdjustLr::match_rms_adamw) return 0.2 * std::sqrt(std::max(m, n));
  return std::sqrt(way == AdjustLr::original ? std::max(1., m / n) : m / n);
}

std::vector<std::string> MuonOptions::state_names(const std::vector<Tensor>& params,
                                                  const Call& call) const {
  check_not_negative(call, "weight_decay", weight_decay);
  check_not_negative(call, "momentum", momentum), check_not_negative(call, "eps", eps);
  require(ns_steps >= 0 && ns_steps < 100, call, "ns_steps must lie in [0, 100), it is ", ns_steps);
  for (auto& p : params)
    require<ShapeError>(!p.defined() || p.dim() == 2, call,
                        "expected weights of shape [m, n], got ", p.shape(),
                        "; give others to AdamW");
  return {"momentum_buffer"};
}

void Muon::update(const Batch& batch) {
  const MuonOptions& o = options(batch);
  const StepValue lr = step_lr(batch),
                  shrink = step_scalar(
                      batch, [d = o.weight_decay](double r, double) { return 1 - r * d; });
  apply_rule("muon", batch, [&](const Tensor& w, const Tensor& g, Tensors& state) {
    const Tensor m = state[0] = lerp(state[0], g, 1 - o.momentum);
    const Tensor move = orthogonalized(o.nesterov ? lerp(g, m, o.momentum) : m, o);
    return w * shrink - lr * (adjustment(w, o.adjust_lr_fn) * move);
  });
}

}  // namespace tinygrad::optim
