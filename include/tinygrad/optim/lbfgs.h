// SPDX-License-Identifier: MIT
// L-BFGS (Nocedal 1980, Liu and Nocedal 1989).
#pragma once
#include <optional>
#include <vector>

#include "tinygrad/optim/optimizer.h"

namespace tinygrad::optim {

enum class LineSearch { none, strong_wolfe };

struct LbfgsOptions {
  double lr = 1;               ///< the length of a step, or the first one that a search tries
  std::int64_t max_iter = 20;  ///< of one step()
  std::optional<std::int64_t> max_eval = {};  ///< of the closure in a step(); max_iter * 5 / 4
  double tolerance_grad = 1e-7;               ///< a step() ends if no |g| is larger,
  double tolerance_change = 1e-9;             ///< or if the loss and the parameters hardly change
  std::int64_t history_size = 100;
  LineSearch line_search_fn = LineSearch::none;
};

/// Liu and Nocedal 1989: moves along -H g, where H, the approximate inverse of the Hessian, is made
/// of the last changes s of the parameters and y of the gradient. A step() takes up to max_iter
/// iterations, and reads the loss back in each. All parameters are one group, on one device.
class TINYGRAD_API LBFGS : public Optimizer {
 public:
  /// Forgets the gradients, computes the loss and its gradients, and returns the loss.
  using Closure = InlineFunction<Tensor(), 64>;
  explicit LBFGS(const std::vector<Tensor>& params, const LbfgsOptions& options = {},
                 SourceLocation location = SourceLocation::current());
  template <std::floating_point T>
  LBFGS(const std::vector<Tensor>&, T lr) = delete;  // write LBFGS(params, {.lr = lr})
  /// Returns the first loss. Parameters without a gradient are left alone. Throws DeviceError in a
  /// recorded step, since the host decides how often the closure runs.
  Tensor step(const Closure& closure, SourceLocation location = SourceLocation::current());
  /// "group.0.lr", "n_iter", "func_evals", "history" (int64 []), and once there are any, with all
  /// parameters as one vector, "prev_flat_grad" and "prev_step" [n], "old_dirs" (y) and "old_stps"
  /// (s) [history, n].
  NamedTensors state_dict() const override;
  void load_state_dict(const NamedTensors& state,
                       SourceLocation location = SourceLocation::current()) override;

 private:
  struct Change {
    Tensor y, s, rho;  // rho = 1 / (y · s)
    Change(const Tensor& gradient, const Tensor& step);
  };
  void update(const Batch& batch) override;
  void remember(const Tensor& gradient);
  Tensor direction(const Tensor& gradient) const;
  LbfgsOptions options_;
  std::vector<Change> history_;
  Tensor last_gradient_, last_step_;  // undefined before the first iteration
  std::int64_t n_iter_ = 0, func_evals_ = 0;
};

}  // namespace tinygrad::optim
