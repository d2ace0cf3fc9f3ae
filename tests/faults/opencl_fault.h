// SPDX-License-Identifier: MIT
// Controls the faults of opencl_loader.cpp from a test (fault.h).
#pragma once
#include <dlfcn.h>

#include <stdexcept>
#include <string>

namespace tinygrad::test {

/// Returns how often this process has called one of OpenCL's functions; 0 if it has not opened the
/// library.
inline long opencl_calls(const char* function) {
  void* library = dlopen("libOpenCL.so.1", RTLD_LAZY | RTLD_NOLOAD);
  return library ? reinterpret_cast<long (*)(const char*)>(dlsym(library, "tinygrad_opencl_calls"))(
                       function)
                 : 0;
}

/// Injects a fault into the library during its lifetime: "clCreateBuffer:3:-4" (opencl_loader.cpp).
class OpenClFault {
 public:
  explicit OpenClFault(const std::string& text) { arm(text.c_str()); }
  OpenClFault(const OpenClFault&) = delete;
  ~OpenClFault() { arm(""); }
  static long fired() { return reinterpret_cast<long (*)()>(symbol("tinygrad_opencl_fired"))(); }

 private:
  static void arm(const char* text) {
    reinterpret_cast<void (*)(const char*)>(symbol("tinygrad_opencl_arm"))(text);
  }
  static void* symbol(const char* name) {
    static void* const library = dlopen("libOpenCL.so.1", RTLD_LAZY);
    void* found = library ? dlsym(library, name) : nullptr;
    if (!found)
      throw std::runtime_error(
          "run with the folder of the failing libOpenCL.so.1 in LD_LIBRARY_PATH");
    return found;
  }
};

}  // namespace tinygrad::test
