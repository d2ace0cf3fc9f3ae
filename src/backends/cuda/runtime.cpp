// SPDX-License-Identifier: MIT
// Opens a device, copies between host and device, and reports failed launches and bad indices.
#include "backends/cuda/runtime.h"

#include "backends/cuda/kernels.h"
#include "core/call.h"
#include "core/environment.h"
#include "tinygrad/error.h"

namespace tinygrad::cuda {
namespace {

std::string with_bytes(const char* doing, std::size_t bytes) {
  return doing + (" " + std::to_string(bytes)) + " bytes";
}
std::string dimensions(dim3 n) {
  return std::to_string(n.x) + " x " + std::to_string(n.y) + " x " + std::to_string(n.z);
}

std::string name_of(int device, const std::string& name) {
  cudaDeviceProp properties = {};
  const cudaError_t error = cudaGetDeviceProperties(&properties, device);
  if (error != cudaSuccess) raise(error, name, "report its properties");
  return name + " (" + properties.name + ")";
}

}  // namespace

Runtime::Runtime(int device, const std::string& name)
    : device_(device), name_(name_of(device, name)), synchronous_(environment::synchronous()) {
  make_current();
  int major = 0, minor = 0;
  check(cudaDeviceGetAttribute(&major, cudaDevAttrComputeCapabilityMajor, device),
        "report its compute capability");
  check(cudaDeviceGetAttribute(&minor, cudaDevAttrComputeCapabilityMinor, device),
        "report its compute capability");
  capability_ = 10 * major + minor;
  cudaStream_t stream = nullptr, copies = nullptr;
  check(cudaStreamCreateWithFlags(&stream, cudaStreamNonBlocking), "create a stream");
  stream_.reset(stream);
  check(cudaStreamCreateWithFlags(&copies, cudaStreamNonBlocking), "create a stream");
  copies_.reset(copies);
  staging_.open(stream, copies);
  void* slots = nullptr;
  check(cudaMallocHost(&slots, BadIndices::slots * sizeof(BadIndices::Slot)),
        "allocate the slots of index checks");
  slots_.reset(static_cast<BadIndices::Slot*>(slots));
  memory_ = std::make_unique<MemoryPool>(
      name_, driver(), environment::pool() ? Segments::reused : Segments::one_each, counters_);
}

Driver Runtime::driver() const {
  return {.allocate =
              [this](std::size_t bytes) {
                make_current();
                void* memory = nullptr;
                const cudaError_t error = cudaMalloc(&memory, bytes);
                if (error == cudaSuccess) return memory;
                if (error != cudaErrorMemoryAllocation)
                  raise(error, name_,
                        with_bytes("allocate", bytes));  // perhaps of an earlier kernel
                (void)cudaGetLastError();
                return static_cast<void*>(nullptr);
              },
          .release =
              [this](void* memory) {
                // Kernels may still use the memory, and cudaFree does not guarantee to wait for
                // them. While a step is recorded, nothing may wait.
                const std::lock_guard lock(begins_recording_);
                cudaStreamCaptureStatus status = cudaStreamCaptureStatusNone;
                if (cudaStreamIsCapturing(stream(), &status) == cudaSuccess &&
                    status == cudaStreamCaptureStatusNone)
                  (void)cudaStreamSynchronize(stream());
                (void)cudaFree(memory);
              },
          .problem =
              [] {
                std::size_t free = 0, total = 0;
                if (cudaMemGetInfo(&free, &total) != cudaSuccess) return std::string();
                return "; " + std::to_string(free) + " of the device's " + std::to_string(total) +
                       " bytes are free";
              }};
}

// ------------------------------------------------------------ between host and device

void Runtime::upload(const void* from, Memory to, std::size_t offset, std::size_t bytes) {
  char* begin = static_cast<char*>(to.handle) + offset;
  if (bytes == 0) return;
  if (bytes <= max_small_upload) return upload_small(*this, from, begin, bytes);
  make_current();
  refuse_while_recording("copy from the host");
  const cudaError_t error = staging_.upload(from, begin, bytes);
  if (error != cudaSuccess) raise(error, name_, with_bytes("upload", bytes));
}

void Runtime::download(Memory from, std::size_t offset, void* to, std::size_t bytes) {
  make_current();
  refuse_while_recording("copy to the host what is not computed yet");
  if (bytes) {
    const cudaError_t error = cudaMemcpyAsync(to, static_cast<char*>(from.handle) + offset, bytes,
                                              cudaMemcpyDeviceToHost, stream());
    if (error != cudaSuccess) raise(error, name_, with_bytes("download", bytes));
  }
  wait_and_check_indices();
}

void Runtime::synchronize() {
  make_current();
  if (!is_recording()) wait_and_check_indices();
}

bool Runtime::is_recording() const {
  cudaStreamCaptureStatus status = cudaStreamCaptureStatusNone;
  check(cudaStreamIsCapturing(stream(), &status), "report whether a step is recorded");
  return status != cudaStreamCaptureStatusNone;
}

void Runtime::refuse_while_recording(const char* doing) const {
  require<DeviceError>(
      !is_recording(), running_call(), name_, " cannot ", doing,
      " while a step is recorded: a replay would not do it again; do it before or after the step");
}

// ------------------------------------------------------------ indices

BadIndices::Slot* Runtime::take_index_slots(const View& index, std::int64_t size, int groups) {
  if (recorded_ && gate_.is_closed_by_this_thread()) {
    const int first = recorded_->checks.reserve(index, size, groups);
    require<DeviceError>(first >= 0, running_call(), name_,
                         " has no room for more checks of indices in one recorded step");
    return recorded_->slots.get() + first;
  }
  int first = bad_indices_.reserve(index, size, groups);
  if (first < 0) {
    check(cudaStreamSynchronize(stream()), "finish its work");
    throw_bad_index();
    first = bad_indices_.reserve(index, size, groups);
  }
  return slots_.get() + first;
}

/// Other threads may queue checks during the first, long wait; the second one, with the lock held,
/// covers theirs and is short.
void Runtime::wait_and_check_indices() {
  check(cudaStreamSynchronize(stream()), "finish its work");
  const auto lock = lock_indices();
  check(cudaStreamSynchronize(stream()), "finish its work");
  throw_bad_index();
  check_recorded_indices();
}

void Runtime::throw_bad_index() {
  if (const int reserved = bad_indices_.reserved())
    bad_indices_.throw_first(slots_.get(), reserved);
}

// ------------------------------------------------------------ kernels

void Runtime::finish_launch(cudaError_t error, const char* kernel, dim3 blocks,
                            dim3 threads) const {
  if (error == cudaSuccess && !is_recording()) error = cudaStreamSynchronize(stream());
  if (error == cudaSuccess) return;
  raise(error, name_,
        std::string("run the kernel ") + kernel + " on " + dimensions(blocks) + " blocks of " +
            dimensions(threads) + " threads");
}

}  // namespace tinygrad::cuda
