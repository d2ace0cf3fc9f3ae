// SPDX-License-Identifier: MIT
// Records a step as a CUDA graph: the lock for the time of the capture, and what a graph owns, the
// memory that it works in and its checks of indices.
#pragma once
#include <atomic>
#include <memory>
#include <shared_mutex>
#include <thread>

#include "backends/common/bad_indices.h"
#include "backends/cuda/handles.h"
#include "backends/cuda/memory.h"

namespace tinygrad::cuda {

/// A lock around every call: calls of all threads pass; while one thread records, only its own
/// pass, and the others wait.
class Gate {
 public:
  /// Held for the duration of a call.
  class Pass {
   public:
    explicit Pass(Gate& gate) {
      if (!gate.is_closed_by_this_thread()) lock_ = std::shared_lock(gate.mutex_);
    }

   private:
    std::shared_lock<std::shared_mutex> lock_;
  };
  /// Waits for the calls that are in progress, then admits only those of this thread.
  void close() { mutex_.lock(), owner_ = std::this_thread::get_id(); }
  void open() { owner_ = std::thread::id(), mutex_.unlock(); }
  bool is_closed_by_this_thread() const {
    return owner_.load(std::memory_order_relaxed) == std::this_thread::get_id();
  }

 private:
  std::shared_mutex mutex_;
  std::atomic<std::thread::id> owner_ = {};
};

/// GraphResources are the resources that a recorded step owns besides its graph. They live as long
/// as the recording or one of its memory blocks.
struct GraphResources {
  GraphResources(std::string device, Driver driver, std::shared_ptr<DeviceCounters> counters)
      : memory(std::move(device), std::move(driver), Segments::kept, std::move(counters)) {}
  MemoryPool memory;
  Pinned<BadIndices::Slot> slots;
  BadIndices checks;
  bool has_run = false;     ///< since its checks were read; guarded by lock_indices()
  bool is_retired = false;  ///< the recording is gone
};

struct GraphDeleter {
  void operator()(cudaGraph_t graph) const { (void)cudaGraphDestroy(graph); }
};
using Graph = std::unique_ptr<std::remove_pointer_t<cudaGraph_t>, GraphDeleter>;
struct GraphExecDeleter {
  void operator()(cudaGraphExec_t graph) const { (void)cudaGraphExecDestroy(graph); }
};
using GraphExec = std::unique_ptr<std::remove_pointer_t<cudaGraphExec_t>, GraphExecDeleter>;

}  // namespace tinygrad::cuda
