// SPDX-License-Identifier: MIT
// The dtype of the innermost Autocast of each thread.
#include "autocast.h"

#include "call.h"

namespace tinygrad {
namespace {

thread_local DType product_dtype = DType::float32;

}  // namespace

DType autocast_dtype() { return product_dtype; }

Autocast::Autocast(DType dtype, SourceLocation location) : before_(product_dtype) {
  require<DTypeError>(is_half(dtype) || dtype == DType::float32, Call{"Autocast", location},
                      "expected float16, bfloat16 or float32, got ", to_string(dtype));
  product_dtype = dtype;
}
Autocast::~Autocast() { product_dtype = before_; }

AutocastOff::AutocastOff() : before_(product_dtype) { product_dtype = DType::float32; }
AutocastOff::~AutocastOff() { product_dtype = before_; }

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
