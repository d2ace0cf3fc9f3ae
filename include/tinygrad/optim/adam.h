// SPDX-License-Identifier: MIT
// Adam (Kingma and Ba 2014) and AdamW (Loshchilov and Hutter 2017), with AMSGrad (Reddi et al.
// 2018).
#pragma once
#include "tinygrad/optim/optimizer.h"

namespace tinygrad::optim {

/// decoupled: the weight decay is AdamW's.
template <bool decoupled> struct TINYGRAD_API AnyAdamOptions {
  double lr = 1e-3;
  double beta1 = 0.9;
  double beta2 = 0.999;
  double eps = 1e-8;
  double weight_decay = decoupled ? 1e-2 : 0;
  bool amsgrad = false;
  bool maximize = false;  ///< move along the gradient, not against it
  static constexpr const char* name = decoupled ? "AdamW" : "Adam";
  std::vector<std::string> state_names(const std::vector<Tensor>& params, const Call& call) const;
};
using AdamOptions = AnyAdamOptions<false>;
using AdamWOptions = AnyAdamOptions<true>;

/// m and v are running means of g and g²; w -= lr m̂ / (sqrt(v̂) + eps), with hats for the
/// correction of the start. With amsgrad, v̂ is made of the largest v so far.
template <bool decoupled>
class TINYGRAD_API AnyAdam : public OptimizerWith<AnyAdamOptions<decoupled>> {
 public:
  using OptimizerWith<AnyAdamOptions<decoupled>>::OptimizerWith;

 private:
  void update(const Optimizer::Batch& batch) override;
};
extern template class AnyAdam<false>;
extern template class AnyAdam<true>;

/// Kingma and Ba 2014: weight_decay w is added to g.
using Adam = AnyAdam<false>;
/// Loshchilov and Hutter 2017: Adam whose weight decay shrinks w itself, by lr weight_decay w.
using AdamW = AnyAdam<true>;

}  // namespace tinygrad::optim
