// Opens libOpenCL.so.1 and looks up the functions that are used. A function that it lacks answers
// with an OpenCL error.
#include "backends/opencl/library.h"

#include <dlfcn.h>

#include <cstring>
#include <tuple>
#include <type_traits>

#include "backends/opencl/cl.h"

namespace tinygrad::opencl {
namespace {

/// Where each function lies in the library; null where it has none, or was not opened.
enum Number {
#define CL_FUNCTION(name) number_of_##name,
#include "backends/opencl/functions.def"
  how_many
};
void* found[how_many] = {};

// The binding asks for a device's platform, and for the version of that, without looking whether it
// was answered (detail::getDevicePlatformVersion). Where the driver fails it must find a null
// platform, and a text that reads as a version.
void forget(cl_device_id, cl_device_info, std::size_t room, void* to, std::size_t*) {
  if (to) std::memset(to, 0, room);
}
void forget(cl_platform_id, cl_platform_info what, std::size_t room, void* to,
            std::size_t* needed) {
  constexpr char oldest[] = "OpenCL 1.0 ";
  if (what != CL_PLATFORM_VERSION) return;
  if (needed) *needed = sizeof oldest;
  if (to && room >= sizeof oldest) std::memcpy(to, oldest, sizeof oldest);
}
template <class... A> void forget(A...) {}

/// Calls the library's function. Without one it fails as OpenCL's functions do: by its result, or
/// through its last argument.
template <class F, Number number> struct Forward;
template <class R, class... A, Number number> struct Forward<R(A...), number> {
  static R call(A... arguments) {
    const R result = passed_on(arguments...);
    if constexpr (std::is_same_v<R, cl_int>)
      if (result != CL_SUCCESS) forget(arguments...);
    return result;
  }
  static R passed_on(A... arguments) {
    if (found[number]) return reinterpret_cast<R (*)(A...)>(found[number])(arguments...);
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
                                tinygrad::opencl::number_of_##name>::call;
#include "backends/opencl/functions.def"

namespace tinygrad::opencl {
namespace {

std::string open() {
  void* library = dlopen("libOpenCL.so.1",
                         RTLD_NOW | RTLD_LOCAL);  // never closed: drivers have threads of their own
  if (!library)
    return "libOpenCL.so.1 cannot be opened; install the loader (Debian, Ubuntu: apt-get install "
           "ocl-icd-libopencl1) and a driver";
#define CL_FUNCTION(name) found[number_of_##name] = dlsym(library, #name);
#include "backends/opencl/functions.def"
  return {};
}

}  // namespace

const std::string& open_library() {
  static const std::string& problem = *new std::string(open());
  return problem;
}

}  // namespace tinygrad::opencl
