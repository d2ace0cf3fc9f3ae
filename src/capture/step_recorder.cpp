// SPDX-License-Identifier: MIT
// The slots of a recorded step, and what the host does before and after each replay.
#include "capture/step_recorder.h"

#include <cstring>

#include "capture/recorder_scope.h"
#include "core/tensor_impl.h"
#include "tinygrad/op.h"
#include "tinygrad/ops/create.h"

namespace tinygrad {

bool StepRecorder::count(const std::function<void()>& f) {
  counted_ = 0, is_alike_ = true;
  const RecorderScope scope(*this);
  f();
  return is_alike_;
}

void StepRecorder::make_slots() {
  slots_ = empty({counted_}, {.dtype = DType::int64, .device = on_.device()});
}

void StepRecorder::record(const std::function<void()>& f) {
  entries_.clear(), after_.clear(), used_ = 0;
  const RecorderScope scope(*this);
  records_ = true;
  try {
    f();
  } catch (...) {
    records_ = false;
    throw;
  }
  records_ = false;
}

void StepRecorder::add(StepAction action) {
  if (records_) entries_.push_back({std::move(action), {}});
  else action();
}

void StepRecorder::add_after(StepAction action) {
  if (records_) after_.push_back(std::move(action));
  else action();
}

StepValue StepRecorder::add(const Call& op, DType dtype, InlineFunction<Scalar(), 64> next) {
  if (!records_) return ++counted_, StepValue{{}, next()};
  require<DeviceError>(used_ < counted_, op,
                       "is called more often by the step that is recorded than by the one before "
                       "it; steps that are recorded are alike");
  const View slot(view_of(slots_).memory(), dtype, {}, {}, used_++);
  entries_.push_back({{}, std::move(next), dtype});
  return {make_tensor(slots_.impl()->storage, slot), {}};
}

void StepRecorder::before_replay() {
  std::vector<std::int64_t> words;
  for (Entry& entry : entries_) {
    if (entry.action) {
      entry.action();
      continue;
    }
    const Scalar value = entry.next();
    std::int64_t bits = value.integer();
    if (const double real = value.real(); entry.dtype == DType::float64)
      std::memcpy(&bits, &real, sizeof bits);
    words.push_back(bits);
  }
  if (!words.empty())
    on_.upload(words.data(), view_of(slots_).memory(), 0, words.size() * sizeof words[0]);
}

void StepRecorder::after_replay() {
  for (auto& action : after_) action();
}

}  // namespace tinygrad
