// SPDX-License-Identifier: MIT
// Captures a step as a CUDA graph, and keeps the memory pools of recorded steps.
#include "backends/cuda/recording.h"

#include <algorithm>

#include "backends/cuda/runtime.h"
#include "core/fork.h"

namespace tinygrad::cuda {
namespace {

class CudaGraph : public Recording {
 public:
  CudaGraph(Runtime& runtime, std::shared_ptr<GraphResources> resources, GraphExec graph)
      : runtime_(runtime), resources_(std::move(resources)), graph_(std::move(graph)) {}
  /// The device may still run the graph: its memory and the slots of its checks are released after
  /// that. While this thread records another step, nothing may wait for the stream: then this
  /// relies on the driver, which waits before it frees, although it does not guarantee to.
  ~CudaGraph() override {
    if (!process_.is_this_one()) {  // it can neither wait for the device nor release anything
      (void)graph_.release();
      new std::shared_ptr(std::move(resources_));
      return;
    }
    const Gate::Pass pass(runtime_.gate());
    if (!runtime_.gate().is_closed_by_this_thread()) (void)cudaStreamSynchronize(runtime_.stream());
    graph_.reset();
    runtime_.retire(std::move(resources_));
  }
  void run() override {
    const Gate::Pass pass(runtime_.gate());
    runtime_.make_current();
    // No other thread may read the slots while the device writes to them.
    const auto lock = runtime_.lock_indices();
    runtime_.check(cudaGraphLaunch(graph_.get(), runtime_.stream()), "run a recorded step");
    resources_->has_run = true;
  }

 private:
  Runtime& runtime_;
  std::shared_ptr<GraphResources> resources_;
  GraphExec graph_;
  OwnProcess process_;
};

}  // namespace

void Runtime::begin_recording() {
  gate_.close();
  std::shared_ptr<GraphResources> resources;
  try {
    make_current();
    resources = std::make_shared<GraphResources>(name_, driver(), counters_);
    void* slots = nullptr;
    check(cudaMallocHost(&slots, BadIndices::slots * sizeof(BadIndices::Slot)),
          "allocate the slots of index checks");
    resources->slots.reset(static_cast<BadIndices::Slot*>(slots));
    {
      const std::lock_guard lock(resources_mutex_);
      graph_resources_.push_back(resources);
    }
    memory_->empty_cache();  // the graph needs as much memory again as the step so far
    // Relaxed, because memory is allocated during the capture, which the other modes forbid.
    const std::lock_guard lock(begins_recording_);
    check(cudaStreamBeginCapture(stream(), cudaStreamCaptureModeRelaxed), "record a step");
    recorded_ = std::move(resources);
  } catch (...) {
    if (resources) retire(std::move(resources));
    gate_.open();
    throw;
  }
}

std::unique_ptr<Recording> Runtime::end_recording() {
  const std::shared_ptr<GraphResources> resources = std::move(recorded_);
  struct GateOpener {
    Gate& gate;
    ~GateOpener() { gate.open(); }
  } gate_opener{gate_};
  cudaGraph_t captured = nullptr;
  const cudaError_t error = cudaStreamEndCapture(stream(), &captured);
  const Graph graph(captured);
  if (error == cudaSuccess) {
    cudaGraphExec_t made = nullptr;
    const cudaError_t instantiated = cudaGraphInstantiate(&made, graph.get(), 0);
    if (instantiated == cudaSuccess)
      return std::make_unique<CudaGraph>(*this, resources, GraphExec(made));
    retire(resources);
    raise(instantiated, name_, "create a graph of a recorded step");
  }
  (void)cudaGetLastError();
  retire(resources);
  raise(error, name_, "record a step");
}

// ------------------------------------------------------------ memory of recorded steps

/// Blocks of 0 bytes have a null address, by which release() could not find their pool: they all
/// come from the main pool.
Memory Runtime::allocate(std::size_t bytes) {
  return (bytes ? memory() : *memory_).allocate(bytes);
}

void Runtime::release(Memory block) noexcept {
  const std::lock_guard lock(resources_mutex_);
  for (auto& resources : graph_resources_)
    if (block.handle && resources->memory.owns(block.handle)) {
      resources->memory.release(block);
      if (resources->is_retired && resources->memory.stats().live_blocks == 0)
        graph_resources_.erase(
            std::find(graph_resources_.begin(), graph_resources_.end(), resources));
      return;
    }
  memory_->release(block);
}

void Runtime::retire(std::shared_ptr<GraphResources> resources) noexcept {
  const std::lock_guard lock(resources_mutex_);
  resources->is_retired = true;
  if (resources->memory.stats().live_blocks == 0) std::erase(graph_resources_, resources);
}

MemoryStats Runtime::stats() const {
  MemoryStats all = memory_->stats();
  const std::lock_guard lock(resources_mutex_);
  for (auto& resources : graph_resources_) {
    const MemoryStats more = resources->memory.stats();
    all.in_use += more.in_use, all.reserved += more.reserved, all.live_blocks += more.live_blocks;
  }
  return all;
}

/// Reads the checks of the recorded steps that ran since the last call.
void Runtime::check_recorded_indices() {
  std::vector<std::shared_ptr<GraphResources>> ran;
  {
    const std::lock_guard lock(resources_mutex_);
    for (auto& resources : graph_resources_)
      if (std::exchange(resources->has_run, false)) ran.push_back(resources);
  }
  for (auto& resources : ran)
    resources->checks.throw_first_and_keep(resources->slots.get(), resources->checks.reserved());
}

}  // namespace tinygrad::cuda
