// fill and copy: any strides, any dtype to any dtype. Both are elementwise kernels whose formula moves a number, or converts it.
#include "backends/opencl/elementwise.h"
#include "backends/opencl/kernels.h"

namespace tinygrad::opencl {
namespace {

enum class Kind { real32, real64, integer };
Kind kind_of(DType dtype) { return dtype == DType::float64 ? Kind::real64 : is_floating(dtype) ? Kind::real32 : Kind::integer; }

std::string conversion(DType from, DType to) {
  if (to == DType::boolean) return "TO(long, a != 0)";
  if (kind_of(from) == kind_of(to)) return "a";
  if (kind_of(to) == Kind::integer)
    return std::string("saturated_") + (to == DType::int32 ? "int32" : to == DType::uint8 ? "uint8" : "int64") + "(a)";
  return kind_of(to) == Kind::real64 ? "TO(double, a)" : "TO(float, a)";
}

}  // namespace

void fill(Runtime& runtime, const View& out, Scalar value) {
  if (out.dtype() == DType::boolean) value = Scalar(value.real() != 0);
  elementwise(runtime, {"(VEC(Y))(p)", out.dtype(), false}, {value, 0}, {}, out);
}

void copy(Runtime& runtime, const View& x, const View& out) {
  elementwise(runtime, {conversion(x.dtype(), out.dtype()), x.dtype(), false}, {}, {x}, out);
}

}  // namespace tinygrad::opencl
