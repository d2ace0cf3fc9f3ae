// SPDX-License-Identifier: MIT
// Values that the host gives and that change from step to step: learning rates, step counts, the
// counters of random calls. In a step that capture() records (tinygrad/capture.h) such a value is
// no constant of the recording: it has a slot in the device's memory, which the host fills before
// each replay. Not part of tinygrad.h; include it to write an optimizer
// (examples/custom_optimizer.cpp) or a random op.
#pragma once
#include "tinygrad/backend.h"
#include "tinygrad/detail/inline_function.h"
#include "tinygrad/tensor.h"

namespace tinygrad {

/// A value of the host, or, while a step is recorded, the slot on the device that will hold it.
struct TINYGRAD_API StepValue {
  Tensor slot;   ///< int64 or float64, shape []; undefined if `value` is all there is
  Scalar value;  ///< of this step; meaningless if there is a slot
  /// The value as kernels take it.
  Operand operand() const;
};

/// t * value, in t's dtype: the same bits whether the value has a slot or not.
TINYGRAD_API Tensor mul(In t, const StepValue& value);
inline Tensor operator*(In t, const StepValue& value) { return mul({*t, t.location}, value); }
inline Tensor operator*(const StepValue& value, In t) { return mul({*t, t.location}, value); }

/// The value that next() returns. It is called at once, or, if this thread records a step, before
/// each replay. dtype: int64 or float64. Throws DeviceError if a step is recorded on another device
/// than `on`, and if a recorded step asks for more values than the step before it did.
TINYGRAD_API StepValue step_value(const Call& op, Backend& on, DType dtype,
                                  InlineFunction<Scalar(), 64> next);
/// The counter of the thread's next random call (tinygrad/random.h): int64.
TINYGRAD_API StepValue next_random_call(const Call& op, Backend& on);

/// A StepAction is work that the host does in a step besides giving values.
using StepAction = InlineFunction<void(), 64>;
/// Runs `action` at once, or, if this thread records a step, before each replay, in order with the
/// step's values.
TINYGRAD_API void on_every_replay(StepAction action);
/// Runs `action` at once, or, if this thread records a step, after each replay, when it may read
/// what the device computed.
TINYGRAD_API void after_every_replay(StepAction action);
/// Returns whether the step that is being recorded has an action to run after each replay.
TINYGRAD_API bool has_after_every_replay();
/// States that this step differs from those to come (a GradScaler skipped it): if the next one was
/// to be recorded, one more runs as it is before that.
TINYGRAD_API void postpone_capture();
/// Returns whether this thread records a step.
TINYGRAD_API bool is_capturing();
/// Throws DeviceError if this thread records a step on another device than `on`: what runs here
/// would not run again in a replay.
TINYGRAD_API void check_captured_device(const Call& op, const Backend& on);

}  // namespace tinygrad
