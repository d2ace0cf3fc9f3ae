// SPDX-License-Identifier: MIT
// Mixed precision: matrix products and convolutions run in 16 bits, ops that need more precision in
// float32 (Micikevicius et al., "Mixed precision training", 2018).
//
//   tg::GradScaler scaler;
//   for (...) {
//     optimizer.zero_grad();
//     Tensor loss;
//     {
//       const tg::Autocast autocast(tg::float16);
//       loss = tg::cross_entropy(net(x), y);
//     }
//     scaler.scale(loss).backward();
//     scaler.step(optimizer);
//   }
//
// Weights stay float32 (the master weights): each op that computes in 16 bits converts them, and
// the conversion's derivative brings the gradient back to float32. bfloat16 has float32's range and
// needs no GradScaler.
#pragma once
#include "tinygrad/optim.h"
#include "tinygrad/tensor.h"

namespace tinygrad {

/// While an Autocast object lives, each op on this thread chooses its precision:
/// - matmul, linear, conv2d and the ops that use them convert float32 inputs to `dtype`;
/// - softmax, log_softmax, logsumexp, losses, sum, mean, prod, var, exp, expm1, log, log1p, pow,
///   reciprocal and rsqrt convert float16 and bfloat16 inputs to float32; layer_norm promotes to
///   the dtype of its float32 weights;
/// - batch_norm keeps the dtype of its input and computes its statistics in float32;
/// - all other ops promote their inputs as usual.
/// float64 inputs are not converted. The backward pass is not affected: each derivative runs in the
/// precision of its op.
class TINYGRAD_API Autocast {
 public:
  /// dtype must be float16, bfloat16, or float32, which switches an outer Autocast off; otherwise
  /// DTypeError is thrown.
  explicit Autocast(DType dtype, SourceLocation location = SourceLocation::current());
  ~Autocast();
  Autocast(const Autocast&) = delete;

 private:
  DType before_;
};
/// The dtype of the innermost Autocast on this thread; float32 if there is none.
TINYGRAD_API DType autocast_dtype();

struct GradScalerOptions {
  double scale = 65536;  ///< the initial factor
  double growth = 2;     ///< multiplies the factor after growth_interval steps without an overflow
  double backoff = 0.5;  ///< multiplies the factor after an overflow
  int growth_interval = 2000;  ///< in steps
};
/// Multiplies the loss by a factor, so that small gradients do not underflow in float16. The factor
/// adapts itself: if gradients overflow, the step is skipped and the factor is halved; after many
/// steps without an overflow it is doubled.
class TINYGRAD_API GradScaler {
 public:
  /// Throws ArgumentError unless scale > 0, growth > 1, 0 < backoff < 1 and growth_interval >= 1.
  explicit GradScaler(const GradScalerOptions& options = {},
                      SourceLocation location = SourceLocation::current());

  /// loss * factor. The gradients of the result are larger by the same factor.
  Tensor scale(const Tensor& loss, SourceLocation location = SourceLocation::current()) const;
  /// Divides the gradients by the factor, so that they can be used before the step, as by
  /// clip_grad_norm_. Throws ArgumentError if it was called already since the last step.
  void unscale_(optim::Optimizer& optimizer, SourceLocation location = SourceLocation::current());
  /// Takes the optimizer's step with the gradients divided by the factor, or skips it if one of
  /// them is infinite or NaN; then adapts the factor. Returns whether the step was taken. Waits for
  /// the device. In a step that is captured (capture.h) the device decides, each replay waits for
  /// the decision at its end, and true is returned; steps() and skips() count the outcomes. Throws
  /// ArgumentError if a captured step calls it twice.
  bool step(optim::Optimizer& optimizer, SourceLocation location = SourceLocation::current());

  double factor() const { return factor_; }
  /// The number of steps that were taken.
  std::int64_t steps() const { return steps_; }
  /// The number of steps that were skipped.
  std::int64_t skips() const { return skips_; }

  /// "scale" (float64 []), "growth_tracker", "steps" and "skips" (int64 []).
  NamedTensors state_dict() const;
  /// Restores state_dict(). Throws ArgumentError, which lists all problems, and then leaves the
  /// scaler unchanged.
  void load_state_dict(const NamedTensors& state,
                       SourceLocation location = SourceLocation::current());

 private:
  void adapt(bool was_finite);
  GradScalerOptions options_;
  double factor_;
  int good_ = 0;  // steps without an overflow since the factor changed
  std::int64_t steps_ = 0, skips_ = 0;
  const optim::Optimizer* unscaled_ = nullptr;
};

}  // namespace tinygrad
