// SPDX-License-Identifier: MIT
// The dtype of the innermost Autocast of each thread.
#include "autocast.h"

#include "call.h"

namespace tinygrad {
namespace {

thread_local DType dtype_of_products = DType::float32;

}  // namespace

DType autocast_dtype() { return dtype_of_products; }

Autocast::Autocast(DType dtype, SourceLocation location) : before_(dtype_of_products) {
  require<DTypeError>(is_half(dtype) || dtype == DType::float32, Call{"Autocast", location},
                      "expected float16, bfloat16 or float32, got ", to_string(dtype));
  dtype_of_products = dtype;
}
Autocast::~Autocast() { dtype_of_products = before_; }

AutocastOff::AutocastOff() : before_(dtype_of_products) { dtype_of_products = DType::float32; }
AutocastOff::~AutocastOff() { dtype_of_products = before_; }

void check_parameter(const Call& call, const Tensor& x, const Tensor& parameter, const char* name) {
  if (!parameter.defined()) return;
  require<DeviceError>(x.device() == parameter.device(), call, "x is on ", x.device(), ", but ",
                       name, " is on ", parameter.device(), "; move x with to(\"",
                       parameter.device(), "\"), or the module with to(\"", x.device(), "\")");
  const auto is_cast = [](DType d) {
    return autocast_dtype() != DType::float32 && is_floating(d) && d != DType::float64;
  };
  const DType a = x.dtype(), b = parameter.dtype();
  if (a == b || (is_cast(a) && is_cast(b))) return;
  const std::string to_a = std::string(" with to(") + to_string(a) + ")",
                    to_b = std::string(" with to(") + to_string(b) + ")";
  fail<DTypeError>(call, "x is ", to_string(a), ", but ", name, " is ", to_string(b), "; convert ",
                   !is_floating(b)  ? name + to_a
                   : is_floating(a) ? "x" + to_b + ", or the module" + to_a
                                    : "x" + to_b);
}

}  // namespace tinygrad
