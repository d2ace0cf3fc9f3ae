// SPDX-License-Identifier: MIT
// Emulates the device and its memory. Environment variables: CUDA_EMULATOR_DEVICES, the number of
// devices (1); CUDA_EMULATOR_MEMORY, the bytes of memory (8 GiB).
#include <cstdlib>
#include <map>

#include "emulator.h"

namespace cuda_emulator {
namespace {

int device_count() {
  const char* count = std::getenv("CUDA_EMULATOR_DEVICES");
  return count ? std::atoi(count) : 1;
}
std::size_t device_memory() {
  const char* bytes = std::getenv("CUDA_EMULATOR_MEMORY");
  return bytes ? std::size_t(std::atoll(bytes)) : std::size_t(8) << 30;
}
thread_local int current_device = 0;

/// The bytes of each block, by address: those of cudaMalloc, and those of cudaMallocHost.
using Blocks = std::map<const char*, std::size_t>;
Blocks& device_blocks() {
  static Blocks& all = *new Blocks;
  return all;
}
Blocks& host_blocks() {
  static Blocks& all = *new Blocks;
  return all;
}
std::size_t in_use = 0;

void* aligned(std::size_t bytes) {
  void* at = nullptr;
  return posix_memalign(&at, 256, bytes) ? nullptr : at;
}
cudaError_t forget(Blocks& blocks, void* at, std::size_t* bytes) {
  if (!at) return cudaSuccess;
  const auto block = blocks.find(static_cast<char*>(at));
  if (block == blocks.end())
    return report(cudaErrorInvalidValue, "an address is freed that no allocation gave");
  if (bytes) *bytes -= block->second;
  blocks.erase(block);
  std::free(at);
  return cudaSuccess;
}
/// Returns whether these bytes are within a block of cudaMalloc.
bool is_device(const void* at, std::size_t bytes) {
  const char* first = static_cast<const char*>(at);
  auto block = device_blocks().upper_bound(first);
  if (block == device_blocks().begin()) return false;
  --block;
  return first + bytes <= block->first + block->second;
}

}  // namespace

std::recursive_mutex& mutex() {
  static std::recursive_mutex& instance = *new std::recursive_mutex;
  return instance;
}

}  // namespace cuda_emulator

using namespace cuda_emulator;

// ------------------------------------------------------------ devices

cudaError_t cudaGetDeviceCount(int* count) {
  MAY_FAIL(cudaGetDeviceCount);
  *count = device_count();
  return *count ? cudaSuccess : report(cudaErrorNoDevice);
}
cudaError_t cudaSetDevice(int device) {
  MAY_FAIL(cudaSetDevice);
  if (device < 0 || device >= device_count()) return report(cudaErrorInvalidDevice);
  current_device = device;
  return cudaSuccess;
}
cudaError_t cudaGetDevice(int* device) {
  MAY_FAIL(cudaGetDevice);
  return *device = current_device, cudaSuccess;
}
cudaError_t cudaDriverGetVersion(int* version) {
  MAY_FAIL(cudaDriverGetVersion);
  return *version = CUDART_VERSION, cudaSuccess;
}
cudaError_t cudaRuntimeGetVersion(int* version) {
  MAY_FAIL(cudaRuntimeGetVersion);
  return *version = CUDART_VERSION, cudaSuccess;
}
cudaError_t cudaGetDeviceProperties(cudaDeviceProp* properties, int device) {
  MAY_FAIL(cudaGetDeviceProperties);
  if (device < 0 || device >= device_count()) return report(cudaErrorInvalidDevice);
  *properties = {};
  std::strcpy(properties->name, "the emulator's GPU");
  properties->major = 9, properties->totalGlobalMem = device_memory();
  return cudaSuccess;
}
cudaError_t cudaDeviceGetAttribute(int* value, cudaDeviceAttr attribute, int device) {
  MAY_FAIL(cudaDeviceGetAttribute);
  if (device < 0 || device >= device_count()) return report(cudaErrorInvalidDevice);
  switch (attribute) {
    case cudaDevAttrComputeCapabilityMajor: *value = 9; break;
    case cudaDevAttrComputeCapabilityMinor: *value = 0; break;
    case cudaDevAttrMultiProcessorCount: *value = 4; break;
    case cudaDevAttrWarpSize: *value = 32; break;
    case cudaDevAttrMaxThreadsPerBlock: *value = 1024; break;
    case cudaDevAttrMaxThreadsPerMultiProcessor: *value = 2048; break;
    case cudaDevAttrMaxSharedMemoryPerBlock: *value = 48 << 10; break;
    case cudaDevAttrMaxGridDimX: *value = 2147483647; break;
    case cudaDevAttrMaxGridDimY:
    case cudaDevAttrMaxGridDimZ: *value = 65535; break;
    case cudaDevAttrL2CacheSize: *value = 50 << 20; break;
    case cudaDevAttrIntegrated:
    case cudaDevAttrComputeMode: *value = 0; break;
    default:
      return report(cudaErrorInvalidValue,
                    "the emulator does not know the attribute " + std::to_string(int(attribute)));
  }
  return cudaSuccess;
}

