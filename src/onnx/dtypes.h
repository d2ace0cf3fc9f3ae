// SPDX-License-Identifier: MIT
// The element types of ONNX, TensorProto.DataType in onnx.proto, one row each: the number in files,
// the name, and the dtype of a tensor of this library if there is one that holds the values.
#pragma once
#include <cstdint>
#include <optional>
#include <string>

#include "tinygrad/dtype.h"

namespace tinygrad::onnx {

struct ElementType {
  std::int64_t number;
  const char* name;
  std::optional<DType> dtype;  ///< not set: tensors of it are refused by name
};
inline constexpr ElementType element_types[] = {
    {1, "FLOAT", float32},    {2, "UINT8", uint8},
    {3, "INT8", int8},        {4, "UINT16", uint16},
    {5, "INT16", int16},      {6, "INT32", int32},
    {7, "INT64", int64},      {8, "STRING", {}},
    {9, "BOOL", boolean},     {10, "FLOAT16", float16},
    {11, "DOUBLE", float64},  {12, "UINT32", uint32},
    {13, "UINT64", {}},       {14, "COMPLEX64", {}},
    {15, "COMPLEX128", {}},   {16, "BFLOAT16", bfloat16},
    {17, "FLOAT8E4M3FN", {}}, {18, "FLOAT8E4M3FNUZ", {}},
    {19, "FLOAT8E5M2", {}},   {20, "FLOAT8E5M2FNUZ", {}},
    {21, "UINT4", {}},        {22, "INT4", {}},
    {23, "FLOAT4E2M1", {}},   {24, "FLOAT8E8M0", {}},
    {25, "UINT2", {}},        {26, "INT2", {}}};

/// The row of a number in a file; null if there is none.
constexpr const ElementType* find_element_type(std::int64_t number) {
  for (const ElementType& row : element_types)
    if (row.number == number) return &row;
  return nullptr;
}
/// The number in files of a dtype; every dtype has one.
constexpr std::int64_t number_of(DType dtype) {
  for (const ElementType& row : element_types)
    if (row.dtype == dtype) return row.number;
  return 0;  // not reached
}
/// The name for messages: "FLOAT", or "type 99".
inline std::string element_type_name(std::int64_t number) {
  const ElementType* const row = find_element_type(number);
  return row ? row->name : "type " + std::to_string(number);
}

}  // namespace tinygrad::onnx
