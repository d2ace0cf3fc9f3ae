// SPDX-License-Identifier: MIT
// Rows: convolution, pooling, windows and padding.
#include "table.h"

namespace opinfo {
namespace {

/// An int for both directions, or a list of one or two.
Pair pair_of(const json& value) {
  const Dims sizes = dims_of(value);
  if (sizes.rank() == 1) return int_of(sizes[0]);
  if (sizes.rank() == 2) return {int_of(sizes[0]), int_of(sizes[1])};
  throw Skip{"a pair that is " + value.dump()};
}
Pair pair(Sample& x, std::size_t position, const string& name, int otherwise) {
  const json* value = x.find(position, name);
  if (!value || (value->is_array() && value->empty())) return otherwise;
  return pair_of(*value);
}
bool is_both(Pair pair, int value) { return pair.y == value && pair.x == value; }

Tensor conv2d_row(Sample& x) {
  Conv2dOptions options;
  options.stride = pair(x, 2, "stride", 1);
  const json* padding = x.find(3, "padding");
  if (padding && *padding == "same") options.padding = same;
  else if (!padding || *padding != "valid") options.padding = pair(x, 3, "padding", 0);
  options.dilation = pair(x, 4, "dilation", 1);
  options.groups = x.int_at(5, "groups", 1);
  return conv2d(x.input(), x.tensor(0, "weight"), x.tensor(1, "bias"), options);
}

/// A stride of 0 is an error in PyTorch; in the library it is the size of the window.
Pair pool_stride(Sample& x) {
  const json* value = x.find(1, "stride");
  if (!value || (value->is_array() && value->empty())) return 0;
  const Pair stride = pair_of(*value);
  if (stride.y == 0) throw Skip{"stride = 0, which means the size of the window"};
  return stride;
}
Tensor max_pool2d_row(Sample& x) {
  if (!is_both(pair(x, 3, "dilation", 1), 1)) throw Skip{"dilation of max_pool2d"};
  x.only(4, "ceil_mode", false);
  x.only(5, "return_indices", false);
  return max_pool2d(x.input(), pair(x, 0, "kernel_size", 1),
                    {.stride = pool_stride(x), .padding = pair(x, 2, "padding", 0)});
}
Tensor avg_pool2d_row(Sample& x) {
  x.only(3, "ceil_mode", false);
  x.only(5, "divisor_override", nullptr);
  const Pair padding = pair(x, 2, "padding", 0);
  if (!x.flag(4, "count_include_pad", true) && !is_both(padding, 0))
    throw Skip{"count_include_pad = false"};
  return avg_pool2d(x.input(), pair(x, 0, "kernel_size", 1),
                    {.stride = pool_stride(x), .padding = padding});
}

/// PyTorch's unfold by windows(): [N, C, H, W] -> [N, C kh kw, h w].
Tensor unfold_row(Sample& x) {
  const Pair kernel = pair(x, 0, "kernel_size", 1), dilation = pair(x, 1, "dilation", 1);
  const Pair padding = pair(x, 2, "padding", 0), stride = pair(x, 3, "stride", 1);
  const bool single = x.input().dim() != 4;
  Tensor t = single ? x.input().unsqueeze(0) : x.input();
  if (!is_both(padding, 0)) t = pad(t, {padding.x, padding.x, padding.y, padding.y});
  const Tensor w = windows(t, kernel.y, kernel.x, {stride.y, stride.x}, {dilation.y, dilation.x})
                       .permute({0, 1, 4, 5, 2, 3});  // [N, C, kh, kw, h, w]
  const Tensor y = w.reshape({w.size(0), w.size(1) * w.size(2) * w.size(3), w.size(4) * w.size(5)});
  return single ? y.squeeze(0) : y;
}

Tensor functional_pad_row(Sample& x) {
  x.only(1, "mode", "constant");
  return pad(x.input(), x.dims(0, "pad"), x.scalar(2, "value", 0));
}
Tensor constant_pad_row(Sample& x) {
  return pad(x.input(), x.dims(0, "pad"), x.scalar(1, "value", 0));
}

}  // namespace

Rows image_rows() {
  return {{"nn.functional.conv2d", conv2d_row},
          {"nn.functional.max_pool2d", max_pool2d_row},
          {"nn.functional.avg_pool2d", avg_pool2d_row},
          {"nn.functional.unfold", unfold_row},
          {"nn.functional.pad.constant", functional_pad_row},
          {"constant_pad_nd", constant_pad_row}};
}

}  // namespace opinfo
