// SPDX-License-Identifier: MIT
// A libOpenCL.so.1 that forwards each call to the real one, $TINYGRAD_REAL_OPENCL, and makes some
// calls fail. Programs that have its folder in LD_LIBRARY_PATH open it instead of the loader.
//
//   TINYGRAD_OPENCL_FAULT=clCreateBuffer:3:-4        the third call returns -4, once
//   TINYGRAD_OPENCL_FAULT=clCreateBuffer:3:-4:on     the third call and all later ones return -4
//   TINYGRAD_OPENCL_MISSING=clCreateBuffer           the library has no such function
//
// A running program may set a new fault with tinygrad_opencl_arm("clFinish:1:-5") and end it with
// tinygrad_opencl_arm(""). tinygrad_opencl_fired() returns how often the fault occurred, and
// tinygrad_opencl_calls("clFinish") how often the function was called.
#define CL_TARGET_OPENCL_VERSION 300
#define CL_USE_DEPRECATED_OPENCL_1_1_APIS
#define CL_USE_DEPRECATED_OPENCL_1_2_APIS
#include <CL/cl.h>
#include <dlfcn.h>

#include <atomic>
#include <cstdlib>
#include <tuple>
#include <type_traits>

#include "plan.h"

namespace {

enum Number {
#define CL_FUNCTION(name) number_of_##name,
#include "backends/opencl/functions.def"
  how_many
};
constexpr const char* names[] = {
#define CL_FUNCTION(name) #name,
#include "backends/opencl/functions.def"
};

constinit tinygrad::test::FaultPlan plan;
std::atomic<long> calls[how_many + 1] = {};  // the last element counts unknown functions
int number_of(const char* name) { return tinygrad::test::number_among(names, name); }

void* real_library() {
  static void* const library = [] {
    const char* path = std::getenv("TINYGRAD_REAL_OPENCL");
    void* opened = path ? dlopen(path, RTLD_NOW | RTLD_LOCAL) : nullptr;
    if (!opened) std::fputs("TINYGRAD_REAL_OPENCL names no library\n", stderr), std::abort();
    return opened;
  }();
  return library;
}

/// Calls the real function, or fails as OpenCL's functions do: through its result or through its
/// last argument.
template <class F, Number number> struct Forward;
template <class R, class... A, Number number> struct Forward<R(A...), number> {
  static R call(A... arguments) {
    static const auto real = reinterpret_cast<R (*)(A...)>(dlsym(real_library(), names[number]));
    ++calls[number];
    if (!plan.fails(number)) return real(arguments...);
    if constexpr (std::is_same_v<R, cl_int>) return plan.error();
    else {
      if (cl_int* out = std::get<sizeof...(A) - 1>(std::tuple<A...>(arguments...)))
        *out = plan.error();
      return R{};
    }
  }
};

bool is_missing(Number number) {
  const char* missing = std::getenv("TINYGRAD_OPENCL_MISSING");
  return missing && std::strcmp(missing, names[number]) == 0;
}

}  // namespace

extern "C" {

void tinygrad_opencl_arm(const char* text) { plan.arm(text, number_of, std::atoi); }
long tinygrad_opencl_fired() { return plan.fired(); }
long tinygrad_opencl_calls(const char* name) { return calls[number_of(name)]; }

__attribute__((constructor)) static void start() {
  if (const char* text = std::getenv("TINYGRAD_OPENCL_FAULT")) tinygrad_opencl_arm(text);
}

// Each function is an ifunc: dlsym calls its resolver, which may return that there is no such
// function.
#define CL_FUNCTION(name)                                                                  \
  auto resolve_##name()->decltype(name)* {                                                 \
    return is_missing(number_of_##name) ? nullptr                                          \
                                        : Forward<decltype(name), number_of_##name>::call; \
  }                                                                                        \
  decltype(name) name __attribute__((ifunc("resolve_" #name)));
#include "backends/opencl/functions.def"
}
