// One device at work: its context, its one queue, its memory and its compiled kernels.
//
// All threads share the queue. Commands run in the order in which they were queued, one lock is
// held while one is queued (setting a kernel's arguments is not thread-safe), and only reads by the
// host wait.
#pragma once
#include <deque>
#include <memory>
#include <mutex>
#include <vector>

#include "backends/common/bad_indices.h"
#include "backends/opencl/agreements.h"
#include "backends/opencl/choose.h"
#include "backends/opencl/cl.h"
#include "backends/opencl/memory.h"
#include "backends/opencl/program.h"
#include "backends/opencl/properties.h"

namespace tinygrad::opencl {

/// How many work-items, in up to three dimensions, and how many of them are a group. Items are
/// rounded up to whole groups: kernels guard themselves.
struct Grid {
  std::int64_t items[3] = {1, 1, 1};
  std::size_t group[3] = {1, 1, 1};
};

class Runtime {
 public:
  /// name: how users call the device, "opencl:1".
  Runtime(const cl::Device& device, const std::string& name);
  Runtime(const Runtime&) = delete;
  ~Runtime();

  const Properties& properties() const { return properties_; }
  const Traits& traits() const { return traits_; }
  bool is_cpu_form() const { return traits_.form == Form::cpu; }
  Pool& memory() { return *memory_; }
  const Programs& programs() const { return *programs_; }
  Agreements& agreements() { return *agreements_; }

  /// The host's bytes are copied on the way where they are few, so that nothing waits for the
  /// queue.
  void upload(const void* from, Memory to, std::size_t offset, std::size_t bytes);
  /// Waits, and says nothing of indices.
  void read(Memory from, std::size_t offset, void* to, std::size_t bytes);
  /// Waits, and throws what indices found since the last wait were bad.
  void download(Memory from, std::size_t offset, void* to, std::size_t bytes);
  void synchronize();

  /// An argument of a kernel: some of the bytes of all its arguments. A buffer's are its cl_mem.
  struct Argument {
    std::size_t first, bytes;
  };
  /// Queues a kernel; Launch (launch.h) is the way to call it. `work`: elementary steps of the
  /// whole launch; where there are very many it is cut into several, so that the watchdog of a
  /// graphics driver sees each come to an end.
  void launch(const char* file, const char* function, const std::string& defines, const char* bytes,
              const std::vector<Argument>& arguments, const Grid& grid, std::int64_t work);

  /// Held from the taking of slots to the launch that fills them: no other thread reads them in
  /// between.
  std::unique_lock<std::mutex> hold_indices() { return std::unique_lock(indices_); }
  /// Slots for a check of an index (index.cl), and the ring that they lie in. With the indices
  /// held.
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
  /// Calls f under the lock; what OpenCL throws becomes a DeviceError that says what was being
  /// done.
  template <class F> void guarded(const char* doing, std::size_t bytes, const F& f);
  void throw_bad_index();  // with the indices held

  Properties properties_;
  Traits traits_;
  std::string name_;  // "opencl:1 (Intel(R) Iris(R) Xe Graphics)"
  cl::Context context_;
  cl::CommandQueue queue_;
  std::mutex mutex_, indices_;  // indices_ is taken before mutex_
  std::unique_ptr<Pool> memory_;
  std::unique_ptr<Programs> programs_;
  std::unique_ptr<Agreements> agreements_;
  std::deque<Staged> staged_;
  std::size_t staged_bytes_ = 0;
  int since_flush_ = 0;
  cl::Buffer ring_;
  BadIndices bad_indices_;
};

/// Memory for the time of a call. Commands that use it may still wait in the queue when it is
/// released: whoever gets it next comes after them.
class Scratch {
 public:
  Scratch(Runtime& runtime, std::int64_t bytes)
      : pool_(runtime.memory()), memory_(pool_.allocate(std::size_t(bytes))) {}
  ~Scratch() { pool_.release(memory_); }
  Scratch(const Scratch&) = delete;
  const Memory& memory() const { return memory_; }

 private:
  Pool& pool_;
  Memory memory_;
};

}  // namespace tinygrad::opencl
