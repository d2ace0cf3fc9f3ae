// SPDX-License-Identifier: MIT
// StepRecorder: what the host does in a recorded step (values, actions), in order, so that it can
// be done again before and after each replay.
#pragma once
#include <functional>
#include <vector>

#include "tinygrad/step_values.h"

namespace tinygrad {

/// Collects the values and actions of one thread's step. Only one at a time does so on a thread.
class StepRecorder {
 public:
  explicit StepRecorder(Backend& on) : on_(on) {}
  StepRecorder(const StepRecorder&) = delete;
  Backend& on() const { return on_; }

  /// Runs f as it is, and counts the values that it asks for. Returns whether f's next call will
  /// ask for as many.
  bool count(const std::function<void()>& f);
  /// Allocates a slot for each value that was counted. Called before the device records.
  void make_slots();
  /// Runs f while the device records, and keeps the values and actions that it asks for.
  void record(const std::function<void()>& f);
  /// Runs what comes before a replay: actions, and the values, which are uploaded to their slots.
  void before_replay();
  /// Runs what comes after it.
  void after_replay();

  void add(StepAction action);
  void add_after(StepAction action);
  bool has_after() const { return !after_.empty(); }
  void postpone_capture() { is_alike_ = false; }
  StepValue add(const Call& op, DType dtype, InlineFunction<Scalar(), 64> next);
  bool records() const { return records_; }

 private:
  /// An action, or the value that goes to the next slot.
  struct Entry {
    StepAction action;
    InlineFunction<Scalar(), 64> next;
    DType dtype = DType::int64;
  };
  Backend& on_;
  bool records_ = false, is_alike_ = true;
  std::int64_t counted_ = 0, used_ = 0;
  Tensor slots_;  // int64 [counted]: eight bytes each, also for a float64
  std::vector<Entry> entries_;
  std::vector<StepAction> after_;
};

}  // namespace tinygrad
