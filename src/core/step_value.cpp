#include "step_value.h"

#include <cstring>

#include "tinygrad/ops.h"
#include "tinygrad/random.h"

namespace tinygrad {
namespace {

thread_local StepRecorder* listening = nullptr;

/// f's steps go to `steps` while it lives.
class Listening {
 public:
  explicit Listening(StepRecorder& steps) : before_(listening) { listening = &steps; }
  ~Listening() { listening = before_; }
  Listening(const Listening&) = delete;

 private:
  StepRecorder* before_;
};

}  // namespace

StepValue step_value(const Call& op, Backend& on, DType dtype, std::function<Scalar()> next) {
  check_recorded(op, on);
  return listening ? listening->add(op, dtype, std::move(next)) : StepValue{{}, next()};
}
StepValue next_call(const Call& op, Backend& on) {
  return step_value(op, on, DType::int64, [] { return Scalar(std::int64_t(generator().call++)); });
}
void on_every_replay(std::function<void()> action) {
  if (listening) listening->add(std::move(action));
  else action();
}
void after_every_replay(std::function<void()> action) {
  if (listening) listening->add_after(std::move(action));
  else action();
}
bool has_after_every_replay() { return is_recording() && listening->has_after(); }
void postpone_capture() {
  if (listening) listening->postpone_capture();
}
bool is_recording() { return listening && listening->records(); }
void check_recorded(const Call& op, const Backend& on) {
  require<DeviceError>(!is_recording() || &on == &listening->on(), op, "runs on ", on.device(),
                       " while a step is recorded on ",
                       is_recording() ? listening->on().device() : on.device(),
                       ": a replay would not run it again; do it before or after the step");
}

bool StepRecorder::count(const std::function<void()>& f) {
  counted_ = 0, is_alike_ = true;
  const Listening here(*this);
  f();
  return is_alike_;
}

void StepRecorder::make_places() {
  places_ = empty({counted_}, {.dtype = DType::int64, .device = on_.device()});
}

void StepRecorder::record(const std::function<void()>& f) {
  entries_.clear(), after_.clear(), taken_ = 0;
  const Listening here(*this);
  records_ = true;
  try {
    f();
  } catch (...) {
    records_ = false;
    throw;
  }
  records_ = false;
}

void StepRecorder::add(std::function<void()> action) {
  if (records_) entries_.push_back({std::move(action), {}});
  else action();
}

void StepRecorder::add_after(std::function<void()> action) {
  if (records_) after_.push_back(std::move(action));
  else action();
}

StepValue StepRecorder::add(const Call& op, DType dtype, std::function<Scalar()> next) {
  if (!records_) return ++counted_, StepValue{{}, next()};
  require<DeviceError>(taken_ < counted_, op,
                       "is called more often by the step that is recorded than by the one before "
                       "it; steps that are recorded are alike");
  const View place(view_of(places_).memory(), dtype, {}, {}, taken_++);
  entries_.push_back({{}, std::move(next), dtype});
  return {make_tensor(places_.impl()->storage, place), {}};
}

void StepRecorder::run() {
  std::vector<std::int64_t> numbers;
  for (Entry& entry : entries_) {
    if (entry.action) {
      entry.action();
      continue;
    }
    const Scalar number = entry.next();
    std::int64_t bits = number.integer();
    if (const double real = number.real(); entry.dtype == DType::float64)
      std::memcpy(&bits, &real, sizeof bits);
    numbers.push_back(bits);
  }
  if (!numbers.empty())
    on_.upload(numbers.data(), view_of(places_).memory(), 0, numbers.size() * sizeof numbers[0]);
}

void StepRecorder::finish() {
  for (auto& action : after_) action();
}

}  // namespace tinygrad
