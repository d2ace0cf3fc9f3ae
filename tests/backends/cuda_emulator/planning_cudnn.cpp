// SPDX-License-Identifier: MIT
#include "planning_cudnn.h"

#include <dlfcn.h>

#include <map>
#include <string>
#include <utility>

#include "backends/cuda/library_paths.h"

namespace tinygrad::cuda {
namespace {

/// The properties of a device that cuDNN reads, as those of an H100 (SXM, 80 GB).
constexpr char h100[] =
    R"({"version": 1, "cudaDeviceId": 0, "deviceName": "NVIDIA H100 80GB HBM3", "deviceVer": 900,
  "driverVer": 13000, "totalGlobalMem": 85000000000, "multiProcessorCount": 132,
  "warpSize": 32, "maxGridSize": [2147483647, 65535, 65535], "maxBlockSize": [1024, 1024, 64],
  "regsPerBlock": 65536, "maxRegistersPerSM": 65536, "maxCtasPerSM": 32,
  "maxThreadsPerBlock": 1024, "maxThreadsPerSM": 2048, "maxSharedMemoryPerBlock": 49152,
  "maxSharedMemoryPerBlockOptin": 232448, "reservedSharedMemoryPerBlock": 1024,
  "pciDeviceId": 0, "isTccDriver": 0, "supportCoopLaunch": 1, "smClockRateKHz": 1980000,
  "memClockRateKHz": 2619000, "l2CacheSize": 52428800})";

// Enumerators that headers before 9.8 lack.
constexpr auto device = cudnnBackendDescriptorType_t(38);
constexpr auto device_as_json = cudnnBackendAttributeName_t(2702);
constexpr auto device_of_heuristics = cudnnBackendAttributeName_t(204),
               device_of_plan = cudnnBackendAttributeName_t(407);

Cudnn real;
cudnnBackendDescriptor_t planned_for = nullptr;
std::map<cudnnBackendDescriptor_t, cudnnBackendDescriptor_t> configurations;  // by plan
std::vector<std::vector<cudnnBackendNumericalNote_t>> executed;

cudnnStatus_t create_handle(cudnnHandle_t* handle) {
  return *handle = reinterpret_cast<cudnnHandle_t>(&real), CUDNN_STATUS_SUCCESS;
}
cudnnStatus_t destroy_handle(cudnnHandle_t) { return CUDNN_STATUS_SUCCESS; }
cudnnStatus_t set_stream(cudnnHandle_t, cudaStream_t) { return CUDNN_STATUS_SUCCESS; }

cudnnStatus_t create(cudnnBackendDescriptorType_t type, cudnnBackendDescriptor_t* descriptor) {
  const cudnnStatus_t status = real.cudnnBackendCreateDescriptor(type, descriptor);
  if (status != CUDNN_STATUS_SUCCESS) return status;
  const auto set = [&](cudnnBackendAttributeName_t name) {
    return real.cudnnBackendSetAttribute(*descriptor, name, CUDNN_TYPE_BACKEND_DESCRIPTOR, 1,
                                         &planned_for);
  };
  if (type == CUDNN_BACKEND_ENGINEHEUR_DESCRIPTOR) return set(device_of_heuristics);
  if (type == CUDNN_BACKEND_EXECUTION_PLAN_DESCRIPTOR) return set(device_of_plan);
  return status;
}
/// There is no handle: the device descriptor replaces it.
cudnnStatus_t set(cudnnBackendDescriptor_t descriptor, cudnnBackendAttributeName_t name,
                  cudnnBackendAttributeType_t type, std::int64_t count, const void* values) {
  if (type == CUDNN_TYPE_HANDLE) return CUDNN_STATUS_SUCCESS;
  if (name == CUDNN_ATTR_EXECUTION_PLAN_ENGINE_CONFIG)
    configurations[descriptor] = *static_cast<const cudnnBackendDescriptor_t*>(values);
  return real.cudnnBackendSetAttribute(descriptor, name, type, count, values);
}
cudnnStatus_t execute(cudnnHandle_t, cudnnBackendDescriptor_t plan, cudnnBackendDescriptor_t) {
  cudnnBackendDescriptor_t engine = nullptr;
  std::int64_t count = 0;
  std::vector<cudnnBackendNumericalNote_t> notes(CUDNN_NUMERICAL_NOTE_TYPE_COUNT);
  cudnnStatus_t status =
      real.cudnnBackendCreateDescriptor(CUDNN_BACKEND_ENGINE_DESCRIPTOR, &engine);
  if (status == CUDNN_STATUS_SUCCESS)
    status = real.cudnnBackendGetAttribute(configurations.at(plan), CUDNN_ATTR_ENGINECFG_ENGINE,
                                           CUDNN_TYPE_BACKEND_DESCRIPTOR, 1, &count, &engine);
  if (status == CUDNN_STATUS_SUCCESS)
    status = real.cudnnBackendGetAttribute(engine, CUDNN_ATTR_ENGINE_NUMERICAL_NOTE,
                                           CUDNN_TYPE_NUMERICAL_NOTE, std::int64_t(notes.size()),
                                           &count, notes.data());
  if (engine) (void)real.cudnnBackendDestroyDescriptor(engine);
  if (status != CUDNN_STATUS_SUCCESS) return status;
  notes.resize(std::size_t(count));
  executed.push_back(notes);
  return status;
}

/// Opens the library and describes the device; returns a problem if one of them fails.
std::string open() {
  void* handle = nullptr;
  for (const std::string& file : library_paths({"libcudnn.so.9"}, library_folders()))
    if (!handle && (handle = dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL))) real.file = file;
  if (!handle) return "cuDNN is not here";
#define CUDA_LIBRARY_FUNCTION(name)                                        \
  real.name = reinterpret_cast<decltype(real.name)>(dlsym(handle, #name)); \
  if (!real.name) return real.file + " has no " #name;
#include "backends/cuda/cudnn.def"
  if (real.cudnnGetVersion() < 90800) return real.file + " is older than 9.8";
  cudnnStatus_t status = real.cudnnBackendCreateDescriptor(device, &planned_for);
  if (status == CUDNN_STATUS_SUCCESS)
    status = real.cudnnBackendSetAttribute(planned_for, device_as_json, CUDNN_TYPE_CHAR,
                                           std::int64_t(sizeof h100), h100);
  if (status == CUDNN_STATUS_SUCCESS) status = real.cudnnBackendFinalize(planned_for);
  if (status == CUDNN_STATUS_SUCCESS) return {};
  char text[256] = {};
  real.cudnnGetLastErrorString(text, sizeof text);
  return real.file + " takes no device that is not there: " + text;
}

}  // namespace

Cudnn planning_cudnn() {
  const std::string problem = open();
  Cudnn l = real;
  l.problem = problem;
  l.cudnnCreate = create_handle, l.cudnnDestroy = destroy_handle, l.cudnnSetStream = set_stream;
  l.cudnnBackendCreateDescriptor = create, l.cudnnBackendSetAttribute = set,
  l.cudnnBackendExecute = execute;
  return l;
}

std::vector<std::vector<cudnnBackendNumericalNote_t>> executed_plans() {
  return std::exchange(executed, {});
}

}  // namespace tinygrad::cuda
