// SPDX-License-Identifier: MIT
// In a child process: opens the loader and one driver, and runs a kernel on each of its devices.
#include <algorithm>
#include <memory>
#include <stdexcept>

#include "backends/common/shared_library.h"
#include "backends/opencl/open_problem.h"
#include "opencl_api.h"
#include "probes.h"

namespace tinygrad::doctor {
namespace {

using common::SharedLibrary;
#if defined(_WIN32)
constexpr bool on_windows = true;
#else
constexpr bool on_windows = false;
#endif

/// Opens a library. If it cannot be opened, says why.
SharedLibrary open(const std::string& name, const char* word) {
  SharedLibrary library(name);
  if (library.handle) return library;
  const auto problem = tinygrad::opencl::why_not_opened(name, library.error);
  say("file", problem.file), say("missing", problem.missing), say(word, problem.error);
  return library;
}

class Loader {
 public:
  Loader() : library_(open(name_, "error")) {
    if (!library_.handle) throw std::runtime_error(name_ + " cannot be opened");
  }
  std::string file() const { return file_of(library_.handle); }
  /// Announces the call that follows.
  template <class F> F function(const char* name) const {
    say("call", name);
    void* address = library_.find(name);
    if (!address) throw std::runtime_error(name_ + " has no " + name);
    return reinterpret_cast<F>(address);
  }

 private:
  std::string name_ = cl::loader_name(on_windows);
  SharedLibrary library_;
};

/// A text that OpenCL returns in two steps: its length, then itself.
template <class F, class... Who> std::string text(F get, cl::UInt what, Who... who) {
  std::size_t bytes = 0;
  if (get(who..., what, 0, nullptr, &bytes) != cl::success || bytes == 0) return "";
  std::string value(bytes, '\0');
  if (get(who..., what, bytes, value.data(), nullptr) != cl::success) return "";
  return value.substr(0, value.find('\0'));
}

template <class T> std::string number(cl::GetDeviceInfo get, cl::Handle device, cl::UInt what) {
  T value{};
  return get(device, what, sizeof value, &value, nullptr) == cl::success ? std::to_string(value)
                                                                         : "";
}

/// The features of OpenCL C on a device (3.0 and later), each with a space before it.
std::string features(cl::GetDeviceInfo get, cl::Handle device) {
  std::size_t bytes = 0;
  if (get(device, cl::device_features, 0, nullptr, &bytes) != cl::success) return "";
  std::vector<cl::NameVersion> all(bytes / sizeof(cl::NameVersion));
  if (get(device, cl::device_features, bytes, all.data(), nullptr) != cl::success) return "";
  std::string names;
  for (const cl::NameVersion& feature : all) names += std::string(" ") + feature.name;
  return names;
}

void describe(const Loader& cl, cl::Handle device) {
  const auto get = cl.function<cl::GetDeviceInfo>("clGetDeviceInfo");
  say("device", text(get, cl::device_name, device));
  say("driver_version", text(get, cl::device_driver, device));
  say("device_version", text(get, cl::device_version, device));
  say("type", number<cl::Flags>(get, device, cl::device_type));
  say("units", number<cl::UInt>(get, device, cl::device_units));
  say("memory", number<std::uint64_t>(get, device, cl::device_memory));
  say("max_allocation", number<std::uint64_t>(get, device, cl::device_max_allocation));
  say("unified", number<cl::UInt>(get, device, cl::device_unified));
  say("extensions", text(get, cl::device_extensions, device) + features(get, device));
}

void check(const char* call, cl::Int code) {
  if (code != cl::success) throw std::runtime_error(std::string(call) + " " + std::to_string(code));
}

/// c = a + b on a device, from source to the results back on the host. Throws with the call that
/// failed.
class Addition {
 public:
  Addition(const Loader& cl, cl::Handle device) : cl_(cl), device_(device) {
    for (std::size_t i = 0; i < n; ++i) a_[i] = float(i), b_[i] = float(3 * i + 1);
  }

  void run() {
    cl::Int code = 0;
    context_ = cl_.function<cl::CreateContext>("clCreateContext")(nullptr, 1, &device_, nullptr,
                                                                  nullptr, &code);
    check("clCreateContext", code);
    cl::Handle queue =
        cl_.function<cl::CreateQueue>("clCreateCommandQueue")(context_, device_, 0, &code);
    check("clCreateCommandQueue", code);
    cl::Handle a = buffer(cl::read_only | cl::copy_host_memory, a_),
               b = buffer(cl::read_only | cl::copy_host_memory, b_);
    cl::Handle c = buffer(cl::write_only, nullptr), kernel = build();
    const auto set = cl_.function<cl::SetArgument>("clSetKernelArg");
    for (cl::UInt i = 0; cl::Handle * memory : {&a, &b, &c})
      check("clSetKernelArg", set(kernel, i++, sizeof(cl::Handle), memory));
    const std::size_t global = n, local = 64;
    check("clEnqueueNDRangeKernel",
          cl_.function<cl::Launch>("clEnqueueNDRangeKernel")(queue, kernel, 1, nullptr, &global,
                                                             &local, 0, nullptr, nullptr));
    check("clEnqueueReadBuffer", cl_.function<cl::ReadBuffer>("clEnqueueReadBuffer")(
                                     queue, c, 1, 0, sizeof c_, c_, 0, nullptr, nullptr));
  }

