// SPDX-License-Identifier: MIT
// Muon (Jordan et al. 2024).
#pragma once
#include <array>

#include "tinygrad/optim/optimizer.h"

namespace tinygrad::optim {

/// The factor on Muon's lr for a weight of shape [m, n]: `original` sqrt(max(1, m / n)),
/// `match_rms_adamw` 0.2 sqrt(max(m, n)), `spectral_unclamped` sqrt(m / n).
enum class AdjustLr { original, match_rms_adamw, spectral_unclamped };

struct TINYGRAD_API MuonOptions {
  double lr = 1e-3;
  double weight_decay = 0.1;
  double momentum = 0.95;
  bool nesterov = true;
  std::array<double, 3> ns_coefficients = {3.4445, -4.775, 2.0315};
  double eps = 1e-7;  ///< the smallest norm that the momentum is divided by
  int ns_steps = 5;
  AdjustLr adjust_lr_fn = AdjustLr::original;
  static constexpr const char* name = "Muon";
  std::vector<std::string> state_names(const std::vector<Tensor>& params, const Call& call) const;
};
/// Jordan et al. 2024, "Muon: an optimizer for hidden layers in neural networks", for weights of
/// shape [m, n]; others throw ShapeError. M = momentum M + (1 - momentum) g;  U = M, or with
/// nesterov momentum M + (1 - momentum) g;  w -= lr weight_decay w + lr adjust O, where O is U
/// with all singular values near 1: X = U / |U|, then ns_steps times A = X Xᵀ,
/// X = a X + (b A + c A²) X (Newton and Schulz), in float32 at least.
class TINYGRAD_API Muon : public OptimizerWith<MuonOptions> {
 public:
  using OptimizerWith::OptimizerWith;

 private:
  void update(const Batch& batch) override;
};

}  // namespace tinygrad::optim
