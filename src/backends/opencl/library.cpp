// SPDX-License-Identifier: MIT
// Opens OpenCL's library and looks up the functions of functions.def. A function that the library
// lacks returns an OpenCL error when it is called.
#include "backends/opencl/library.h"

#include <cstring>
#include <tuple>
#include <type_traits>

#include "backends/common/shared_library.h"
#include "backends/opencl/cl.h"
#include "backends/opencl/open_problem.h"

namespace tinygrad::opencl {
namespace {

/// Addresses of the functions; null if the library lacks a function or has not been opened.
enum FunctionIndex {
#define CL_FUNCTION(name) index_of_##name,
#include "backends/opencl/functions.def"
  function_count
};
void* found[function_count] = {};

// The C++ binding queries a device's platform and the platform's version without checking whether
// the queries succeeded (detail::getDevicePlatformVersion). If the driver fails, the results must
// be a null platform and a string that parses as a version.
void clear_result(cl_device_id, cl_device_info, std::size_t room, void* to, std::size_t*) {
  if (to) std::memset(to, 0, room);
}
void clear_result(cl_platform_id, cl_platform_info what, std::size_t room, void* to,
                  std::size_t* needed) {
  constexpr char oldest[] = "OpenCL 1.0 ";
  if (what != CL_PLATFORM_VERSION) return;
  if (needed) *needed = sizeof oldest;
  if (to && room >= sizeof oldest) std::memcpy(to, oldest, sizeof oldest);
}
template <class... A> void clear_result(A...) {}

/// Calls the function of the library. If the library has no such function, the call fails as
/// OpenCL's functions do: through its result or through its last argument.
template <class F, FunctionIndex index> struct Forward;
template <class R, class... A, FunctionIndex index> struct Forward<R(A...), index> {
  static R call(A... arguments) {
    const R result = forward(arguments...);
    if constexpr (std::is_same_v<R, cl_int>)
      if (result != CL_SUCCESS) clear_result(arguments...);
    return result;
  }
  static R forward(A... arguments) {
    if (found[index]) return reinterpret_cast<R (*)(A...)>(found[index])(arguments...);
    if constexpr (std::is_same_v<R, cl_int>) return CL_INVALID_OPERATION;
    else {
      const auto last = std::get<sizeof...(A) - 1>(std::tuple<A...>(arguments...));
      if constexpr (std::is_same_v<decltype(last), cl_int* const>)
        if (last) *last = CL_INVALID_OPERATION;
      return R{};
    }
  }
};

}  // namespace
}  // namespace tinygrad::opencl

#define CL_FUNCTION(name)                                                           \
  decltype(tinygrad_##name) tinygrad_##name =                                       \
      tinygrad::opencl::Forward<std::remove_reference_t<decltype(tinygrad_##name)>, \
                                tinygrad::opencl::index_of_##name>::call;
#include "backends/opencl/functions.def"

namespace tinygrad::opencl {
namespace {

#if defined(_WIN32)
constexpr const char *library_name = "OpenCL.dll",
                     *remedy = "it comes with the driver of the graphics card; install that";
#elif defined(__APPLE__)
constexpr const char *library_name = "/System/Library/Frameworks/OpenCL.framework/OpenCL",
                     *remedy = "it is part of macOS";
#else
constexpr const char *library_name = "libOpenCL.so.1",
                     *remedy =
                         "install the loader (Debian, Ubuntu: apt-get install "
                         "ocl-icd-libopencl1) and a driver";
#endif

/// Another loader, of an SDK or of a package of Python, may lie before the system's.
std::string why_not_open(const std::string& error) {
  const OpenProblem problem = why_not_opened(library_name, error);
  if (problem.file.empty()) return std::string(library_name) + " was not found; " + remedy;
  const std::string package = python_package_of(problem.missing);
  const std::string reason =
      problem.missing.empty() ? error + "; install the loader again"
                              : "it needs " + problem.missing + ", which was not found; install it";
  return problem.file + " cannot be opened: " + reason +
         (package.empty() ? "" : " (pip install " + package + ")") +
         ", or take that folder out of LD_LIBRARY_PATH";
}

std::string open() {
  const common::SharedLibrary library(library_name);
  if (!library.handle) return why_not_open(library.error);
#define CL_FUNCTION(name) found[index_of_##name] = library.find(#name);
#include "backends/opencl/functions.def"
  return {};
}

}  // namespace

const std::string& open_library() {
  static const std::string& problem = *new std::string(open());
  return problem;
}

}  // namespace tinygrad::opencl
