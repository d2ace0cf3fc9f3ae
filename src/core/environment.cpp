// SPDX-License-Identifier: MIT
// Reads the environment variables, and checks their values.
#include "environment.h"

#include <cstdlib>

#include "tinygrad/error.h"

namespace tinygrad::environment {

static std::string text(const char* name) {
  const char* value = std::getenv(name);
  return value ? value : "";
}

static bool flag(const char* name, bool otherwise) {
  const std::string value = text(name);
  if (value.empty()) return otherwise;
  require(value == "0" || value == "1", name, "must be 0 or 1, not \"", value, "\"");
  return value == "1";
}

std::string device() {
  const std::string value = text("TINYGRAD_DEVICE");
  return value.empty() ? "cpu" : value;
}

int threads() {
  const std::string value = text("TINYGRAD_THREADS");
  if (value.empty()) return 0;
  const bool digits =
      value.size() <= 3 && value.find_first_not_of("0123456789") == std::string::npos;
  const int n = digits ? std::atoi(value.c_str()) : 0;
  require(n >= 1 && n <= 256, "TINYGRAD_THREADS", "must be an integer from 1 to 256, not \"", value,
          "\"");
  return n;
}

std::string cpu() {
  const std::string value = text("TINYGRAD_CPU");
  require(value.empty() || value == "baseline" || value == "avx2" || value == "avx512" ||
              value == "neon",
          "TINYGRAD_CPU", "must be baseline, avx2, avx512 or neon, not \"", value, "\"");
  return value;
}

std::string opencl_form() {
  const std::string value = text("TINYGRAD_OPENCL_FORM");
  require(value.empty() || value == "gpu" || value == "cpu", "TINYGRAD_OPENCL_FORM",
          "must be gpu or cpu, not \"", value, "\"");
  return value;
}

std::string opencl_cache() {
  const std::string folder = text("TINYGRAD_OPENCL_CACHE"), cache = text("XDG_CACHE_HOME"),
                    home = text("HOME"), windows = text("LOCALAPPDATA");
  if (!folder.empty()) return folder == "0" ? "" : folder;
  if (cache.starts_with("/")) return cache + "/tinygrad/opencl";
  if (!windows.empty()) return windows + "/tinygrad/opencl";
  return home.empty() ? "" : home + "/.cache/tinygrad/opencl";
}

std::string opencl_without() { return text("TINYGRAD_OPENCL_WITHOUT"); }
bool kernels() { return flag("TINYGRAD_KERNELS", true); }
bool pool() { return flag("TINYGRAD_POOL", true); }
bool cuda_libraries() { return flag("TINYGRAD_CUDA_LIBRARIES", true); }
bool synchronous() { return flag("TINYGRAD_SYNC", false); }

std::string cudnn_root() { return text("CUDNN_ROOT"); }
std::vector<std::string> cuda_folders() { return {text("CUDA_PATH"), text("CUDA_HOME")}; }
std::vector<std::string> python_folders() {
  const std::string home = text("HOME");
  return {text("VIRTUAL_ENV"), text("CONDA_PREFIX"), home.empty() ? "" : home + "/.local"};
}

}  // namespace tinygrad::environment
