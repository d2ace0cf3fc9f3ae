// SPDX-License-Identifier: MIT
// Adam (Kingma and Ba 2014) and AdamW (Loshchilov and Hutter 2017).
#pragma once
#include <vector>

#include "tinygrad/optim/optimizer.h"

namespace tinygrad::optim {

struct AdamOptions {
  double lr = 1e-3;
  double beta1 = 0.9;
  double beta2 = 0.999;
  double eps = 1e-8;
  double weight_decay = 0;
};
/// Kingma and Ba 2014. m and v are running means of g and g²; w -= lr m̂ / (sqrt(v̂) + eps), with
/// hats for the correction of the start. weight_decay w is added to g.
class TINYGRAD_API Adam : public Optimizer {
 public:
  explicit Adam(const std::vector<Tensor>& params, const AdamOptions& options = {},
                SourceLocation location = SourceLocation::current());
  template <std::floating_point T>
  Adam(const std::vector<Tensor>&, T lr) = delete;  // write Adam(params, {.lr = lr})
  explicit Adam(const std::vector<ParamGroup<AdamOptions>>& groups,
                SourceLocation location = SourceLocation::current());

 protected:
  Adam(const char* name, bool decoupled) : Optimizer(name), decoupled_(decoupled) {}
  void add(const std::vector<Tensor>& params, const AdamOptions& options, SourceLocation location);

 private:
  void update(const Batch& batch) override;
  std::vector<AdamOptions> options_;
  bool decoupled_;
};

struct AdamWOptions {
  double lr = 1e-3;
  double beta1 = 0.9;
  double beta2 = 0.999;
  double eps = 1e-8;
  double weight_decay = 1e-2;
};
/// Loshchilov and Hutter 2017: Adam whose weight decay shrinks w itself, by lr weight_decay w.
class TINYGRAD_API AdamW : public Adam {
 public:
  explicit AdamW(const std::vector<Tensor>& params, const AdamWOptions& options = {},
                 SourceLocation location = SourceLocation::current());
  template <std::floating_point T>
  AdamW(const std::vector<Tensor>&, T lr) = delete;  // write AdamW(params, {.lr = lr})
  explicit AdamW(const std::vector<ParamGroup<AdamWOptions>>& groups,
                 SourceLocation location = SourceLocation::current());
};

}  // namespace tinygrad::optim
