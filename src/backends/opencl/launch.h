// SPDX-License-Identifier: MIT
// Launch: builds one call of a kernel from the definitions it is compiled with, its arguments in
// order, and the number of work-items:
//
//   Launch(runtime, "example.cl", "rows")
//       .type("T", x.dtype()).view(x).view(y).value(cl_int(columns)).run(rows);
//
// The kernel is  kernel void rows(IN(x), OUT(y), const int columns)  and begins with
// OPEN(x); OPEN(y);  (prelude.cl).
#pragma once
#include <cstring>
#include <string>

#include "backends/common/index_width.h"
#include "backends/opencl/runtime.h"

namespace tinygrad::opencl {

/// Returns the type in which kernels compute with a dtype: "float", "double" or "long".
const char* computed(DType dtype);

inline Extents extents_of(const View& v) {
  return {v.rank(), v.shape().begin(), v.strides().begin()};
}

class Launch {
 public:
  Launch(Runtime& runtime, const char* file, const char* function)
      : runtime_(runtime), file_(file), function_(function) {}

  /// Adds  #define NAME value  in front of the kernel's source.
  Launch& define(const char* name, const std::string& value);
  Launch& define(const char* name, int value) { return define(name, std::to_string(value)); }
  /// Defines `name` as the type in which kernels compute with the dtype.
  Launch& type(const char* name, DType dtype) { return define(name, computed(dtype)); }
  /// Defines index_t as int, or as long if counts or offsets do not fit into 32 bits.
  Launch& indices(bool narrow) { return define("index_t", narrow ? "int" : "long"); }

  /// Passes IN(x) or OUT(x), which are three arguments: the buffer, the offset of the view in
  /// bytes, and its dtype. A null view is passed as a null pointer.
  Launch& view(const View& v) {
    return memory(v.memory())
        .value(cl_long(v.offset() * std::int64_t(size_of(v.dtype()))))
        .value(cl_int(v.dtype()));
  }
  Launch& memory(const Memory& memory) { return value(memory.handle); }
  /// Passes a scalar, or a struct that the kernel declares with the same members.
  template <class T> Launch& value(const T& v) {
    static_assert(std::is_trivially_copyable_v<T>);
    return bytes(&v, sizeof(T));
  }
  /// Passes a scalar in the type in which kernels compute with `dtype`.
  Launch& scalar(Scalar s, DType dtype);
  /// Passes n as index_t, int or long. Must be called after indices().
  Launch& index(std::int64_t n) { return narrow_ ? value(cl_int(n)) : value(cl_long(n)); }
  /// The Layout `name` over the layout's operands (prelude.cl); after indices().
  Launch& layout(const char* name, const Layout& layout, int operands);

  /// Runs the kernel with one dimension of items, in work-groups of the default size. `work` is the
  /// number of elementary steps if an item does more than one.
  void run(std::int64_t items, std::int64_t work = 0) {
    run({{items, 1, 1}, {runtime_.traits().group, 1, 1}}, work);
  }
  void run(const Grid& grid, std::int64_t work = 0);

 private:
  Launch& bytes(const void* value, std::size_t size);
  template <class I> Launch& add_layout(const Layout& layout, int operands);

  static constexpr std::size_t capacity = 2048;
  Runtime& runtime_;
  const char *file_, *function_;
  std::string defines_;
  bool narrow_ = true;
  alignas(16) char storage_[capacity];
  std::size_t used_ = 0;
  std::vector<Runtime::Argument> arguments_;
};

/// Work-items that keep a device busy; with fewer, rows and columns are split into chunks.
constexpr std::int64_t busy_items = 16384;

}  // namespace tinygrad::opencl
