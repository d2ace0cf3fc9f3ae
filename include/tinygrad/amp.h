// Mixed precision: products in 16 bits, everything that needs digits in float32 (Micikevicius et
// al., "Mixed precision training", 2018).
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

/// While it lives, ops on this thread choose their precision:
/// - matmul, linear, conv2d (and what is made of them) convert float32 inputs to `dtype`;
/// - softmax, log_softmax, logsumexp, losses, sum, mean, prod, var, exp, expm1, log, log1p, pow,
/// reciprocal and rsqrt convert float16 and
///   bfloat16 inputs to float32; layer_norm follows its float32 weights;
/// - batch_norm keeps the dtype of its input, with statistics in float32;
/// - all others take what comes, by the usual promotion.
/// float64 is left alone. The walk back is not affected: each derivative runs in the precision of
/// its op.
class TINYGRAD_API Autocast {
 public:
  /// float16, bfloat16, or float32, which switches an outer one off. Throws DTypeError for others.
  explicit Autocast(DType dtype, SourceLocation location = SourceLocation::current());
  ~Autocast();
  Autocast(const Autocast&) = delete;

 private:
  DType before_;
};
/// What products run in on this thread: the innermost Autocast's dtype; float32 where there is
/// none.
TINYGRAD_API DType autocast_dtype();

struct GradScalerOptions {
  double scale = 65536;        ///< the first factor
  double growth = 2;           ///< of the factor, after `growth_interval` steps without an overflow
  double backoff = 0.5;        ///< of the factor, after an overflow
  int growth_interval = 2000;  ///< steps
};
/// A factor on the loss that keeps small gradients above float16's smallest number, and that adapts
/// itself: a step whose gradients overflow is skipped and the factor is halved; after many good
/// steps it is doubled.
class TINYGRAD_API GradScaler {
 public:
  /// Throws ArgumentError unless scale > 0, growth > 1, 0 < backoff < 1 and growth_interval >= 1.
  explicit GradScaler(const GradScalerOptions& options = {},
                      SourceLocation location = SourceLocation::current());

  /// loss * factor; its gradients are that much larger.
  Tensor scale(const Tensor& loss, SourceLocation location = SourceLocation::current()) const;
  /// Divides the gradients by the factor, for what looks at them before the step (clip_grad_norm_).
  /// Throws ArgumentError where it was done already since the last step.
  void unscale_(optim::Optimizer& optimizer, SourceLocation location = SourceLocation::current());
  /// Takes the optimizer's step with the gradients divided by the factor, or skips it where one of
  /// them is infinite or NaN; then adapts the factor. Returns whether the step was taken. Waits for
  /// the device. In a step that is recorded (capture.h) the device decides, each replay waits for
  /// it at its end, and true is returned: steps() and skips() tell what came of it. Throws
  /// ArgumentError where one is recorded twice.
  bool step(optim::Optimizer& optimizer, SourceLocation location = SourceLocation::current());

  double factor() const { return factor_; }
  /// How many steps were taken, and how many skipped.
  std::int64_t steps() const { return steps_; }
  std::int64_t skips() const { return skips_; }

  /// "scale" (float64 []), "growth_tracker", "steps" and "skips" (int64 []).
  NamedTensors state_dict() const;
  /// Throws ArgumentError that lists all that is wrong, and nothing has been loaded.
  void load_state_dict(const NamedTensors& state,
                       SourceLocation location = SourceLocation::current());

 private:
  void adapt(bool was_finite);
  GradScalerOptions options_;
  double factor_;
  int good_ = 0;  // steps since the factor changed
  std::int64_t steps_ = 0, skips_ = 0;
  const optim::Optimizer* unscaled_ = nullptr;
};

}  // namespace tinygrad
