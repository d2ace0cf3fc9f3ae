// SPDX-License-Identifier: MIT
// Padding, which is the transpose of cropping.
#include <algorithm>

#include "core/ops/internal.h"

namespace tinygrad {

/// y[start + i step] = x[i], and all other elements are value.   dx[i] = dy[start + i step].
Tensor pad_to(In x, const Dims& start, const Dims& step, const Shape& shape, Scalar value) {
  return apply({.name = "pad",
                .inputs = {x},
                .outputs = {{shape, x->dtype()}},
                .kernel =
                    [&](Backend& b, Views in, Views out) {
                      b.fill(out[0], value);
                      if (in[0].count() == 0) return true;
                      Strides strides = out[0].strides();
                      std::int64_t offset = out[0].offset();
                      for (int d = 0; d < shape.rank(); ++d)
                        offset += start[d] * strides[d], strides[d] *= step[d];
                      b.copy(in[0], out[0].reshaped(in[0].shape(), strides, offset));
                      return true;
                    },
                .derivatives = {
                    [start, step](Dy dy, Saved s) { return crop(dy, start, step, s.shape(0)); }}});
}

Tensor crop(In x, const Dims& start, const Dims& step, const Shape& shape) {
  Tensor y = *x;
  for (int d = 0; d < shape.rank(); ++d) {
    if (start[d] == 0 && step[d] == 1 && shape[d] == y.shape()[d]) continue;
    const std::int64_t end = shape[d] == 0 ? start[d] : start[d] + (shape[d] - 1) * step[d] + 1;
    y = slice({y, x.location}, d, start[d], end, step[d]);
  }
  return y;
}

namespace {

void check_pad(const Call& call, const Shape& x, const Dims& padding) {
  require(padding.rank() % 2 == 0 && padding.rank() / 2 <= x.rank(), call,
          "expected two values of padding for each of the last dimensions, got ", padding,
          " for shape ", x);
}

/// The position in a dimension of `size` elements that stands at i, outside or inside.
std::int64_t padded_position(PadMode mode, std::int64_t i, std::int64_t size) {
  if (mode == PadMode::replicate) return std::clamp<std::int64_t>(i, 0, size - 1);
  return i < 0 ? -i : i < size ? i : 2 * (size - 1) - i;
}

}  // namespace

Tensor pad(In x, const Dims& padding, PadMode mode) {
  const Call call{"pad", x.location};
  if (mode == PadMode::constant) return pad({*x, x.location}, padding);
  check_pad(call, x->shape(), padding);
  Tensor y = *x;
  for (int i = 0; i < padding.rank() / 2; ++i) {
    const int d = x->dim() - 1 - i;
    const std::int64_t before = padding[2 * i], after = padding[2 * i + 1], size = x->shape()[d];
    if (before == 0 && after == 0) continue;
    const std::int64_t most = mode == PadMode::reflect ? size - 1
                              : mode == PadMode::circular
                                  ? size + std::min<std::int64_t>(0, std::min(before, after))
                                  : INT32_MAX;
    require<ShapeError>(size > 0 && before <= most && after <= most && before >= -size &&
                            after >= -size && before + after >= -size,
                        call, "padding {", before, ", ", after, "} is too large for dimension ", d,
                        " of ", Marked{x->shape(), d});
    // What is cropped is not repeated by a circular padding.
    const std::int64_t first = std::max<std::int64_t>(0, -before),
                       n = size - first - std::max<std::int64_t>(0, -after);
    std::vector<std::int64_t> index;
    for (std::int64_t k = -before; k < size + after; ++k)
      index.push_back(mode == PadMode::circular ? first + (k - first + n) % n
                                                : padded_position(mode, k, size));
    y = index_select({y, x.location}, d, from_vector(index, x->device()));
  }
  return y;
}

Tensor pad(In x, const Dims& padding, Scalar value) {
  const Call call{"pad", x.location};
  check_pad(call, x->shape(), padding);
  Shape shape = x->shape(), kept = shape;
  Dims start = Dims::filled(x->dim(), 0),
       first = start;  // the position of x in the result, and the first element of x that is kept
  const Dims step = Dims::filled(x->dim(), 1);
  for (int i = 0; i < padding.rank() / 2; ++i) {
    const int d = x->dim() - 1 - i;
    const std::int64_t before = padding[2 * i], after = padding[2 * i + 1], size = shape[d];
    require<ShapeError>(before >= -size && after >= -size &&
                            (before >= 0 ? 0 : before) + (after >= 0 ? 0 : after) >= -size,
                        call, "cannot crop {", before, ", ", after, "} from dimension ", d, " of ",
                        Marked{x->shape(), d});
    first[d] = before < 0 ? -before : 0, start[d] = before > 0 ? before : 0;
    kept[d] = size - first[d] + (after < 0 ? after : 0);
    require<ShapeError>(checked_add(kept[d], start[d], shape[d]) &&
                            checked_add(shape[d], after > 0 ? after : 0, shape[d]),
                        call, "padding {", before, ", ", after, "} makes dimension ", d, " of ",
                        Marked{x->shape(), d}, " larger than 63 bits can count");
  }
  return pad_to({crop({*x, x.location}, first, step, kept), x.location}, start, step, shape, value);
}

}  // namespace tinygrad
