// SPDX-License-Identifier: MIT
// The element types of DLPack: a code, the bits of an element, and 1 lane.
#pragma once
#include "layout.h"
#include "tinygrad/dtype.h"

namespace tinygrad::dlpack {

constexpr DLDataType type_of(DType dtype) {
  const bool is_signed = integer_range(dtype).least < 0;
  const DLDataTypeCode code = dtype == boolean     ? kDLBool
                              : dtype == bfloat16  ? kDLBfloat
                              : is_floating(dtype) ? kDLFloat
                              : is_signed          ? kDLInt
                                                   : kDLUInt;
  return {code, std::uint8_t(8 * size_of(dtype)), 1};
}
constexpr bool operator==(const DLDataType& a, const DLDataType& b) {
  return a.code == b.code && a.bits == b.bits && a.lanes == b.lanes;
}

}  // namespace tinygrad::dlpack
