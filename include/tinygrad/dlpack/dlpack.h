// SPDX-License-Identifier: MIT
// Shares tensors with other libraries (NumPy, PyTorch, JAX, CuPy) without copying elements, by the
// C structs of DLPack 1 (https://dmlc.github.io/dlpack/latest). They are only declared here, so
// that a program includes the dlpack.h that it has, of any version, or none.
#pragma once
#include "tinygrad/tensor.h"

struct DLManagedTensor;
struct DLManagedTensorVersioned;

namespace tinygrad::dlpack {

/// Options of to_dlpack().
struct ExportOptions {
  bool read_only = false;  ///< tell the other library that it must not write
};
/// The elements of x for another library, without a copy; it calls the struct's deleter when it is
/// done, and until then they stay in memory. Autograd does not notice what the other library
/// writes. If elements of x share memory (expand), the struct is read-only. Waits until the device
/// has computed x. Throws AutogradError if x requires a gradient (export x.detach()), and
/// DeviceError if the memory is neither the host's nor CUDA's.
TINYGRAD_API DLManagedTensorVersioned* to_dlpack(In x, const ExportOptions& options = {});
/// The same in the struct of before version 1, which cannot be read-only: if elements of x share
/// memory, this exports a copy.
TINYGRAD_API DLManagedTensor* to_dlpack_unversioned(In x);

/// A tensor over the elements of another library. If it is the host's memory, it is shared, and the
/// deleter is called when the last tensor over it is gone. The elements are copied, and the deleter
/// is called at once, if the memory is CUDA's (the other library's work on it must be complete),
/// if it is read-only, or if a stride is negative. If this function throws, the struct still
/// belongs to the caller: ArgumentError for another major version, an address that is not aligned
/// to elements, or impossible sizes; DTypeError and DeviceError for what has no equivalent here.
TINYGRAD_API Tensor from_dlpack(DLManagedTensorVersioned* managed,
                                SourceLocation location = SourceLocation::current());
/// The same for the struct of before version 1.
TINYGRAD_API Tensor from_dlpack(DLManagedTensor* managed,
                                SourceLocation location = SourceLocation::current());

}  // namespace tinygrad::dlpack
