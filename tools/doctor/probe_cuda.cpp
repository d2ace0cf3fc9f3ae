// SPDX-License-Identifier: MIT
// In a child process: opens the driver's library, and NVIDIA's other libraries that a CUDA program
// opens, from the places that this library searches.
#if !defined(_WIN32)
#include <dlfcn.h>
#endif

#include <filesystem>
#include <optional>
#include <sstream>
#include <stdexcept>

#include "backends/common/shared_library.h"
#include "backends/cuda/library_paths.h"
#include "cuda_api.h"
#include "probes.h"

namespace tinygrad::doctor {
namespace {

/// One of NVIDIA's libraries. Announces each call.
class Opened {
 public:
  explicit Opened(common::SharedLibrary library) : library_(std::move(library)) {}
  std::string file() const { return file_of(library_.handle); }
  template <class F> F optional(const char* name) const {
    say("call", name);
    return reinterpret_cast<F>(library_.find(name));
  }
  template <class F> F function(const char* name) const {
    if (F address = optional<F>(name)) return address;
    throw std::runtime_error(file() + " has no " + name);
  }

 private:
  common::SharedLibrary library_;
};

void describe(const Opened& driver, int number) {
  int device = 0, major = 0, minor = 0, processors = 0;
  char name[256] = "an NVIDIA GPU";
  std::size_t memory = 0;
  driver.function<cuda::GetDevice>("cuDeviceGet")(&device, number);
  driver.function<cuda::GetName>("cuDeviceGetName")(name, sizeof name, device);
  const auto attribute = driver.function<cuda::GetAttribute>("cuDeviceGetAttribute");
  attribute(&major, cuda::capability_major, device),
      attribute(&minor, cuda::capability_minor, device);
  attribute(&processors, cuda::multiprocessors, device);
  driver.function<cuda::TotalMemory>("cuDeviceTotalMem_v2")(&memory, device);
  say("device", name);
  say("capability", std::to_string(major) + "." + std::to_string(minor));
  say("processors", std::to_string(processors));
  say("memory", std::to_string(memory));
}

std::string name_of(const Opened& driver, int code) {
  const char* name = nullptr;
  if (const auto get = driver.optional<cuda::GetErrorName>("cuGetErrorName")) get(code, &name);
  return name ? name : "unknown";
}

#if !defined(_WIN32)
/// Opens the first of the files that can be opened. If none can, prints the reason; "refused" if
/// the file exists.
std::optional<Opened> open_first(const std::vector<std::string>& names) {
  std::string missing, refused;
  for (const std::string& place :
       ::tinygrad::cuda::library_paths(names, ::tinygrad::cuda::library_folders())) {
    say("call", "dlopen");
    common::SharedLibrary library(place);
    if (library.handle) return Opened(library);
    (place.find('/') == std::string::npos ? missing : refused) = library.error;
  }
  say(refused.empty() ? "missing" : "refused", refused.empty() ? missing : refused);
  return std::nullopt;
}

/// The place in which the loader finds a part of cuDNN when cuDNN opens it: LD_LIBRARY_PATH, beside
/// the library (its RUNPATH is $ORIGIN), the system's folders.
std::string place_of(const std::string& part, const std::string& library) {
  namespace fs = std::filesystem;
  if (void* loaded = dlopen(part.c_str(), RTLD_NOW | RTLD_NOLOAD)) return file_of(loaded);
  const char* path = getenv("LD_LIBRARY_PATH");
  std::istringstream folders(path ? path : "");
  std::error_code failed;
  for (std::string folder; std::getline(folders, folder, ':');)
    if (!folder.empty() && fs::exists(fs::path(folder) / part, failed))
      return fs::canonical(fs::path(folder) / part, failed);
  if (const fs::path beside = fs::path(library).parent_path() / part; fs::exists(beside, failed))
    return fs::canonical(beside, failed);
  void* elsewhere = dlopen(part.c_str(), RTLD_NOW | RTLD_LOCAL);
  return elsewhere ? file_of(elsewhere) : "";
}

/// cuDNN is a small library that opens its parts when they are needed: those that a check loads,
/// and the engines, which only a plan loads.
void say_parts(const Opened& cudnn) {
  for (const char* check : {"cudnnGraphVersionCheck", "cudnnOpsVersionCheck",
                            "cudnnCnnVersionCheck", "cudnnAdvVersionCheck"})
    if (const auto call = cudnn.optional<cuda::Check>(check); call && call() != 0)
      say("failed", check);
  for (const char* part : {"graph", "ops", "cnn", "adv", "heuristic", "engines_precompiled",
                           "engines_runtime_compiled", "engines_tensor_ir"}) {
    const std::string name = "libcudnn_" + std::string(part) + ".so.9",
                      place = place_of(name, cudnn.file());
    const bool optional =
        std::string(part) == "engines_tensor_ir";  // since 9.20, and not in every package
    if (!place.empty()) say("part", place);
    else if (!optional) say("lacks", name);
  }
}

#endif

#if defined(_WIN32)
const char* driver_library = "nvcuda.dll";
#else
const char* driver_library = "libcuda.so.1";
#endif

}  // namespace

void probe_cuda() {
  say("call", "dlopen");
  const common::SharedLibrary library(driver_library);
  if (!library.handle) return say("missing", library.error);
  const Opened driver(library);
  say("library", driver.file());
  int version = 0, count = 0;
  driver.function<cuda::DriverGetVersion>("cuDriverGetVersion")(&version);
  say("version", std::to_string(version));
  const int code = driver.function<cuda::Init>("cuInit")(0);
  say("init", std::to_string(code));
  if (code != cuda::success) return say("init_name", name_of(driver, code));
  driver.function<cuda::GetCount>("cuDeviceGetCount")(&count);
  for (int number = 0; number < count; ++number) describe(driver, number);
  say("call", "exit");
}

#if defined(_WIN32)  // where the CUDA backend is not built
void probe_cuda_library(const std::string&, const std::string&) {}
#else
void probe_cuda_library(const std::string& library, const std::string& cuda_major) {
  std::vector<std::string> names = {"libcublasLt.so.13", "libcublasLt.so.12"};
  if (cuda_major == "12") std::swap(names[0], names[1]);
  if (library == "cudnn") names = {"libcudnn.so.9"};
  if (library == "nccl") names = {"libnccl.so.2"};
  const std::optional<Opened> found = open_first(names);
  if (!found) return;
  const Opened& opened = *found;
  say("library", opened.file());
  if (library == "nccl") {
    int version = 0;
    opened.function<cuda::NcclVersion>("ncclGetVersion")(&version);
    say("version", std::to_string(version));
  } else
    say("version", std::to_string(opened.function<cuda::Version>(
                       library == "cudnn" ? "cudnnGetVersion" : "cublasLtGetVersion")()));
  if (library != "cudnn") return;
  say("cuda", std::to_string(opened.function<cuda::Version>("cudnnGetCudartVersion")()));
  say_parts(opened);
}
#endif

}  // namespace tinygrad::doctor
