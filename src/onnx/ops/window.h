// SPDX-License-Identifier: MIT
// Window: the sizes, strides and paddings of convolution and pooling, for any number of spatial
// dimensions.
#pragma once
#include "operator.h"

namespace tinygrad::onnx {

/// One entry for each spatial dimension.
struct Window {
  Ints kernel, stride, dilation, begin, end;
  /// Reads the attributes for x [N, C, ...]; `kernel` is that of the weights if there are any.
  Window(const NodeCall& node, const Tensor& x, Ints kernel);

  int rank() const { return int(kernel.size()); }
  /// The elements that a window spans in dimension i: (kernel - 1) dilation + 1.
  std::int64_t extent(int i) const;
  /// The number of windows along dimension i of `size` elements; with ceil_mode rounded up, but no
  /// window begins in the padding at the end.
  std::int64_t windows(int i, std::int64_t size, bool ceil_mode) const;
  /// Whether all paddings are the same at both ends, and at most half a window.
  bool is_symmetric() const;
  /// Whether conv2d and its like can compute it: one or two dimensions.
  bool is_flat() const { return rank() == 1 || rank() == 2; }

 private:
  void set_same(bool extra_at_end, const Tensor& x);
};

/// x [N, C, ...] with `value` around it, as many elements at the begin and end of dimension i as
/// begin[i] and end[i]; negative ones crop.
Tensor pad_spatial(const Tensor& x, const Ints& begin, const Ints& end, Scalar value = 0);

/// The options of an op of the library for two dimensions, or with the dimension 0 left out.
template <class Size> Size size_pair(const Ints& sizes) {
  if constexpr (std::is_same_v<Size, Pair>) return {int(sizes[0]), int(sizes[1])};
  else return {int(sizes[0])};
}

}  // namespace tinygrad::onnx
