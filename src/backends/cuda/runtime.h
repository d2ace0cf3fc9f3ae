// One device at work: its one stream, its memory, and what comes back from index checks.
//
// All threads share the stream: CUDA takes calls from any of them, and what is queued runs in that
// order. Only reads by the host wait.
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
  /// device: CUDA's number. name: how users call it, "cuda:1".
  Runtime(int device, const std::string& name);
  Runtime(const Runtime&) = delete;

  int device() const { return device_; }
  const std::string& name() const { return name_; }  ///< "cuda:1 (NVIDIA H100 PCIe)"
  cudaStream_t stream() const { return stream_.get(); }
  /// Where this thread's calls allocate: while it records, in the record's own memory.
  Pool& memory() { return recorded_ && gate_.is_mine() ? recorded_->memory : *memory_; }
  Memory allocate(std::size_t bytes);
  void release(Memory block) noexcept;
  /// Of all that is held, records included.
  MemoryStats stats() const;
  void empty_cache() { memory_->empty_cache(); }
  /// The compute capability: 90 for 9.0.
  int capability() const { return capability_; }
  /// CUDA's calls go to the device that is current on the calling thread.
  void make_current() const { check(cudaSetDevice(device_), "be used"); }

  /// The host's bytes are copied on the way, so that nothing waits for the stream.
  void upload(const void* from, Memory to, std::size_t offset, std::size_t bytes);
  /// Waits, and throws what indices found since the last wait were bad.
  void download(Memory from, std::size_t offset, void* to, std::size_t bytes);
  void synchronize();

  /// Throws DeviceError for anything but success: "cuda:0 (...) could not `doing`: ...".
  void check(cudaError_t error, const char* doing) const {
    if (error != cudaSuccess) [[unlikely]]
      raise(error, name_, doing);
  }
  /// What came of a launch; where all calls are to wait (TINYGRAD_SYNC=1), what comes of its
  /// kernel.
  void launched(cudaError_t error, const char* kernel, dim3 blocks, dim3 threads) const {
    if (error != cudaSuccess || synchronous_) [[unlikely]]
      finish_launch(error, kernel, blocks, threads);
  }
  /// Whether calls are recorded, and do not run.
  bool is_recording() const;
  void begin_recording();
  std::unique_ptr<Recording> end_recording();
  /// A record is gone; what it owns goes with its last block.
  void retire(std::shared_ptr<Private> own) noexcept;
  Gate& gate() { return gate_; }

  /// Held from the taking of slots to the launch that fills them: no other thread reads them in
  /// between.
  std::unique_lock<std::mutex> hold_indices() { return std::unique_lock(indices_); }
  /// Slots for a check of an index (index.cu): the device writes to them. With the indices held.
  BadIndices::Slot* take_index_slots(const View& index, std::int64_t size, int groups);

 private:
  void finish_launch(cudaError_t error, const char* kernel, dim3 blocks, dim3 threads) const;
  void refuse_while_recording(const char* doing) const;
  void wait_and_look_at_indices();
  void throw_bad_index();  // with the indices held, and after a wait
  void look_at_recorded_indices();
  Driver driver() const;

  int device_, capability_ = 0;
  std::string name_;
  bool synchronous_;
  Stream stream_, copies_;
  Pinned<BadIndices::Slot> slots_;
  Staging staging_;
  std::shared_ptr<HeldTogether> together_ =
      std::make_shared<HeldTogether>();  // by all pools of the device
  std::unique_ptr<Pool> memory_;
  Gate gate_;
  std::shared_ptr<Private> recorded_;  // while a thread records
  mutable std::mutex
      begins_recording_;  // held while that begins, and by those who wait because nobody records
  mutable std::mutex privates_mutex_;
  std::vector<std::shared_ptr<Private>> privates_;
  std::mutex indices_;
  BadIndices bad_indices_;
};

using Scratch = common::Scratch<Runtime>;

}  // namespace tinygrad::cuda
