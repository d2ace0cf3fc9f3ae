#include "backends/cuda/recording.h"

#include <algorithm>

#include "backends/cuda/runtime.h"

namespace tinygrad::cuda {
namespace {

class CudaGraph : public Recording {
 public:
  CudaGraph(Runtime& runtime, std::shared_ptr<Private> own, GraphExec graph)
      : runtime_(runtime), own_(std::move(own)), graph_(std::move(graph)) {}
  /// The device may still run it: its memory, and the slots of its checks, go back once that is
  /// done. While this thread records another step, nothing may wait for the stream: then it is left
  /// to the driver, which waits before it frees, though it is not bound to.
  ~CudaGraph() override {
    const Gate::Pass pass(runtime_.gate());
    if (!runtime_.gate().is_mine()) (void)cudaStreamSynchronize(runtime_.stream());
    graph_.reset();
    runtime_.retire(std::move(own_));
  }
  void run() override {
    const Gate::Pass pass(runtime_.gate());
    runtime_.make_current();
    const auto held =
        runtime_.hold_indices();  // or another thread would look at them while the device writes
    runtime_.check(cudaGraphLaunch(graph_.get(), runtime_.stream()), "run what was recorded");
    own_->has_run = true;
  }

 private:
  Runtime& runtime_;
  std::shared_ptr<Private> own_;
  GraphExec graph_;
};

}  // namespace

void Runtime::begin_recording() {
  gate_.close();
  std::shared_ptr<Private> own;
  try {
    make_current();
    own = std::make_shared<Private>(name_, driver(), together_);
    void* slots = nullptr;
    check(cudaMallocHost(&slots, BadIndices::slots * sizeof(BadIndices::Slot)),
          "make room for bad indices");
    own->slots.reset(static_cast<BadIndices::Slot*>(slots));
    {
      const std::lock_guard lock(privates_mutex_);
      privates_.push_back(own);
    }
    memory_->empty_cache();  // the record needs once more what the step needed so far
    // Relaxed: memory is allocated meanwhile, which the other modes forbid.
    const std::lock_guard lock(begins_recording_);
    check(cudaStreamBeginCapture(stream(), cudaStreamCaptureModeRelaxed), "record a step");
    recorded_ = std::move(own);
  } catch (...) {
    if (own) retire(std::move(own));
    gate_.open();
    throw;
  }
}

std::unique_ptr<Recording> Runtime::end_recording() {
  const std::shared_ptr<Private> own = std::move(recorded_);
  struct Open {
    Gate& gate;
    ~Open() { gate.open(); }
  } open_at_the_end{gate_};
  cudaGraph_t captured = nullptr;
  const cudaError_t error = cudaStreamEndCapture(stream(), &captured);
  const Graph graph(captured);
  if (error == cudaSuccess) {
    cudaGraphExec_t made = nullptr;
    const cudaError_t instantiated = cudaGraphInstantiate(&made, graph.get(), 0);
    if (instantiated == cudaSuccess)
      return std::make_unique<CudaGraph>(*this, own, GraphExec(made));
    retire(own);
    raise(instantiated, name_, "make a graph of what was recorded");
  }
  (void)cudaGetLastError();
  retire(own);
  raise(error, name_, "record a step");
}

// ------------------------------------------------------------ what records own

/// Blocks of nothing have no address to find their pool by: all of them are the main one's.
Memory Runtime::allocate(std::size_t bytes) {
  return (bytes ? memory() : *memory_).allocate(bytes);
}

void Runtime::release(Memory block) noexcept {
  const std::lock_guard lock(privates_mutex_);
  for (auto& own : privates_)
    if (block.handle && own->memory.owns(block.handle)) {
      own->memory.release(block);
      if (own->is_retired && own->memory.stats().live_blocks == 0)
        privates_.erase(std::find(privates_.begin(), privates_.end(), own));
      return;
    }
  memory_->release(block);
}

void Runtime::retire(std::shared_ptr<Private> own) noexcept {
  const std::lock_guard lock(privates_mutex_);
  own->is_retired = true;
  if (own->memory.stats().live_blocks == 0) std::erase(privates_, own);
}

MemoryStats Runtime::stats() const {
  MemoryStats all = memory_->stats();
  const std::lock_guard lock(privates_mutex_);
  for (auto& own : privates_) {
    const MemoryStats more = own->memory.stats();
    all.in_use += more.in_use, all.reserved += more.reserved, all.live_blocks += more.live_blocks;
  }
  return all;
}

/// The checks of records that ran since the last look.
void Runtime::look_at_recorded_indices() {
  std::vector<std::shared_ptr<Private>> ran;
  {
    const std::lock_guard lock(privates_mutex_);
    for (auto& own : privates_)
      if (std::exchange(own->has_run, false)) ran.push_back(own);
  }
  for (auto& own : ran) own->checks.throw_first_and_keep(own->slots.get(), own->checks.reserved());
}

}  // namespace tinygrad::cuda
