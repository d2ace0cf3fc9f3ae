// SPDX-License-Identifier: MIT
// Reads the times of kernels, and the clocks that are made of them.
#include "backends/opencl/clock.h"

#include "backends/opencl/runtime.h"
#include "core/fork.h"

namespace tinygrad::opencl {

void KernelTimes::collect() {
  for (const cl::Event& kernel : running_) {
    kernel.wait();
    const cl_ulong start = kernel.getProfilingInfo<CL_PROFILING_COMMAND_START>(),
                   end = kernel.getProfilingInfo<CL_PROFILING_COMMAND_END>();
    ends_.push_back(ends_.back() + 1e-9 * double(end - start));
  }
  running_.clear();
}

namespace {

class Clock : public DeviceClock {
 public:
  explicit Clock(Runtime& runtime) : runtime_(runtime) { runtime_.begin_timing(); }
  ~Clock() override {
    if (process_.is_this_one()) runtime_.end_timing();
  }
  std::size_t mark() override {
    marks_.push_back(runtime_.timed_kernels());
    return marks_.size() - 1;
  }
  std::vector<double> seconds() override {
    const std::vector<double> ends = runtime_.kernel_seconds();
    std::vector<double> all;
    for (const std::size_t kernels : marks_) all.push_back(ends[kernels]);
    return all;
  }

 private:
  Runtime& runtime_;
  OwnProcess process_;
  std::vector<std::size_t> marks_;  // the number of kernels before each
};

}  // namespace

std::unique_ptr<DeviceClock> new_clock(Runtime& runtime) {
  return std::make_unique<Clock>(runtime);
}

}  // namespace tinygrad::opencl
