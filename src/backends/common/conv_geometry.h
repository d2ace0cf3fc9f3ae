// SPDX-License-Identifier: MIT
// The sizes of a 2-D convolution and of the steps that its window takes, under the names that all
// backends use.
//
// The input [batch, in_channels, in_height, in_width] stands in a padded input whose other elements
// are zero: its row i is row  padding_y + i input_dilation_y  there. (Padding may be negative: rows
// of the input are then left out.) For the tap (ky, kx) of the filter, output (y, x) multiplies the
// element in row  y stride_y + ky dilation_y  and column  x stride_x + kx dilation_x  of the padded
// input.
//
// The gradient of the input is a convolution, too: that of the output's gradient, with
// input_dilation = stride, stride 1, and each filter flipped in both directions.
#pragma once
#include <cstdint>

#include "tinygrad/backend.h"

namespace tinygrad {
#ifdef TINYGRAD_ISA  // in the CPU's kernels, whose objects share no symbols
namespace {
#else
inline namespace conv_geometry {
#endif

struct ConvGeometry {
  std::int64_t batch = 0, in_channels = 0, in_height = 0, in_width = 0;
  std::int64_t out_channels = 0, out_height = 0, out_width = 0;
  std::int64_t kernel_height = 0, kernel_width = 0;
  std::int64_t stride_y = 1, stride_x = 1, padding_y = 0, padding_x = 0;
  std::int64_t dilation_y = 1, dilation_x = 1, input_dilation_y = 1, input_dilation_x = 1;
  std::int64_t groups = 1;

  std::int64_t in_pixels() const { return in_height * in_width; }
  std::int64_t out_pixels() const { return out_height * out_width; }
  std::int64_t kernel_size() const { return kernel_height * kernel_width; }
  /// Products that one output is the sum of: (channel of the group, ky, kx).
  std::int64_t taps() const { return in_channels / groups * kernel_size(); }
  /// The padded input, up to the last row and column that a window reaches.
  std::int64_t padded_height() const {
    return out_height == 0 ? 0 : (out_height - 1) * stride_y + (kernel_height - 1) * dilation_y + 1;
  }
  std::int64_t padded_width() const {
    return out_width == 0 ? 0 : (out_width - 1) * stride_x + (kernel_width - 1) * dilation_x + 1;
  }
  std::int64_t padded_pixels() const { return padded_height() * padded_width(); }
};

/// The convolution of x [N, C, H, W] with w [O, C / groups, KH, KW] to y [N, O, OH, OW], from the
/// three shapes.
inline ConvGeometry conv_forward(const std::int64_t* x, const std::int64_t* w,
                                 const std::int64_t* y, const Window& window) {
  ConvGeometry g;
  g.batch = x[0], g.in_channels = x[1], g.in_height = x[2], g.in_width = x[3];
  g.out_channels = y[1], g.out_height = y[2], g.out_width = y[3];
  g.kernel_height = w[2], g.kernel_width = w[3];
  g.stride_y = window.stride[0], g.stride_x = window.stride[1];
  g.padding_y = window.padding[0], g.padding_x = window.padding[1];
  g.dilation_y = window.dilation[0], g.dilation_x = window.dilation[1];
  g.groups = window.groups;
  return g;
}
/// The convolution of dy [N, O, OH, OW] with the flipped filters of w that gives dx [N, C, H, W].
inline ConvGeometry conv_input_grad(const std::int64_t* dy, const std::int64_t* w,
                                    const std::int64_t* dx, const Window& window) {
  ConvGeometry g = conv_forward(dy, w, dx, window);
  g.input_dilation_y = g.stride_y, g.input_dilation_x = g.stride_x;
  g.stride_y = g.stride_x = 1;
  g.padding_y = (g.kernel_height - 1) * g.dilation_y - g.padding_y;
  g.padding_x = (g.kernel_width - 1) * g.dilation_x - g.padding_x;
  return g;
}
}
}  // namespace tinygrad
