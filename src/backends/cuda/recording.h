// A step as a CUDA graph: what is noted while the stream is captured, the memory that it works in,
// and its checks of indices.
#pragma once
#include <atomic>
#include <memory>
#include <shared_mutex>
#include <thread>

#include "backends/common/bad_indices.h"
#include "backends/cuda/handles.h"
#include "backends/cuda/memory.h"

namespace tinygrad::cuda {

/// All threads' calls pass; while one thread records, only its own do, and the others wait.
class Gate {
 public:
  /// Held during a call.
  class Pass {
   public:
    explicit Pass(Gate& gate) {
      if (!gate.is_mine()) lock_ = std::shared_lock(gate.mutex_);
    }

   private:
    std::shared_lock<std::shared_mutex> lock_;
  };
  /// Waits for the calls under way.
  void close() { mutex_.lock(), owner_ = std::this_thread::get_id(); }
  void open() { owner_ = std::thread::id(), mutex_.unlock(); }
  /// Whether this thread has closed it.
  bool is_mine() const {
    return owner_.load(std::memory_order_relaxed) == std::this_thread::get_id();
  }

 private:
  std::shared_mutex mutex_;
  std::atomic<std::thread::id> owner_ = {};
};

/// What a record owns beside its graph. It lives as long as the record or one of its blocks.
struct Private {
  Private(std::string device, Driver driver, std::shared_ptr<HeldTogether> together)
      : memory(std::move(device), std::move(driver), Segments::kept, std::move(together)) {}
  Pool memory;
  Pinned<BadIndices::Slot> slots;
  BadIndices checks;
  bool has_run = false;     ///< since the checks were looked at; with the indices held
  bool is_retired = false;  ///< the record is gone
};

struct GraphEnd {
  void operator()(cudaGraph_t graph) const { (void)cudaGraphDestroy(graph); }
};
using Graph = std::unique_ptr<std::remove_pointer_t<cudaGraph_t>, GraphEnd>;
struct GraphExecEnd {
  void operator()(cudaGraphExec_t graph) const { (void)cudaGraphExecDestroy(graph); }
};
using GraphExec = std::unique_ptr<std::remove_pointer_t<cudaGraphExec_t>, GraphExecEnd>;

}  // namespace tinygrad::cuda