  /// Returns the number of sums that differ from the host's. All are whole numbers below 2^24, so
  /// float32 has them exactly.
  std::size_t wrong() const {
    std::size_t count = 0;
    for (std::size_t i = 0; i < n; ++i) count += c_[i] != float(4 * i + 1);
    return count;
  }

 private:
  static constexpr std::size_t n = 1 << 16;

  cl::Handle buffer(cl::Flags flags, float* from) {
    cl::Int code = 0;
    cl::Handle made = cl_.function<cl::CreateBuffer>("clCreateBuffer")(
        context_, flags, n * sizeof(float), from, &code);
    check("clCreateBuffer", code);
    return made;
  }

  cl::Handle build() {
    const char* source =
        "kernel void add(global const float* a, global const float* b, global float* c) {"
        "  size_t i = get_global_id(0); c[i] = a[i] + b[i]; }";
    cl::Int code = 0;
    cl::Handle program = cl_.function<cl::CreateProgram>("clCreateProgramWithSource")(
        context_, 1, &source, nullptr, &code);
    check("clCreateProgramWithSource", code);
    code = cl_.function<cl::BuildProgram>("clBuildProgram")(program, 1, &device_, "", nullptr,
                                                            nullptr);
    if (code != cl::success)
      say("log", text(cl_.function<cl::GetBuildInfo>("clGetProgramBuildInfo"), cl::build_log,
                      program, device_));
    check("clBuildProgram", code);
    cl::Handle kernel = cl_.function<cl::CreateKernel>("clCreateKernel")(program, "add", &code);
    check("clCreateKernel", code);
    return kernel;
  }

  const Loader& cl_;
  cl::Handle device_, context_ = nullptr;
  float a_[n], b_[n], c_[n] = {};
};

void probe_kernel(const Loader& cl, cl::Handle device) {
  try {
    const auto addition = std::make_unique<Addition>(cl, device);
    addition->run();
    say(addition->wrong() == 0 ? "kernel_right" : "kernel_wrong",
        std::to_string(addition->wrong()));
  } catch (const std::exception& e) { say("kernel_failed", e.what()); }
}

void probe_platform(const Loader& cl, cl::Handle platform) {
  const auto get = cl.function<cl::GetPlatformInfo>("clGetPlatformInfo");
  say("platform", text(get, cl::platform_name, platform));
  say("platform_version", text(get, cl::platform_version, platform));
  const auto devices = cl.function<cl::GetDevices>("clGetDeviceIDs");
  cl::Handle found[64];
  cl::UInt count = 0;
  cl::Int code = devices(platform, cl::all_types, 64, found, &count);
  if (code == cl::success && count == 0) code = cl::device_not_found;  // some say it so
  say("devices", std::to_string(code));
  for (cl::UInt i = 0; code == cl::success && i < std::min(count, 64u); ++i) {
    describe(cl, found[i]);
    probe_kernel(cl, found[i]);
  }
}

/// All platforms of the loader, or OpenCL's error.
cl::Int all_platforms(const Loader& cl, std::vector<cl::Handle>& platforms) {
  const auto get = cl.function<cl::GetPlatforms>("clGetPlatformIDs");
  cl::UInt count = 0;
  platforms.resize(16);
  const cl::Int code = get(16, platforms.data(), &count);
  platforms.resize(code == cl::success ? std::min(count, 16u) : 0);
  return code == cl::success && count == 0 ? cl::no_platform : code;  // some loaders say it so
}

/// The platforms that a driver itself names (cl_khr_icd): on Windows the loader shows those of all
/// drivers.
std::vector<cl::Handle> own_platforms(const SharedLibrary& driver) {
  say("call", "clIcdGetPlatformIDsKHR");
  const auto extension =
      reinterpret_cast<cl::GetExtension>(driver.find("clGetExtensionFunctionAddress"));
  const auto get =
      reinterpret_cast<cl::GetPlatforms>(extension ? extension("clIcdGetPlatformIDsKHR") : nullptr);
  std::vector<cl::Handle> own(16);
  cl::UInt count = 0;
  if (get && get(16, own.data(), &count) != cl::success) count = 0;
  own.resize(std::min(count, 16u));
  return own;
}

}  // namespace

void probe_loader() {
  const Loader cl;
  say("loader", cl.file());
  if (on_windows) return;  // to ask for more would open all drivers
  const auto extension = cl.function<cl::GetExtension>("clGetExtensionFunctionAddress");
  const auto get = reinterpret_cast<cl::GetLoaderInfo>(extension("clGetICDLoaderInfoOCLICD"));
  if (get)
    say("loader_version", text(get, cl::loader_vendor) + " " + text(get, cl::loader_version));
}

void probe_icd(const std::string& name) {
  say("call", "dlopen");
  const SharedLibrary library = open(name, "library_error");
  if (!library.handle) return;
  say("library", file_of(library.handle));
  const auto own = on_windows ? own_platforms(library) : std::vector<cl::Handle>();
  const Loader cl;
  std::vector<cl::Handle> platforms;
  cl::Int code = all_platforms(cl, platforms);
  if (on_windows && code == cl::success) {
    std::erase_if(platforms, [&](cl::Handle p) { return std::ranges::count(own, p) == 0; });
    if (platforms.empty()) code = cl::no_platform;
  }
  say("platforms", std::to_string(code));
  for (cl::Handle platform : platforms) probe_platform(cl, platform);
  say("call", "exit");
}

}  // namespace tinygrad::doctor
