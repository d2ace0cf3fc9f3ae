// SPDX-License-Identifier: MIT
// Exports tensors: a struct of DLPack that holds a handle of the tensor until its deleter is
// called.
#include <algorithm>
#include <memory>

#include "dtype.h"
#include "tinygrad/dlpack/dlpack.h"
#include "tinygrad/op.h"
#include "tinygrad/ops.h"

namespace tinygrad::dlpack {
namespace {

/// What a struct points to, and itself; its deleter deletes all of it.
template <class Managed> struct Exported {
  Tensor tensor;
  Shape shape;
  Strides strides;
  Managed managed = {};
};

/// Returns whether elements may share memory: whether, from the smallest stride on, a stride does
/// not reach beyond all elements of the dimensions before it.
bool may_overlap(const View& view) {
  std::vector<std::pair<std::int64_t, std::int64_t>> dims;  // stride, size
  for (int i = 0; i < view.rank(); ++i)
    if (view.size(i) > 1) dims.emplace_back(view.stride(i), view.size(i));
  std::sort(dims.begin(), dims.end());
  std::int64_t reach = 0;
  for (const auto& [stride, size] : dims) {
    if (stride <= reach) return true;
    reach += (size - 1) * stride;
  }
  return false;
}

/// The device in DLPack's terms. A GPU has the same number in CUDA unless GPUs before it are too
/// old for the backend.
DLDevice device_of(const Call& call, const Device& device) {
  if (backend(device).is_host()) return {kDLCPU, 0};
  require<DeviceError>(device.name == "cuda", call, "DLPack cannot describe memory of ", device,
                       "; export x.to(\"cpu\")");
  return {kDLCUDA, device.index};
}

template <class Managed> Managed* exported(const Call& call, const Tensor& x) {
  require<AutogradError>(!x.requires_grad(), call,
                         "x requires a gradient, which another library would lose; export "
                         "x.detach()");
  const DLDevice device = device_of(call, x.device());
  synchronize(x.device());
  const View& view = view_of(x);
  auto all = std::make_unique<Exported<Managed>>(
      Exported<Managed>{x.detach(), view.shape(), view.strides()});
  const std::size_t start = std::size_t(view.offset()) * size_of(view.dtype());
  void* data = view.count() ? static_cast<std::byte*>(view.memory().handle) + start : nullptr;
  Managed& managed = all->managed;
  managed.dl_tensor = {
      data, device, view.rank(), type_of(view.dtype()), all->shape.begin(), all->strides.begin(),
      0};
  managed.deleter = [](Managed* self) {
    delete static_cast<Exported<Managed>*>(self->manager_ctx);
  };
  managed.manager_ctx = all.get();
  return &all.release()->managed;
}

}  // namespace

DLManagedTensorVersioned* to_dlpack(In x, const ExportOptions& options) {
  auto* managed = exported<DLManagedTensorVersioned>({"to_dlpack", x.location}, x.given());
  managed->version = {1, 0};
  if (options.read_only || may_overlap(view_of(*x))) managed->flags = DLPACK_FLAG_READ_ONLY;
  return managed;
}

DLManagedTensor* to_dlpack_unversioned(In x) {
  const bool copies = may_overlap(view_of(x.given()));
  return exported<DLManagedTensor>({"to_dlpack_unversioned", x.location}, copies ? clone(*x) : *x);
}

}  // namespace tinygrad::dlpack
