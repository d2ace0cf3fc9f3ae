// SPDX-License-Identifier: MIT
// The CUDA backend: one object for each GPU, which calls the kernels of this folder.
#include "backends/cuda/cuda.h"

#include "backends/common/driver_process.h"
#include "backends/cuda/clock.h"
#include "backends/cuda/kernels.h"
#include "backends/cuda/library.h"

namespace tinygrad::cuda {
namespace {

class CudaBackend : public Backend {
 public:
  CudaBackend(Device device, int number, std::string description)
      : Backend(device),
        number_(number),
        description_(std::move(description)),
        name_(to_string(device)) {}

  std::string description() const override { return description_; }
  Memory allocate(std::size_t bytes) override { return runtime()->allocate(bytes); }
  void release(Memory memory) noexcept override {
    if (process_.is_this_one()) open_runtime().release(memory);
  }
  void upload(const void* from, Memory to, std::size_t offset, std::size_t bytes) override {
    runtime()->upload(from, to, offset, bytes);
  }
  void download(Memory from, std::size_t offset, void* to, std::size_t bytes) override {
    runtime()->download(from, offset, to, bytes);
  }
  void synchronize() override { runtime()->synchronize(); }
  std::unique_ptr<DeviceClock> clock() override { return new_clock(open_runtime()); }
  MemoryStats stats() const override { return open_runtime().stats(); }
  void empty_cache() override { open_runtime().empty_cache(); }
  bool begin_recording() override { return open_runtime().begin_recording(), true; }
  std::unique_ptr<Recording> end_recording() override { return open_runtime().end_recording(); }

#define REQUIRED_KERNEL(name, parameters, arguments) \
  void name parameters override { cuda::name(runtime(), TINYGRAD_UNWRAP arguments); }
#define KERNEL(name, backends, parameters, arguments)          \
  bool name parameters override {                              \
    if constexpr ((on_cuda & (backends)) != 0)                 \
      return cuda::name(runtime(), TINYGRAD_UNWRAP arguments); \
    else return Backend::name arguments;                       \
  }
#include "tinygrad/kernels.def"

 private:
  /// Opened when first used: listing a device costs nothing.
  Runtime& open_runtime() const {
    process_.check(name_);
    std::call_once(once_, [this] { runtime_ = std::make_unique<Runtime>(number_, name_); });
    return *runtime_;
  }
  /// The runtime during one call: no other thread can begin a recording meanwhile.
  class Entered {
   public:
    explicit Entered(Runtime& runtime) : pass_(runtime.gate()), runtime_(runtime) {}
    operator Runtime&() const { return runtime_; }
    Runtime* operator->() const { return &runtime_; }

   private:
    Gate::Pass pass_;
    Runtime& runtime_;
  };
  Entered runtime() const { return Entered(open_runtime()); }
  int number_;
  std::string description_, name_;
  common::DriverProcess process_;
  mutable std::once_flag once_;
  mutable std::unique_ptr<Runtime> runtime_;
};

/// The lowest compute capability for which the toolkit makes code: CUDA 13 from Turing on (7.5),
/// CUDA 12 from Maxwell on (5.0).
constexpr int min_capability = CUDART_VERSION < 13000 ? 50 : 75;

int capability_of(int number) {
  int major = 0, minor = 0;
  (void)cudaDeviceGetAttribute(&major, cudaDevAttrComputeCapabilityMajor, number);
  (void)cudaDeviceGetAttribute(&minor, cudaDevAttrComputeCapabilityMinor, number);
  return 10 * major + minor;
}
std::string description_of(int number) {
  cudaDeviceProp properties = {};
  return cudaGetDeviceProperties(&properties, number) == cudaSuccess ? properties.name
                                                                     : "an NVIDIA GPU";
}

std::string why_none(cudaError_t error) {
  int driver = 0;
  (void)cudaGetLastError();
  if (cudaDriverGetVersion(&driver) != cudaSuccess || driver == 0)
    return "there is no NVIDIA driver on this machine, or libcuda.so.1 is not found; "
           "tinygrad-doctor looks into why";
  return error_name(error) + advice(error);
}

std::string too_old(const std::string& description, int capability) {
  return description + " has compute capability " + std::to_string(capability / 10) + "." +
         std::to_string(capability % 10) +
         (min_capability == 75 ? "; this build needs 7.5 (Turing, 2018) or newer, a build with "
                                 "CUDA 12 serves older ones"
                               : "; tinygrad's kernels need 5.0 (Maxwell, 2014) or newer");
}

}  // namespace

DeviceSearch find_devices() {
  DeviceSearch found;
  int count = 0;
  if (const cudaError_t error = cudaGetDeviceCount(&count); error != cudaSuccess)
    return {{}, why_none(error)};
  for (int number = 0; number < count; ++number) {
    const std::string description = description_of(number);
    if (const int capability = capability_of(number); capability < min_capability) {
      found.problem += (found.problem.empty() ? "" : "; ") + too_old(description, capability);
      continue;
    }
    Device device(TINYGRAD_STRINGIFY(cuda));  // tests compile this backend under another name
    device.index = int(found.backends.size());
    found.backends.push_back(std::make_unique<CudaBackend>(device, number, description));
  }
  if (count == 0)
    found.problem = "the NVIDIA driver shows no GPU; CUDA_VISIBLE_DEVICES may hide them";
  else if (!cublaslt().problem.empty())
    return {{}, cublaslt().problem};  // without it there is no matmul
  return found;
}

}  // namespace tinygrad::cuda
