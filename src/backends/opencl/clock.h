// SPDX-License-Identifier: MIT
// Clocks of a device, which run while its kernels do: the queue measures each kernel.
#pragma once
#include <memory>
#include <vector>

#include "backends/opencl/cl.h"
#include "tinygrad/backend.h"

namespace tinygrad::opencl {

class Runtime;

/// The kernels of a queue that was made with CL_QUEUE_PROFILING_ENABLE, and how long they ran.
class KernelTimes {
 public:
  void add(const cl::Event& kernel) {
    running_.push_back(kernel);
    if (running_.size() == max_running) collect();
  }
  std::size_t count() const { return ends_.size() - 1 + running_.size(); }
  /// Element i: the seconds that the first i kernels ran, together. Waits for all.
  const std::vector<double>& ends() {
    collect();
    return ends_;
  }

 private:
  static constexpr std::size_t max_running = 4096;  // a driver keeps memory for each event
  void collect();
  std::vector<cl::Event> running_;
  std::vector<double> ends_ = {0};
};

std::unique_ptr<DeviceClock> new_clock(Runtime& runtime);

}  // namespace tinygrad::opencl
