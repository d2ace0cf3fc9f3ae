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
                      "takes float16, bfloat16 or float32, not ", to_string(dtype));
  product_dtype = dtype;
}
Autocast::~Autocast() { product_dtype = before_; }

AutocastOff::AutocastOff() : before_(product_dtype) { product_dtype = DType::float32; }
AutocastOff::~AutocastOff() { product_dtype = before_; }

}  // namespace tinygrad
