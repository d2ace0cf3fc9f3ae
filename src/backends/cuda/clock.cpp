// SPDX-License-Identifier: MIT
// Clocks of a device: an event is recorded in the stream for each mark. While a step is recorded,
// nothing runs and the clock stands still.
#include "backends/cuda/clock.h"

#include <algorithm>
#include <vector>

#include "backends/cuda/runtime.h"
#include "core/fork.h"

namespace tinygrad::cuda {
namespace {

class Clock : public DeviceClock {
 public:
  explicit Clock(Runtime& runtime) : runtime_(runtime) {}
  ~Clock() override {
    if (process_.is_this_one()) return;
    for (Event& event : pending_) (void)event.release();
  }

  std::size_t mark() override {
    const Gate::Pass pass(runtime_.gate());
    runtime_.make_current();
    if (!runtime_.is_recording()) record();
    marks_.push_back(std::max<std::size_t>(times_.size() + pending_.size(), 1) - 1);
    return marks_.size() - 1;
  }
  std::vector<double> seconds() override {
    const Gate::Pass pass(runtime_.gate());
    runtime_.make_current();
    collect();
    std::vector<double> all;
    for (const std::size_t event : marks_) all.push_back(times_.empty() ? 0 : times_[event]);
    return all;
  }

 private:
  static constexpr std::size_t max_pending = 4096;

  void record() {
    if (pending_.size() == max_pending) collect();
    cudaEvent_t event = nullptr;
    runtime_.check(cudaEventCreateWithFlags(&event, cudaEventDefault), "create an event");
    pending_.emplace_back(event);
    runtime_.check(cudaEventRecord(event, runtime_.stream()), "record an event");
  }
  /// Adds up the times between neighbours, which are more exact than long ones in a float.
  void collect() {
    for (Event& event : pending_) {
      runtime_.check(cudaEventSynchronize(event.get()), "finish its work");
      float milliseconds = 0;
      if (last_)
        runtime_.check(cudaEventElapsedTime(&milliseconds, last_.get(), event.get()),
                       "report the time between two events");
      times_.push_back((times_.empty() ? 0 : times_.back()) + 1e-3 * double(milliseconds));
      last_ = std::move(event);
    }
    pending_.clear();
  }

  Runtime& runtime_;
  OwnProcess process_;
  std::vector<Event> pending_;      // whose times are not known yet
  Event last_;                      // the one before
  std::vector<double> times_;       // of the events before pending_
  std::vector<std::size_t> marks_;  // the event of each mark
};

}  // namespace

std::unique_ptr<DeviceClock> new_clock(Runtime& runtime) {
  return std::make_unique<Clock>(runtime);
}

}  // namespace tinygrad::cuda
