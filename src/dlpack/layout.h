// SPDX-License-Identifier: MIT
// The structs of DLPack 1.0 as its specification lays them out in memory
// (https://dmlc.github.io/dlpack/latest/c_api.html), and the codes that are used here.
#pragma once
#include <cstdint>

enum DLDeviceType : std::int32_t { kDLCPU = 1, kDLCUDA = 2, kDLCUDAHost = 3 };
enum DLDataTypeCode : std::uint8_t {
  kDLInt = 0,
  kDLUInt = 1,
  kDLFloat = 2,
  kDLBfloat = 4,
  kDLBool = 6
};

struct DLPackVersion {
  std::uint32_t major, minor;
};
struct DLDevice {
  DLDeviceType device_type;
  std::int32_t device_id;
};
struct DLDataType {
  std::uint8_t code, bits;
  std::uint16_t lanes;  ///< elements of a vector type; 1 otherwise
};
struct DLTensor {
  void* data;
  DLDevice device;
  std::int32_t ndim;
  DLDataType dtype;
  std::int64_t *shape, *strides;  ///< strides in elements; null: row-major
  std::uint64_t byte_offset;      ///< of the first element from data
};
struct DLManagedTensor {
  DLTensor dl_tensor;
  void* manager_ctx;
  void (*deleter)(DLManagedTensor* self);  ///< null if there is nothing to free
};

inline constexpr std::uint64_t DLPACK_FLAG_READ_ONLY = 1, DLPACK_FLAG_COPIED = 2;

struct DLManagedTensorVersioned {
  DLPackVersion version;
  void* manager_ctx;
  void (*deleter)(DLManagedTensorVersioned* self);
  std::uint64_t flags;
  DLTensor dl_tensor;
};

static_assert(sizeof(DLTensor) == 48 && sizeof(DLManagedTensor) == 64 &&
              sizeof(DLManagedTensorVersioned) == 80);
