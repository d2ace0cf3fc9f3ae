// SPDX-License-Identifier: MIT
// Padding, which is the transpose of cropping.
#include <algorithm>
#include <array>
#include <utility>

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

/// How x is padded with elements of its own: by how many before and after each dimension.
struct Extension {
  PadMode mode;
  Shape x, y = x;  ///< without and with padding
  Dims before = Dims::filled(x.rank(), 0);
};
/// A run of the padded dimension: its elements to, to + 1 ... are x's from, from + step ...
struct Run {
  std::int64_t to, from, length, step;
};
/// The runs of a dimension: x, what lies before, and what lies after.
std::array<Run, 3> runs_of(const Extension& e, int d) {
  const std::int64_t n = e.x[d], before = e.before[d], end = before + n, after = e.y[d] - end;
  const Run inside{before, 0, n, 1};
  if (e.mode == PadMode::reflect) return {inside, {0, before, before, -1}, {end, n - 2, after, -1}};
  if (e.mode == PadMode::circular) return {inside, {0, n - before, before, 1}, {end, 0, after, 1}};
  return {inside, {0, 0, before, 0}, {end, n - 1, after, 0}};
}
/// Calls f(part of y, part of x) for all products of runs; the first is x as a whole.
template <class F>
void each_part(const Extension& e, int d, const View& y, const View& x, const F& f) {
  if (d == x.rank()) return f(y, x);
  for (const Run& run : runs_of(e, d)) {
    if (run.length == 0) continue;
    Shape shape = x.shape();
    Strides strides = x.strides();
    shape[d] = run.length, strides[d] *= run.step;
    each_part(e, d + 1, y.narrow(d, run.to, run.length),
              x.reshaped(shape, strides, x.offset() + run.from * x.stride(d)), f);
  }
}

Tensor extended_grad(In dy, const Extension& e);
/// x with its padding.   dx = the sum of the dy of all places where an element stands.
Tensor extended(In x, const Extension& e) {
  return apply({.name = "pad",
                .inputs = {x},
                .outputs = {{e.y, x->dtype()}},
                .kernel =
                    [e](Backend& b, Views in, Views out) {
                      if (out[0].count() > 0)
                        each_part(e, 0, out[0], in[0],
                                  [&](const View& y, const View& x) { b.copy(x, y); });
                      return true;
                    },
                .derivatives = {[e](Dy dy, Saved) { return extended_grad(dy, e); }}});
}
/// The transpose of extended(). In a replicated part, several elements of dy are added to one.
Tensor extended_grad(In dy, const Extension& e) {
  return apply({.name = "pad_grad",
                .inputs = {dy},
                .outputs = {{e.x, dy->dtype()}},
                .kernel =
                    [e](Backend& b, Views in, Views out) {
                      if (e.mode == PadMode::replicate || is_half(in[0].dtype())) return false;
                      bool is_first = true;
                      each_part(e, 0, in[0], out[0], [&](const View& dy, const View& dx) {
                        if (std::exchange(is_first, false)) b.copy(dy, dx);
                        else b.binary(Binary::add, {}, dx, dy, dx);
                      });
                      return true;
                    },
                .formula =
                    [e](const Tensors& in) {
                      Tensor g = in[0];
                      for (int d = 0; d < e.x.rank(); ++d) {
                        const auto [inside, before, after] = runs_of(e, d);
                        Tensor sums = narrow(g, d, inside.to, inside.length);
                        for (const Run& run : {before, after})
                          if (run.length > 0)
                            sums = index_add(sums, d,
                                             run.from + run.step * arange(0, run.length, 1,
                                                                          {.dtype = DType::int64,
                                                                           .device = g.device()}),
                                             narrow(g, d, run.to, run.length));
                        g = sums;
                      }
                      return g;
                    },
                .derivatives = {[e](Dy g, Saved) { return extended(g, e); }}});
}

}  // namespace

Tensor pad(In x, const Dims& padding, PadMode mode) {
  const Call call{"pad", x.location};
  if (mode == PadMode::constant) return pad({*x, x.location}, padding);
  check_pad(call, x->shape(), padding);
  const bool is_circular = mode == PadMode::circular;
  Dims cropped;  // what negative padding takes away, which no circular padding repeats
  for (std::int64_t n : padding) cropped.push_back(std::min<std::int64_t>(n, 0));
  const bool crops = cropped != Dims::filled(padding.rank(), 0);
  const Tensor inner = is_circular && crops ? pad({*x, x.location}, cropped) : *x;
  Extension e{mode, inner.shape()};
  for (int i = 0; i < padding.rank() / 2; ++i) {
    const int d = x->dim() - 1 - i;
    const std::int64_t before = padding[2 * i], after = padding[2 * i + 1], size = x->shape()[d];
    const std::int64_t most = is_circular                ? e.x[d]
                              : mode == PadMode::reflect ? size - 1
                                                         : INT32_MAX;
    require<ShapeError>((before == 0 && after == 0) ||
                            (size > 0 && before <= most && after <= most && before >= -size &&
                             after >= -size && before + after >= -size),
                        call, "padding {", before, ", ", after, "} is too large for dimension ", d,
                        " of ", Marked{x->shape(), d});
    e.before[d] = before - cropped[2 * i];
    e.y[d] += e.before[d] + after - cropped[2 * i + 1];
  }
  const Tensor y = extended({inner, x.location}, e);
  return is_circular || !crops ? y : pad({y, x.location}, cropped);
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
