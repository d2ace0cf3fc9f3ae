// Opens libOpenCL.so.1 and looks up the functions that are used. A function that it lacks answers with an OpenCL error.
#include "backends/opencl/library.h"

#include <dlfcn.h>

#include <tuple>
#include <type_traits>

#include "backends/opencl/cl.h"

namespace tinygrad::opencl {
namespace {

/// What stands in for a function that is not there: it fails as OpenCL's functions do, by its result or through its last argument.
template <class F> struct Missing;
template <class R, class... A> struct Missing<R(A...)> {
  static R call([[maybe_unused]] A... arguments) {
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

#define CL_FUNCTION(name) decltype(tinygrad_##name) tinygrad_##name = tinygrad::opencl::Missing<std::remove_pointer_t<decltype(tinygrad_##name)>>::call;
#include "backends/opencl/functions.def"

namespace tinygrad::opencl {
namespace {

std::string open() {
  void* library = dlopen("libOpenCL.so.1", RTLD_NOW | RTLD_LOCAL);  // never closed: drivers have threads of their own
  if (!library) return "libOpenCL.so.1 cannot be opened; install the loader (Debian, Ubuntu: apt-get install ocl-icd-libopencl1) and a driver";
#define CL_FUNCTION(name) \
  if (void* found = dlsym(library, #name)) tinygrad_##name = reinterpret_cast<decltype(tinygrad_##name)>(found);
#include "backends/opencl/functions.def"
  return {};
}

}  // namespace

const std::string& open_library() {
  static const std::string& problem = *new std::string(open());
  return problem;
}

}  // namespace tinygrad::opencl