// ------------------------------------------------------------ memory

cudaError_t cudaMalloc(void** at, std::size_t bytes) {
  MAY_FAIL(cudaMalloc);
  const std::lock_guard lock(mutex());
  *at = nullptr;
  if (const cudaError_t error = refuse_in_capture("cudaMalloc")) return error;
  if (bytes == 0) return cudaSuccess;
  if (bytes > device_memory() - in_use || !(*at = aligned(bytes)))
    return report(cudaErrorMemoryAllocation);
  std::memset(*at, 0xFF, bytes);  // NaN, so that reads of uninitialized memory show
  device_blocks()[static_cast<char*>(*at)] = bytes;
  in_use += bytes;
  return cudaSuccess;
}
cudaError_t cudaFree(void* at) {
  MAY_FAIL(cudaFree);
  const std::lock_guard lock(mutex());
  if (const cudaError_t error = refuse_in_capture("cudaFree")) return error;
  return forget(device_blocks(), at, &in_use);
}
cudaError_t cudaMallocHost(void** at, std::size_t bytes) {
  MAY_FAIL(cudaMallocHost);
  const std::lock_guard lock(mutex());
  *at = nullptr;
  if (const cudaError_t error = refuse_in_capture("cudaMallocHost")) return error;
  if (bytes == 0) return cudaSuccess;
  if (!(*at = aligned(bytes))) return report(cudaErrorMemoryAllocation);
  host_blocks()[static_cast<char*>(*at)] = bytes;
  return cudaSuccess;
}
cudaError_t cudaFreeHost(void* at) {
  MAY_FAIL(cudaFreeHost);
  const std::lock_guard lock(mutex());
  if (const cudaError_t error = refuse_in_capture("cudaFreeHost")) return error;
  return forget(host_blocks(), at, nullptr);
}
cudaError_t cudaMemGetInfo(std::size_t* free, std::size_t* total) {
  MAY_FAIL(cudaMemGetInfo);
  const std::lock_guard lock(mutex());
  *total = device_memory(), *free = device_memory() - in_use;
  return cudaSuccess;
}

cudaError_t cudaMemcpyAsync(void* to, const void* from, std::size_t bytes, cudaMemcpyKind kind,
                            cudaStream_t stream) {
  MAY_FAIL(cudaMemcpyAsync);
  const std::lock_guard lock(mutex());
  const bool to_device = kind == cudaMemcpyHostToDevice || kind == cudaMemcpyDeviceToDevice;
  const bool from_device = kind == cudaMemcpyDeviceToHost || kind == cudaMemcpyDeviceToDevice;
  if (bytes && ((to_device && !is_device(to, bytes)) || (from_device && !is_device(from, bytes))))
    return report(cudaErrorInvalidValue, "a copy of " + std::to_string(bytes) +
                                             " bytes does not lie inside one block of the device");
  return submit(stream, [=] { return std::memmove(to, from, bytes), cudaSuccess; });
}
cudaError_t cudaMemsetAsync(void* at, int value, std::size_t bytes, cudaStream_t stream) {
  MAY_FAIL(cudaMemsetAsync);
  const std::lock_guard lock(mutex());
  if (bytes && !is_device(at, bytes))
    return report(cudaErrorInvalidValue, "a memset of " + std::to_string(bytes) +
                                             " bytes does not lie inside one block of the device");
  return submit(stream, [=] { return std::memset(at, value, bytes), cudaSuccess; });
}
