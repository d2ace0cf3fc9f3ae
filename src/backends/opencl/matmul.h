// What products and convolutions share: numbers in the type that kernels compute in, and panels of
// columns.
#pragma once
#include <optional>

#include "backends/opencl/launch.h"

namespace tinygrad::opencl {

inline std::int64_t ceil_div(std::int64_t n, std::int64_t size) { return (n + size - 1) / size; }
inline std::int64_t round_up(std::int64_t n, std::int64_t size) { return ceil_div(n, size) * size; }

/// The dtype that a dtype is computed in: float32, float64 or int64.
inline DType computed_dtype(DType dtype) {
  return !is_floating(dtype) ? DType::int64 : dtype == DType::float64 ? dtype : DType::float32;
}

/// How many numbers of a dtype, as it is computed, one of a processor's registers holds.
inline int lanes_of(Runtime& runtime, DType dtype) {
  return runtime.traits().lanes * 4 / int(size_of(computed_dtype(dtype)));
}

/// The side of an item's part of m x n sums in tile.cl: 8, but for numbers of 8 bytes, and where
/// tiles of 64 would reach far beyond the edges.
inline int tile_item(DType dtype, std::int64_t m, std::int64_t n) {
  const bool is_wide = size_of(computed_dtype(dtype)) == 8;
  return is_wide || round_up(m, 64) * round_up(n, 64) >= 2 * round_up(m, 32) * round_up(n, 32) ? 4
                                                                                               : 8;
}

/// Memory for the time of a call, as a dense view.
class ScratchView {
 public:
  ScratchView(Runtime& runtime, DType dtype, const Shape& shape);
  operator const View&() const { return view_; }
  const View* operator->() const { return &view_; }

 private:
  Scratch scratch_;
  View view_;
};

/// x in the dtype that it is computed in, without gaps: x itself, or a copy.
class Computed {
 public:
  Computed(Runtime& runtime, const View& x);
  const View& view() const { return view_; }

 private:
  std::optional<ScratchView> copy_;
  View view_;
};

/// The matrices b [K, N] of a batch in panels of `columns` columns: [matrices][panels][K][columns],
/// with zeros after the last column. `batch` walks over the matrices, b as its operand k; it walks
/// over the panels afterwards.
class Panels {
 public:
  Panels(Runtime& runtime, const View& b, int columns, Layout& batch, int k);
  const View& view() const { return packed_; }

 private:
  std::int64_t depth_, panels_, matrices_;
  ScratchView packed_;
};

/// c [..., m, n] = a b + bias in the two ways of the gpu form. By sub-groups: float32, contiguous
/// rows, n a multiple of 32 and k of 16.
enum class SubGroups { of_the_device, emulated };
void product_by_tiles(Runtime& runtime, const View& a, const View& b, const View& bias,
                      const View& c);
void product_by_sub_groups(Runtime& runtime, const View& a, const View& b, const View& bias,
                           const View& c, SubGroups of);
/// Whether both ways give the same on this device.
bool sub_groups_pass(Runtime& runtime);

}  // namespace tinygrad::opencl
