// SPDX-License-Identifier: MIT
// Captured: warm-up calls, then one that is recorded, then replays.
#include "tinygrad/capture.h"

#include "capture/step_recorder.h"
#include "tinygrad/random.h"

namespace tinygrad {

struct Captured::State {
  Step step;
  int warm_up;
  StepRecorder host;
  std::unique_ptr<Recording> recording = {};
  Tensors results = {};
  int calls = 0;
  std::uint64_t seed = 0;
  bool can_record = true;

  /// Runs the step as it is. In the last call before the recording, the values that it asks of the
  /// host are counted.
  Tensors run() {
    Tensors results;
    ++calls;
    if (!can_record || calls < warm_up) return step();
    if (!host.count([&] { results = step(); })) ++warm_up;
    return results;
  }
  void record() {
    host.make_slots();
    seed = generator().seed;
    if (!(can_record = host.on().begin_recording())) return;
    try {
      host.record([&] { results = step(); });
    } catch (...) {
      host.on().end_recording();
      throw;
    }
    recording = host.on().end_recording();
  }
};

Captured::Captured(Step step, const CaptureOptions& options, SourceLocation location)
    : state_(new State{.step = std::move(step),
                       .warm_up = options.warm_up,
                       .host = StepRecorder(backend(options.device))}) {
  require(options.warm_up >= 1, Call{"capture", location}, "warm_up must be at least 1, it is ",
          options.warm_up);
}
Captured::~Captured() = default;
Captured::Captured(Captured&&) noexcept = default;

bool Captured::is_recorded() const { return bool(state_->recording); }

Tensors Captured::operator()(SourceLocation location) {
  State& s = *state_;
  if (s.calls < s.warm_up || !s.can_record) return s.run();
  if (!s.recording) s.record();
  if (!s.recording) return s.run();
  require(generator().seed == s.seed, Call{"capture", location}, "the step was recorded with seed ",
          s.seed, ", the thread's is ", generator().seed, " now; capture it again");
  s.host.before_replay();
  s.recording->run();
  s.host.after_replay();
  return s.results;
}

}  // namespace tinygrad
