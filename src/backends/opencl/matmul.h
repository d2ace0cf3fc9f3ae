// SPDX-License-Identifier: MIT
// Helpers that matrix products and convolutions share: operands converted to the dtype in which
// kernels compute, packed panels of columns, and the two product kernels of the gpu form.
#pragma once
#include <optional>

#include "backends/opencl/dense.h"
#include "backends/opencl/launch.h"

namespace tinygrad::opencl {

/// Returns how many elements one vector register of the device holds, in the dtype in which kernels
/// compute with `dtype`.
inline int lanes_of(Runtime& runtime, DType dtype) {
  return runtime.traits().lanes * 4 / int(size_of(computed_dtype(dtype)));
}

/// Returns the side of a thread tile (tile.cl) for m x n sums: 8, or 4 if elements have 8 bytes or
/// if tiles of 64 x 64 would reach far beyond the edges.
inline int thread_tile_size(DType dtype, std::int64_t m, std::int64_t n) {
  const bool is_wide = size_of(computed_dtype(dtype)) == 8;
  return is_wide || round_up(m, 64) * round_up(n, 64) >= 2 * round_up(m, 32) * round_up(n, 32) ? 4
                                                                                               : 8;
}

/// x as a dense array of the dtype in which kernels compute: x itself, or a converted copy.
class Computed {
 public:
  Computed(Runtime& runtime, const View& x);
  const View& view() const { return view_; }

 private:
  std::optional<ScratchView> copy_;
  View view_;
};

/// The matrices b [K, N] of a batch, packed into panels of `columns` columns:
/// [matrices][panels][K][columns], with zeros after the last column. `batch` is the layout of the
/// batch, in which b is operand k; its strides of b are replaced by those of the packed matrices.
class Panels {
 public:
  Panels(Runtime& runtime, const View& b, int columns, Layout& batch, int k);
  const View& view() const { return packed_; }

 private:
  std::int64_t depth_, panels_, matrices_;
  ScratchView packed_;
};

/// Compute c [..., m, n] = a b + bias by one of the two tiled kernels of the gpu form. The kernel
/// with sub-groups requires float32, contiguous rows, n a multiple of 32 and k a multiple of 16.
enum class SubGroups { native, emulated };
void product_by_tiles(Runtime& runtime, const View& a, const View& b, const View& bias,
                      const View& c);
void product_by_sub_groups(Runtime& runtime, const View& a, const View& b, const View& bias,
                           const View& c, SubGroups of);
/// Returns whether the kernel with sub-groups computes the same as the other one on this device.
bool sub_groups_pass(Runtime& runtime);

}  // namespace tinygrad::opencl
