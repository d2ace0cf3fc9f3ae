// SPDX-License-Identifier: MIT
// Reads what convolution and pooling say about windows: kernel_shape, strides, dilations, pads and
// auto_pad.
#include "ops/window.h"

#include <algorithm>

namespace tinygrad::onnx {

Window::Window(const NodeCall& n, const Tensor& x, Ints of_weights)
    : kernel(of_weights.empty() ? n.ints("kernel_shape") : std::move(of_weights)) {
  n.check(x.dim() == rank() + 2, "expected x of rank ", rank() + 2, ", got shape ", x.shape());
  const Ints ones(kernel.size(), 1);
  stride = n.ints("strides", ones), dilation = n.ints("dilations", ones);
  begin = end = Ints(kernel.size(), 0);
  const std::string mode = n.text("auto_pad", "NOTSET");
  const Ints pads = n.ints("pads", Ints(2 * kernel.size(), 0));
  n.check(stride.size() == kernel.size() && dilation.size() == kernel.size() &&
              pads.size() == 2 * kernel.size(),
          "strides, dilations and pads do not fit a kernel of ", rank(), " dimensions");
  constexpr std::int64_t most = INT32_MAX;
  for (const Ints* list : {&kernel, &stride, &dilation})
    for (const std::int64_t v : *list)
      n.check(0 < v && v <= most, "kernel_shape, strides and dilations must be above 0, got ", v);
  for (const std::int64_t v : pads) n.check(-most < v && v < most, "the padding is ", v);
  if (mode == "NOTSET") {
    std::copy(pads.begin(), pads.begin() + rank(), begin.begin());
    std::copy(pads.begin() + rank(), pads.end(), end.begin());
  } else if (mode != "VALID") {
    n.check(mode == "SAME_UPPER" || mode == "SAME_LOWER", "the auto_pad ", in_quotes(mode),
            " is not known");
    set_same(mode == "SAME_UPPER", x);
  }
}

/// Padding with which there are size / stride windows, rounded up.
void Window::set_same(bool extra_at_end, const Tensor& x) {
  for (int i = 0; i < rank(); ++i) {
    const auto d = std::size_t(i);
    const std::int64_t size = x.shape()[i + 2], count = (size + stride[d] - 1) / stride[d];
    const std::int64_t total =
        std::max<std::int64_t>(0, (count - 1) * stride[d] + extent(i) - size);
    begin[d] = extra_at_end ? total / 2 : total - total / 2;
    end[d] = total - begin[d];
  }
}

std::int64_t Window::extent(int i) const {
  return (kernel[std::size_t(i)] - 1) * dilation[std::size_t(i)] + 1;
}

std::int64_t Window::windows(int i, std::int64_t size, bool ceil_mode) const {
  const auto d = std::size_t(i);
  const std::int64_t room = size + begin[d] + end[d] - extent(i);
  if (room < 0) return 0;
  std::int64_t count = (room + (ceil_mode ? stride[d] - 1 : 0)) / stride[d] + 1;
  if (ceil_mode && (count - 1) * stride[d] >= size + begin[d]) --count;
  return count;
}

bool Window::is_symmetric() const {
  for (int i = 0; i < rank(); ++i) {
    const auto d = std::size_t(i);
    if (begin[d] != end[d] || begin[d] < 0 || begin[d] > kernel[d] / 2) return false;
  }
  return true;
}

Tensor pad_spatial(const Tensor& x, const Ints& begin, const Ints& end, Scalar value) {
  Dims padding;
  bool any = false;
  for (std::size_t i = begin.size(); i-- > 0;) {
    padding.push_back(begin[i]), padding.push_back(end[i]);
    any = any || begin[i] != 0 || end[i] != 0;
  }
  return any ? pad(x, padding, value) : x;
}

}  // namespace tinygrad::onnx
