// Compiled kernels of one device: found by file, definitions and name; compiled when first needed,
// or taken from the cache on disk.
//
// A kernel's text is a .cl file of this folder, carried in the library; what it is compiled for
// (dtypes, an op's name, a width) are #defines in front, KERNEL_name for its own name among them: a
// text is written once, and each kernel that is asked for is a program, since drivers compile all
// of a program at once.
#pragma once
#include <string>
#include <unordered_map>

#include "backends/opencl/cache.h"
#include "backends/opencl/choose.h"
#include "backends/opencl/cl.h"

namespace tinygrad::opencl {

/// The text of a file that the library carries ("reduce.cl"), each #include "name" replaced by that
/// file's text.
std::string program_text(const std::string& file);

/// Device, driver and platform, with their versions: a program compiled for one identity is for no
/// other.
std::string identity(const Properties& device);

class Programs {
 public:
  Programs(cl::Context context, cl::Device device, const Properties& properties,
           const Traits& traits, std::string cache_folder);

  /// `defines`: lines "#define NAME value". Throws DeviceError with the first lines of the
  /// compiler's log. Not for two threads at once.
  cl::Kernel& kernel(const char* file, const char* function, const std::string& defines);
  /// How many programs were compiled, and not found in the cache.
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
