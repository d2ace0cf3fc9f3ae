// SPDX-License-Identifier: MIT
// Functions with C names for tests/dlpack/numpy.py, which calls them through ctypes.
#include <exception>

#include "dlpack/layout.h"
#include "tinygrad/dlpack/dlpack.h"
#include "tinygrad/ops.h"

using namespace tinygrad;

static std::string last_error;

extern "C" {

/// 0, 1, ... 23 as [4, 6] of the dtype with this name.
TINYGRAD_API Tensor* tensor_new(const char* name) {
  for (const DType dtype : all_dtypes)
    if (std::string(to_string(dtype)) == name)
      return new Tensor(arange(24).to(dtype).reshape({4, 6}));
  return nullptr;
}
/// The columns 1, 3 and 5 of x, transposed: [3, 4].
TINYGRAD_API Tensor* tensor_view(const Tensor* x) {
  return new Tensor(x->slice(1, 1, 6, 2).transpose(0, 1));
}
TINYGRAD_API Tensor* tensor_expanded(const Tensor* x) { return new Tensor(x->expand({2, 4, 6})); }
TINYGRAD_API void tensor_delete(Tensor* x) { delete x; }
TINYGRAD_API double tensor_at(const Tensor* x, std::int64_t i) {
  return x->flatten()[i].item<double>();
}
TINYGRAD_API void tensor_fill(Tensor* x, double value) { x->fill_(value); }
TINYGRAD_API const char* tensor_about(const Tensor* x) {
  static std::string text;
  return (text = to_string(x->dtype()) + to_string(x->shape())).c_str();
}
TINYGRAD_API std::size_t live_blocks() { return memory_stats("cpu").live_blocks; }
TINYGRAD_API const char* error() { return last_error.c_str(); }

TINYGRAD_API void* to_dlpack(const Tensor* x, bool read_only) {
  return dlpack::to_dlpack(*x, {.read_only = read_only});
}
TINYGRAD_API void* to_dlpack_unversioned(const Tensor* x) {
  return dlpack::to_dlpack_unversioned(*x);
}
/// Null if the import fails; then error() says why.
TINYGRAD_API Tensor* from_dlpack(void* managed, bool is_versioned) {
  try {
    return new Tensor(is_versioned
                          ? dlpack::from_dlpack(static_cast<DLManagedTensorVersioned*>(managed))
                          : dlpack::from_dlpack(static_cast<DLManagedTensor*>(managed)));
  } catch (const std::exception& problem) {
    last_error = problem.what();
    return nullptr;
  }
}

}  // extern "C"
