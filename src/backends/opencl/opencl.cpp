// SPDX-License-Identifier: MIT
// The OpenCL backend: one object for each device that a platform offers, which calls the kernels of
// this folder.
#include "backends/opencl/opencl.h"

#include <algorithm>

#include "backends/common/driver_process.h"
#include "backends/opencl/errors.h"
#include "backends/opencl/kernels.h"
#include "backends/opencl/library.h"

namespace tinygrad::opencl {
namespace {

class OpenClBackend : public Backend {
 public:
  OpenClBackend(Device device, const cl::Device& handle, std::string description)
      : Backend(device),
        handle_(handle),
        description_(std::move(description)),
        name_(to_string(device)) {}

  std::string description() const override { return description_; }
  bool has(DType dtype) const override {
    return dtype != DType::float64 || runtime().traits().float64;
  }
  Memory allocate(std::size_t bytes) override { return runtime().memory().allocate(bytes); }
  void release(Memory memory) noexcept override {
    if (process_.is_this_one()) runtime().memory().release(memory);
  }
  void upload(const void* from, Memory to, std::size_t offset, std::size_t bytes) override {
    runtime().upload(from, to, offset, bytes);
  }
  void download(Memory from, std::size_t offset, void* to, std::size_t bytes) override {
    runtime().download(from, offset, to, bytes);
  }
  void synchronize() override { runtime().synchronize(); }
  std::unique_ptr<DeviceClock> clock() override { return new_clock(runtime()); }
  MemoryStats stats() const override { return runtime().memory().stats(); }
  void empty_cache() override { runtime().memory().empty_cache(); }

#define REQUIRED_KERNEL(name, parameters, arguments) \
  void name parameters override { opencl::name(runtime(), TINYGRAD_UNWRAP arguments); }
#define KERNEL(name, backends, parameters, arguments)            \
  bool name parameters override {                                \
    if constexpr ((on_opencl & (backends)) != 0)                 \
      return opencl::name(runtime(), TINYGRAD_UNWRAP arguments); \
    else return Backend::name arguments;                         \
  }
#include "tinygrad/kernels.def"

 private:
  /// Opened when first used: listing a device costs nothing.
  Runtime& runtime() const {
    process_.check(name_);
    std::call_once(once_, [this] { open(); });
    return *runtime_;
  }
  void open() const try {
    runtime_ = std::make_unique<Runtime>(handle_, name_);
  } catch (const cl::Error& error) { raise(error, name_, "be opened"); }
  cl::Device handle_;
  std::string description_, name_;
  common::DriverProcess process_;
  mutable std::once_flag once_;
  mutable std::unique_ptr<Runtime> runtime_;
};

/// The devices of a platform; none if the platform fails.
std::vector<cl::Device> devices_of(const cl::Platform& platform) {
  std::vector<cl::Device> devices;
  try {
    platform.getDevices(CL_DEVICE_TYPE_ALL, &devices);
  } catch (const cl::Error&) { return {}; }
  return devices;
}

/// Graphics cards come first, then accelerators, then CPUs.
int order(const cl::Device& device) {
  const cl_device_type type = device.getInfo<CL_DEVICE_TYPE>();
  return type & CL_DEVICE_TYPE_GPU ? 0 : type & CL_DEVICE_TYPE_CPU ? 2 : 1;
}

std::vector<cl::Device> all_devices() {
  std::vector<cl::Platform> platforms;
  cl::Platform::get(&platforms);
  std::vector<cl::Device> all;
  for (auto& platform : platforms)
    for (auto& device : devices_of(platform)) all.push_back(device);
  std::stable_sort(all.begin(), all.end(), [](auto& a, auto& b) { return order(a) < order(b); });
  return all;
}

}  // namespace

DeviceSearch find_devices() {
  DeviceSearch found = {{}, open_library()};
  if (!found.problem.empty()) return found;
  try {
    for (auto& handle : all_devices()) {
      Device device("opencl");
      device.index = int(found.backends.size());
      found.backends.push_back(
          std::make_unique<OpenClBackend>(device, handle, properties_of(handle).name));
    }
    if (found.backends.empty())
      found.problem =
          "the OpenCL drivers that are installed find no device; tinygrad-doctor looks into why";
  } catch (const cl::Error& error) {
    found.problem = error_name(error.err()) + advice(error.err());
  }
  return found;
}

}  // namespace tinygrad::opencl
