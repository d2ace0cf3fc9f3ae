// SPDX-License-Identifier: MIT
// Runtime: one open device with its context, its single command queue, its memory and its compiled
// kernels.
//
// All threads share the queue. Commands run in the order in which they were queued. A lock is held
// while a command is queued, because setting a kernel's arguments is not thread-safe. Only reads by
// the host wait for the device.
#pragma once
#include <deque>
#include <memory>
#include <mutex>
#include <vector>

#include "backends/common/bad_indices.h"
#include "backends/common/dense.h"
#include "backends/common/integers.h"
#include "backends/opencl/cl.h"
#include "backends/opencl/clock.h"
#include "backends/opencl/memory.h"
#include "backends/opencl/program.h"
#include "backends/opencl/properties.h"
#include "backends/opencl/self_checks.h"
#include "backends/opencl/traits.h"

namespace tinygrad::opencl {

/// The number of work-items in up to three dimensions, and the size of a work-group. The number of
/// items is rounded up to whole groups, so kernels must check their bounds.
struct Grid {
  std::int64_t items[3] = {1, 1, 1};
  std::size_t group[3] = {1, 1, 1};
};

class Runtime {
 public:
  /// name: the name that users give to the device, such as "opencl:1".
  Runtime(const cl::Device& device, const std::string& name);
  Runtime(const Runtime&) = delete;
  ~Runtime();

  const Properties& properties() const { return properties_; }
  const Traits& traits() const { return traits_; }
  bool is_cpu_form() const { return traits_.form == Form::cpu; }
  Pool& memory() { return *memory_; }
  const Programs& programs() const { return *programs_; }
  SelfChecks& self_checks() { return *self_checks_; }

  /// Copies bytes of the host to the device. Small uploads are staged in a copy on the host, so
  /// that they need not wait for the queue.
  void upload(const void* from, Memory to, std::size_t offset, std::size_t bytes);
  /// Waits and copies bytes to the host. Bad indices are not reported.
  void read(Memory from, std::size_t offset, void* to, std::size_t bytes);
  /// Waits and copies bytes to the host. Throws an IndexError if a kernel has found a bad index
  /// since the last wait.
  void download(Memory from, std::size_t offset, void* to, std::size_t bytes);
  /// Waits for the queue. Throws like download().
  void synchronize();

  /// An argument of a kernel: a range of the bytes that hold all arguments. The bytes of a buffer
  /// are its cl_mem.
  struct Argument {
    std::size_t first, bytes;
  };
  /// Queues a kernel; called through Launch (launch.h). `work` is the number of elementary steps of
  /// the launch. A launch with very many steps is split into several, so that each of them ends
  /// before the watchdog of a graphics driver stops it.
  void launch(const char* file, const char* function, const std::string& defines, const char* bytes,
              const std::vector<Argument>& arguments, const Grid& grid, std::int64_t work);

  /// From the first begin_timing() until each has its end_timing(), kernels are timed (clock.h).
  /// Both wait for the queue.
  void begin_timing();
  void end_timing() noexcept;
  std::size_t timed_kernels();
  std::vector<double> kernel_seconds();  ///< KernelTimes::ends()

  /// Locks the index slots. The lock must be held from taking slots to the launch that fills them,
  /// so that no other thread reads them in between.
  std::unique_lock<std::mutex> hold_indices() { return std::unique_lock(indices_); }
  /// Takes slots for the check of an index (index.cl); index_ring() is the buffer that contains
  /// them. The lock of the indices must be held.
  int take_index_slots(const View& index, std::int64_t size, int groups);
  Memory index_ring() const { return {ring_(), BadIndices::slots * sizeof(BadIndices::Slot)}; }

 private:
  struct Staged {
    std::vector<std::byte> bytes;
    cl::Event done;
  };
  void write_staged(const void* from, cl::Buffer& to, std::size_t offset, std::size_t bytes);
  void drop_staged(bool all);
  void enqueue(cl::Kernel& kernel, const Grid& grid, std::int64_t work);
  void enqueue_part(cl::Kernel& kernel, const cl::NDRange& start, const cl::NDRange& items,
                    const cl::NDRange& group);
  /// Calls f under the lock. An OpenCL error becomes a DeviceError that says what was being done.
  template <class F> void guarded(const char* doing, std::size_t bytes, const F& f);
  void throw_bad_index();  // the lock of the indices must be held
  void change_queue(cl_command_queue_properties properties);

  Properties properties_;
  Traits traits_;
  std::string name_;  // "opencl:1 (Intel(R) Iris(R) Xe Graphics)"
  cl::Context context_;
  cl::CommandQueue queue_;
  int clocks_ = 0;
  KernelTimes times_;           // empty unless there are clocks
  std::mutex mutex_, indices_;  // indices_ is taken before mutex_
  std::unique_ptr<Pool> memory_;
  std::unique_ptr<Programs> programs_;
  std::unique_ptr<SelfChecks> self_checks_;
  std::deque<Staged> staged_;
  std::size_t staged_bytes_ = 0;
  int since_flush_ = 0;
  cl::Buffer ring_;
  BadIndices bad_indices_;
};

using Scratch = common::Scratch<Runtime>;

}  // namespace tinygrad::opencl
