// SPDX-License-Identifier: MIT
// Imports tensors: over the memory of another library where a tensor can use it as it is, otherwise
// as a copy.
#include "dtype.h"
#include "tinygrad/dlpack/dlpack.h"
#include "tinygrad/op.h"
#include "tinygrad/ops.h"

namespace tinygrad::dlpack {
namespace {

DType dtype_of(const Call& call, const DLDataType& type) {
  for (const DType dtype : all_dtypes)
    if (type_of(dtype) == type) return dtype;
  fail<DTypeError>(call, "there is no dtype for elements of DLPack's type code ", int(type.code),
                   " with ", int(type.bits), " bits and ", type.lanes,
                   " lanes; convert them in the library that they come from");
}

Device device_of(const Call& call, const DLDevice& from) {
  const bool is_cuda = from.device_type == kDLCUDA;
  require<DeviceError>(is_cuda || from.device_type == kDLCPU || from.device_type == kDLCUDAHost,
                       call, "the memory belongs to a device of DLPack's type ",
                       std::int32_t(from.device_type), "; copy it to the CPU first");
  require<DeviceError>(!is_cuda || from.device_id >= 0, call, "there is no CUDA device ",
                       from.device_id);
  return is_cuda ? Device("cuda:" + std::to_string(from.device_id)) : Device("cpu");
}

/// Where the elements lie: element (i, j, ...) is element offset + i strides[0] + j strides[1] +
/// ... of `extent` elements from `lowest` on.
struct Layout {
  DType dtype = float32;
  Shape shape;
  Strides strides;
  std::int64_t offset = 0, extent = 0;
  void* lowest = nullptr;
  bool has_negative_stride = false;
};

/// Adds a dimension to the range of elements. Returns false if it exceeds what memory can hold.
bool add_dimension(Layout& layout, std::int64_t size, std::int64_t stride) {
  constexpr std::int64_t most = INT64_MAX / 16;  // in bytes, too
  std::int64_t reach = 0;
  if (!checked_mul(size - 1, stride, reach) || reach > most || reach < -most) return false;
  if (reach < 0) layout.offset -= reach, layout.has_negative_stride = true;
  layout.extent += reach < 0 ? -reach : reach;
  return layout.extent <= most;
}

Layout layout_of(const Call& call, const DLTensor& from) {
  Layout layout;
  layout.dtype = dtype_of(call, from.dtype);
  require<ShapeError>(from.ndim >= 0 && from.ndim <= max_rank && (from.shape || from.ndim == 0),
                      call, "expected a rank of at most ", max_rank, ", got ", from.ndim);
  layout.shape = Shape(from.shape, from.ndim);
  for (const std::int64_t size : layout.shape)
    require<ShapeError>(size >= 0, call, "a size is negative: ", layout.shape);
  const bool is_empty = layout.shape.count(call.location) == 0;
  layout.strides = dense_strides(layout.shape);
  if (is_empty) return layout;
  for (int i = 0; from.strides && i < from.ndim; ++i)
    if (layout.shape[i] > 1) layout.strides[i] = from.strides[i];
  layout.extent = 1;
  for (int i = 0; i < from.ndim; ++i)
    require<ShapeError>(add_dimension(layout, layout.shape[i], layout.strides[i]), call, "shape ",
                        layout.shape, " with strides ", layout.strides,
                        " exceeds what memory can hold");
  const std::size_t size = size_of(layout.dtype);
  std::byte* first = static_cast<std::byte*>(from.data) + from.byte_offset;
  require(from.data && reinterpret_cast<std::uintptr_t>(first) % size == 0, call, "the address is ",
          from.data ? "not aligned to elements of " : "null, without elements of ",
          to_string(layout.dtype), "; copy them in the library that they come from");
  layout.lowest = first - std::size_t(layout.offset) * size;
  return layout;
}

/// A copy of the elements in memory of the library's own.
Tensor copied(const Layout& from, const Device& device) {
  const Memory memory{from.lowest, std::size_t(from.extent) * size_of(from.dtype)};
  const View view(memory, from.dtype, from.shape, from.strides, from.offset);
  Tensor copy = apply({.name = "from_dlpack",
                       .inputs = Tensors(),
                       .outputs = {{from.shape, from.dtype}},
                       .kernel =
                           [view](Backend& b, Views, Views out) {
                             if (view.count()) b.copy(view, out[0]);
                             return true;
                           },
                       .backend = &backend(device)});
  synchronize(device);
  return copy;
}

template <class Managed> void call_deleter(Managed* managed) {
  if (managed->deleter) managed->deleter(managed);
}

template <class Managed> Tensor imported(const Call& call, Managed* managed, bool is_read_only) {
  const Device device = device_of(call, managed->dl_tensor.device);
  const Layout from = layout_of(call, managed->dl_tensor);
  if (is_read_only || from.has_negative_stride || from.extent == 0 || !backend(device).is_host()) {
    const Tensor copy = copied(from, device);
    call_deleter(managed);
    return copy;
  }
  const Tensor memory = from_blob(
      from.lowest, {from.extent}, {.dtype = from.dtype, .device = device},
      [managed](void*) { call_deleter(managed); }, call.location);
  return as_strided({memory, call.location}, from.shape, from.strides).detach();
}

}  // namespace

Tensor from_dlpack(DLManagedTensorVersioned* managed, SourceLocation location) {
  const Call call{"from_dlpack", location};
  require(managed, call, "there is no struct");
  require(managed->version.major == 1, call, "expected DLPack 1, got version ",
          managed->version.major, ".", managed->version.minor);
  return imported(call, managed, managed->flags & DLPACK_FLAG_READ_ONLY);
}

Tensor from_dlpack(DLManagedTensor* managed, SourceLocation location) {
  const Call call{"from_dlpack", location};
  require(managed, call, "there is no struct");
  return imported(call, managed, false);
}

}  // namespace tinygrad::dlpack
