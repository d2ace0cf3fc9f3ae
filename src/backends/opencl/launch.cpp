// SPDX-License-Identifier: MIT
// Collects the definitions and arguments of a kernel call and passes them to the runtime.
#include "backends/opencl/launch.h"

#include "tinygrad/error.h"

namespace tinygrad::opencl {

const char* computed(DType dtype) {
  return dtype == DType::float64 ? "double" : is_floating(dtype) ? "float" : "long";
}

Launch& Launch::define(const char* name, const std::string& value) {
  if (!std::strcmp(name, "index_t")) narrow_ = value == "int";
  defines_.append("#define ").append(name).append(" ").append(value).append("\n");
  return *this;
}

Launch& Launch::bytes(const void* value, std::size_t size) {
  require(used_ + size <= capacity, "opencl", "the kernel ", function_, " has too many arguments");
  std::memcpy(storage_ + used_, value, size);
  arguments_.push_back({used_, size});
  used_ += size;
  return *this;
}

Launch& Launch::scalar(Scalar s, DType dtype) {
  if (!is_floating(dtype)) return value(cl_long(s.integer()));
  return dtype == DType::float64 ? value(cl_double(s.real())) : value(cl_float(s.real()));
}

template <class I> Launch& Launch::add_layout(const Layout& layout, int operands) {
  I values[1 + 8 + max_operands * 8] = {I(layout.rank)};  // struct Layout of prelude.cl
  for (int d = 0; d < layout.rank; ++d) {
    values[1 + d] = I(layout.shape[d]);
    for (int k = 0; k < operands; ++k) values[9 + 8 * k + d] = I(layout.strides[k][d]);
  }
  return bytes(values, std::size_t(9 + 8 * operands) * sizeof(I));
}

Launch& Launch::layout(const char* name, const Layout& layout, int operands) {
  const std::string rank =
      runtime_.is_cpu_form() ? std::string(name) + ".rank" : std::to_string(layout.rank);
  define((std::string("RANK_") + name).c_str(), rank);
  return narrow_ ? add_layout<cl_int>(layout, operands) : add_layout<cl_long>(layout, operands);
}

void Launch::run(const Grid& grid, std::int64_t work) {
  const std::int64_t items = grid.items[0] * grid.items[1] * grid.items[2];
  if (items > 0)
    runtime_.launch(file_, function_, defines_, storage_, arguments_, grid, std::max(work, items));
}

}  // namespace tinygrad::opencl
