// A call of a kernel: what it is compiled for, its arguments in order, and how many work-items run
// it.
//
//   Launch(runtime, "softmax.cl", "rows").type("T",
//   x.dtype()).view(x).view(y).value(cl_int(columns)).run(rows);
//
// The kernel is  kernel void rows(IN(x), OUT(y), const int columns)  and begins with  OPEN(x);
// OPEN(y);  (prelude.cl).
#pragma once
#include <cstring>
#include <string>

#include "backends/common/layout.h"
#include "backends/opencl/runtime.h"

namespace tinygrad::opencl {

/// The type that a dtype is computed in: "float", "double" or "long".
const char* computed(DType dtype);

inline Extents extents_of(const View& v) {
  return {v.rank(), v.shape().begin(), v.strides().begin()};
}

/// Whether a walk's offsets and counts fit into 32 bits, which integrated GPUs compute with several
/// times faster.
bool fits_32_bits(const Layout& layout, int operands);
inline bool fits_32_bits(std::int64_t n) { return n < (std::int64_t(1) << 31) - 4096; }

class Launch {
 public:
  Launch(Runtime& runtime, const char* file, const char* function)
      : runtime_(runtime), file_(file), function_(function) {}

  /// #define NAME value, before the kernel's text.
  Launch& define(const char* name, const std::string& value);
  Launch& define(const char* name, int value) { return define(name, std::to_string(value)); }
  /// The type that the dtype is computed in.
  Launch& type(const char* name, DType dtype) { return define(name, computed(dtype)); }
  /// The type index_t: int, or long where counts or offsets are too large for it.
  Launch& indices(bool narrow) { return define("index_t", narrow ? "int" : "long"); }

  /// IN(x) or OUT(x), three arguments: the buffer, the byte where the view begins, and its dtype. A
  /// null view is a null pointer.
  Launch& view(const View& v) {
    return memory(v.memory())
        .value(cl_long(v.offset() * std::int64_t(size_of(v.dtype()))))
        .value(cl_int(v.dtype()));
  }
  Launch& memory(const Memory& memory) { return value(memory.handle); }
  /// A number, or a struct that the kernel declares alike.
  template <class T> Launch& value(const T& v) {
    static_assert(std::is_trivially_copyable_v<T>);
    return bytes(&v, sizeof(T));
  }
  /// A number in the type that `dtype` is computed in.
  Launch& number(Scalar s, DType dtype);
  /// An int or a long, whichever index_t is; after indices().
  Launch& index(std::int64_t n) { return narrow_ ? value(cl_int(n)) : value(cl_long(n)); }
  /// The Walk `name` over the layout's operands (prelude.cl); after indices().
  Launch& walk(const char* name, const Layout& layout, int operands);

  /// One dimension of items, in groups of the usual size. work: elementary steps, where an item
  /// does more than one.
  void run(std::int64_t items, std::int64_t work = 0) {
    run({{items, 1, 1}, {runtime_.traits().group, 1, 1}}, work);
  }
  void run(const Grid& grid, std::int64_t work = 0);

 private:
  Launch& bytes(const void* value, std::size_t size);
  template <class I> Launch& walk_of(const Layout& layout, int operands);

  static constexpr std::size_t room = 2048;
  Runtime& runtime_;
  const char *file_, *function_;
  std::string defines_;
  bool narrow_ = true;
  alignas(16) char storage_[room];
  std::size_t used_ = 0;
  std::vector<Runtime::Argument> arguments_;
};

}  // namespace tinygrad::opencl
