// SPDX-License-Identifier: MIT
// Values and actions of a step: given or run at once, or handed to the thread's StepRecorder.
#include "tinygrad/step_values.h"

#include "capture/recorder_scope.h"
#include "tinygrad/op.h"
#include "tinygrad/ops/elementwise.h"
#include "tinygrad/random.h"

namespace tinygrad {
namespace {

thread_local StepRecorder* recorder = nullptr;

}  // namespace

RecorderScope::RecorderScope(StepRecorder& r) : before_(recorder) { recorder = &r; }
RecorderScope::~RecorderScope() { recorder = before_; }

Operand StepValue::operand() const {
  return slot.defined() ? Operand(view_of(slot)) : Operand(value);
}

Tensor mul(In t, const StepValue& value) {
  if (!value.slot.defined()) return mul({*t, t.location}, value.value);
  return mul({*t, t.location}, value.slot.to(t->dtype()));
}

StepValue step_value(const Call& op, Backend& on, DType dtype, InlineFunction<Scalar(), 64> next) {
  check_captured_device(op, on);
  return recorder ? recorder->add(op, dtype, std::move(next)) : StepValue{{}, next()};
}
StepValue next_random_call(const Call& op, Backend& on) {
  return step_value(op, on, DType::int64, [] { return Scalar(std::int64_t(generator().call++)); });
}
void on_every_replay(StepAction action) {
  if (recorder) recorder->add(std::move(action));
  else action();
}
void after_every_replay(StepAction action) {
  if (recorder) recorder->add_after(std::move(action));
  else action();
}
bool has_after_every_replay() { return is_capturing() && recorder->has_after(); }
void postpone_capture() {
  if (recorder) recorder->postpone_capture();
}
bool is_capturing() { return recorder && recorder->records(); }
void check_captured_device(const Call& op, const Backend& on) {
  require<DeviceError>(!is_capturing() || &on == &recorder->on(), op, "runs on ", on.device(),
                       " while a step is recorded on ",
                       is_capturing() ? recorder->on().device() : on.device(),
                       ": a replay would not run it again; do it before or after the step");
}

}  // namespace tinygrad
