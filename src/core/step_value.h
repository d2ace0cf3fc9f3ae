// Numbers that the host gives and that change from step to step: of random calls, learning rates,
// counts of steps. Where a step is recorded (tinygrad/capture.h) such a number is not a constant of
// the record but a place in the device's memory, and what the host would have done is kept, to be
// done before each replay.
#pragma once
#include <functional>
#include <vector>

#include "tensor_impl.h"
#include "tinygrad/op.h"

namespace tinygrad {

/// A number, or the place on the device where it will be.
struct StepValue {
  Tensor place;  ///< int64 or float64, shape []; undefined where `number` says it all
  Scalar number;
  Operand operand() const { return place.defined() ? Operand(view_of(place)) : Operand(number); }
};

/// The number that next() gives: at once, or, where the thread records a step, before each replay.
/// dtype: int64 or float64.
StepValue step_value(const Call& op, Backend& on, DType dtype, std::function<Scalar()> next);
/// The number of the generator's next call.
StepValue next_call(const Call& op, Backend& on);
/// Done at once, or before each replay, in order with the numbers.
void on_every_replay(std::function<void()> action);
/// Done at once, or after each replay: it may read what the device computed.
void after_every_replay(std::function<void()> action);
/// Whether the step that is recorded has such an action already.
bool has_after_every_replay();
/// Says that this step is not like those to come: where it was to be the last before one is
/// recorded, another follows.
void postpone_capture();
/// Whether the thread records a step.
bool is_recording();
/// Throws DeviceError where a step is recorded on another device than this: what runs here would
/// not be run again.
void check_recorded(const Call& op, const Backend& on);

/// What the host does in a step: numbers and actions, in order. One of them at a time takes what a
/// thread's step asks for.
class StepRecorder {
 public:
  explicit StepRecorder(Backend& on) : on_(on) {}
  StepRecorder(const StepRecorder&) = delete;
  Backend& on() const { return on_; }

  /// Runs f as it is, and counts the numbers that it asks for. Returns whether f's next call will
  /// ask for as many.
  bool count(const std::function<void()>& f);
  /// Makes places for so many numbers. Before the device records.
  void make_places();
  /// Runs f while the device records, and keeps what it asks for.
  void record(const std::function<void()>& f);
  /// What comes before a replay.
  void run();
  /// What comes after it.
  void finish();

  void add(std::function<void()> action);
  void add_after(std::function<void()> action);
  bool has_after() const { return !after_.empty(); }
  void postpone_capture() { is_alike_ = false; }
  StepValue add(const Call& op, DType dtype, std::function<Scalar()> next);
  bool records() const { return records_; }

 private:
  /// An action, or the number that goes to the next place.
  struct Entry {
    std::function<void()> action;
    std::function<Scalar()> next;
    DType dtype = DType::int64;
  };
  Backend& on_;
  bool records_ = false, is_alike_ = true;
  std::int64_t counted_ = 0, taken_ = 0;
  Tensor places_;  // int64 [counted]: eight bytes each, whatever they hold
  std::vector<Entry> entries_;
  std::vector<std::function<void()>> after_;
};

}  // namespace tinygrad
