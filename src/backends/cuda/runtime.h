// SPDX-License-Identifier: MIT
// The state of one device: its stream, its memory, and the results of index checks.
//
// All threads share the stream: CUDA accepts calls from any of them, and the work runs in the order
// in which it was queued. Only reads by the host wait.
#pragma once
#include <memory>
#include <mutex>
#include <string>

#include "backends/common/bad_indices.h"
#include "backends/common/dense.h"
#include "backends/common/integers.h"
#include "backends/cuda/errors.h"
#include "backends/cuda/memory.h"
#include "backends/cuda/recording.h"
#include "backends/cuda/staging.h"

namespace tinygrad::cuda {

class Runtime {
 public:
  /// device: CUDA's index. name: the name that users write, "cuda:1".
  Runtime(int device, const std::string& name);
  Runtime(const Runtime&) = delete;

  int device() const { return device_; }
  const std::string& name() const { return name_; }  ///< "cuda:1 (NVIDIA H100 PCIe)"
  cudaStream_t stream() const { return stream_.get(); }
  /// The pool that this thread's calls allocate from: that of the recorded step while it records.
  MemoryPool& memory() {
    return recorded_ && gate_.is_closed_by_this_thread() ? recorded_->memory : *memory_;
  }
  Memory allocate(std::size_t bytes);
  void release(Memory block) noexcept;
  /// Statistics of all pools, those of recorded steps included.
  MemoryStats stats() const;
  void empty_cache() { memory_->empty_cache(); }
  /// The compute capability: 90 for 9.0.
  int capability() const { return capability_; }
  /// Makes this the device of the calling thread's CUDA calls.
  void make_current() const { check(cudaSetDevice(device_), "be used"); }

  /// Copies the host's bytes before it returns, so that the host does not wait for the stream.
  void upload(const void* from, Memory to, std::size_t offset, std::size_t bytes);
  /// Waits for the stream, and throws if an index check failed since the last wait.
  void download(Memory from, std::size_t offset, void* to, std::size_t bytes);
  void synchronize();

  /// Throws DeviceError for anything but success: "cuda:0 (...) could not `doing`: ...".
  void check(cudaError_t error, const char* doing) const {
    if (error != cudaSuccess) [[unlikely]]
      raise(error, name_, doing);
  }
  /// Throws if a launch failed; if all calls are to wait (TINYGRAD_SYNC=1), also if its kernel
  /// failed.
  void launched(cudaError_t error, const char* kernel, dim3 blocks, dim3 threads) const {
    if (error != cudaSuccess || synchronous_) [[unlikely]]
      finish_launch(error, kernel, blocks, threads);
  }
  /// Returns whether calls are being recorded instead of run.
  bool is_recording() const;
  void begin_recording();
  std::unique_ptr<Recording> end_recording();
  /// Called when a recording is destroyed; its resources are released with its last block.
  void retire(std::shared_ptr<GraphResources> resources) noexcept;
  Gate& gate() { return gate_; }

  /// Must be held from take_index_slots() until the kernel that fills the slots is launched, so
  /// that no other thread reads them in between.
  std::unique_lock<std::mutex> lock_indices() { return std::unique_lock(indices_); }
  /// Slots for an index check (index.cu), to which the device writes. Requires lock_indices().
  BadIndices::Slot* take_index_slots(const View& index, std::int64_t size, int groups);

 private:
  void finish_launch(cudaError_t error, const char* kernel, dim3 blocks, dim3 threads) const;
  void refuse_while_recording(const char* doing) const;
  void wait_and_check_indices();
  void throw_bad_index();  // requires lock_indices() and a finished stream
  void check_recorded_indices();
  Driver driver() const;

  int device_, capability_ = 0;
  std::string name_;
  bool synchronous_;
  Stream stream_, copies_;
  Pinned<BadIndices::Slot> slots_;
  Staging staging_;
  std::shared_ptr<DeviceCounters> counters_ =
      std::make_shared<DeviceCounters>();  // shared by all pools of the device
  std::unique_ptr<MemoryPool> memory_;
  Gate gate_;
  std::shared_ptr<GraphResources> recorded_;  // of the step that a thread records now
  mutable std::mutex begins_recording_;       // held while a capture begins, and by those who wait
                                              // because none is active
  mutable std::mutex resources_mutex_;
  std::vector<std::shared_ptr<GraphResources>> graph_resources_;
  std::mutex indices_;
  BadIndices bad_indices_;
};

using Scratch = common::Scratch<Runtime>;

}  // namespace tinygrad::cuda
