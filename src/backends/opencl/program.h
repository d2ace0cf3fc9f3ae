// SPDX-License-Identifier: MIT
// Programs: the compiled kernels of one device, looked up by file, kernel name and definitions. A
// kernel is compiled when it is first needed, or loaded from the cache on disk.
//
// A kernel's source is a .cl file of this folder, which the library contains. #defines in front of
// the source say what it is compiled for (dtypes, an op's name, a vector width); KERNEL_name
// selects the kernel. So each kernel that is needed is a program of its own, because drivers
// compile the whole of a program at once.
#pragma once
#include <string>
#include <unordered_map>

#include "backends/opencl/cache.h"
#include "backends/opencl/cl.h"
#include "backends/opencl/traits.h"

namespace tinygrad::opencl {

/// Returns the source of a file that the library contains ("reduce.cl"), in which each
/// #include "name" is replaced by the source of that file.
std::string program_source(const std::string& file);

/// Identifies a device by device, driver and platform with their versions. A program that was
/// compiled for one identity must not be used with another.
std::string identity(const Properties& device);

class Programs {
 public:
  Programs(cl::Context context, cl::Device device, const Properties& properties,
           const Traits& traits, std::string cache_folder);

  /// Returns the kernel `function` of `file`. `defines` consists of lines "#define NAME value". If
  /// the program does not compile, throws a DeviceError with the first lines of the compiler's log.
  /// Two threads must not call it at the same time.
  cl::Kernel& kernel(const char* file, const char* function, const std::string& defines);
  /// Returns how many programs were compiled rather than loaded from the cache.
  int compiled() const { return compiled_; }

 private:
  cl::Program build(const std::string& file, const std::string& defines);
  std::string build_log(const cl::Program& program) const;
  bool from_cache(const std::string& key, const std::string& options, cl::Program& program) const;
  void to_cache(const std::string& key, const cl::Program& program) const;

  cl::Context context_;
  cl::Device device_;
  std::string name_, identity_, options_;
  Cache cache_;
  std::unordered_map<std::string, cl::Kernel> kernels_;
  int compiled_ = 0;
};

}  // namespace tinygrad::opencl
