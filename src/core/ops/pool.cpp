// SPDX-License-Identifier: MIT
// Pooling over one or more spatial dimensions: the maximum or the mean of each window. For images x
// is [N, C, H, W], y [N, C, h, w].
#include <algorithm>
#include <cmath>

#include "core/ops/resample.h"
#include "core/ops/sliding_window.h"

namespace tinygrad {
namespace {

/// The size of a window, with its stride and padding.
struct Pooling {
  SlidingWindow window;
  int kernel[3];
  Dims sizes() const {
    Dims all;
    for (int i = 0; i < window.dims; ++i) all.push_back(kernel[i]);
    return all;
  }
  /// The elements of a window.
  double count() const { return double(sizes().count()); }
  // For kernels of images:
  int kh() const { return window.dims == 1 ? 1 : kernel[0]; }
  int kw() const { return kernel[window.dims - 1]; }
};

/// The names of an op for one, two and three spatial dimensions.
using Names = const char* const[3];
constexpr Names max_names = {"max_pool1d", "max_pool2d", "max_pool3d"},
                max_grad_names = {"max_pool1d_grad", "max_pool2d_grad", "max_pool3d_grad"},
                avg_names = {"avg_pool1d", "avg_pool2d", "avg_pool3d"},
                avg_grad_names = {"avg_pool1d_grad", "avg_pool2d_grad", "avg_pool3d_grad"};

/// The windows of padded x, each as one row: [N, C, h, w, kh · kw].
Tensor window_rows(const Tensor& padded, const Pooling& p) {
  return flatten(windows(padded, p.sizes(), p.window.strides(), p.window.dilations()),
                 2 + p.window.dims);
}

/// The index row · W + column in x of each element of the padded plane, [1, 1, H + 2p, W + 2p]. An
/// element of the padding has the index of the nearest element of x.
Tensor plane_indices(const Tensor& x, const SlidingWindow& window) {
  const TensorOptions integers{.dtype = DType::int64, .device = x.device()};
  Tensor index = zeros({1, 1}, integers);
  for (int i = 0; i < window.dims; ++i) {
    const std::int64_t size = x.shape()[2 + i];
    const Tensor places =
        clamp(arange(-window.padding[i], size + window.end_padding[i], 1, integers), 0, size - 1);
    index = unsqueeze(index, -1) * size + places;
  }
  return index;
}

/// Reshapes [N, C, H, W] -> [N, C, H · W], so that scatter and gather work along one dimension.
Tensor planes(const Tensor& x) { return flatten(x, 2); }

/// The elements of x at index [N, C, h, w]: the transpose of max_grad.
Tensor gather_planes(const Tensor& x, const Tensor& index) {
  return reshape(gather(planes(x), 2, planes(index)), index.shape());
}

/// dx = dy, added at the positions of the maxima.   It is linear in dy: ddy = the elements of g at
/// these positions.
Tensor max_grad(In dy, In index, const Shape& x, const Pooling& p) {
  return apply({.name = max_grad_names[p.window.dims - 1],
                .inputs = {dy, index},
                .outputs = {{x, dy->dtype()}},
                .kernel =
                    [&](Backend& b, Views in, Views out) {
                      return has_kernels(p.window) &&
                             b.max_pool2d_grad(as_image(in[0]), as_image(in[1]), p.kh(), p.kw(),
                                               image_window(p.window), as_image(out[0]));
                    },
                .formula =
                    [&](const Tensors& in) {
                      const Tensor zero = expanded_zeros(in[0], x);
                      return reshape(scatter_add(planes(zero), 2, planes(in[1]), planes(in[0])), x);
                    },
                .keep = {Keep::input(1)},
                .derivatives = {[](Dy g, Saved s) { return gather_planes(g, s.input(1)); }}});
}

/// y = the maximum of the window, and its index in the plane.   dx = dy at that index.
ValuesIndices max_windows(In x, const Shape& y, const Pooling& p) {
  const Tensors both = apply(
      {.name = max_names[p.window.dims - 1],
       .inputs = {x},
       .outputs = {{y, x->dtype()}, {y, DType::int64}},
       .kernel =
           [&](Backend& b, Views in, Views out) {
             return has_kernels(p.window) &&
                    b.max_pool2d(as_image(in[0]), p.kh(), p.kw(), image_window(p.window),
                                 as_image(out[0]), as_image(out[1]));
           },
       .formula = [&](const Tensors& in) -> Tensors {
         const int last = 2 + p.window.dims;
         const Tensor rows = window_rows(pad_spatial(in[0], p.window, -INFINITY), p),
                      position = argmax(rows, last, keepdim);
         const Tensor index = window_rows(plane_indices(in[0], p.window), p);
         return {squeeze(gather(rows, last, position), last),
                 squeeze(gather(expand(index, rows.shape()), last, position), last)};
       },
       .keep = {Keep::output(1)},
       .derivatives = {[p](Dy dy, Saved s) { return max_grad(dy, s.output(1), s.shape(0), p); }}});
  return {both[0], both[1]};
}

Tensor mean_windows(In x, const Shape& y, const Pooling& p);

/// dx = Σ dy / (kh kw) over the windows that contain the element.   It is linear in dy, and its
/// derivative is the pooling again.
Tensor mean_grad(In dy, const Shape& x, const Pooling& p) {
  return apply(
      {.name = avg_grad_names[p.window.dims - 1],
       .inputs = {dy},
       .outputs = {{x, dy->dtype()}},
       .kernel =
           [&](Backend& b, Views in, Views out) {
             return has_kernels(p.window) &&
                    b.avg_pool2d_grad(as_image(in[0]), p.kh(), p.kw(), image_window(p.window),
                                      as_image(out[0]));
           },
       .formula =
           [&](const Tensors& in) {
             Tensor each = in[0] * (1 / p.count());
             Shape all = each.shape();
             for (std::int64_t size : p.sizes()) each = unsqueeze(each, -1), all.push_back(size);
             return crop_spatial(add_windows(expand(each, all), padded_shape(x, p.window),
                                             p.window.strides(), p.window.dilations()),
                                 p.window);
           },
       .derivatives = {[p, y = dy->shape()](Dy g, Saved) { return mean_windows(g, y, p); }}});
}

/// y = the mean of the window, with padding as zeros.   dx = mean_grad(dy).
Tensor mean_windows(In x, const Shape& y, const Pooling& p) {
  return apply({.name = avg_names[p.window.dims - 1],
                .inputs = {x},
                .outputs = {{y, x->dtype()}},
                .kernel =
                    [&](Backend& b, Views in, Views out) {
                      return has_kernels(p.window) &&
                             b.avg_pool2d(as_image(in[0]), p.kh(), p.kw(), image_window(p.window),
                                          as_image(out[0]));
                    },
                .formula =
                    [&](const Tensors& in) {
                      return mean(window_rows(pad_spatial(in[0], p.window, 0), p), -1);
                    },
                .derivatives = {[p](Dy dy, Saved s) { return mean_grad(dy, s.shape(0), p); }}});
}

// ------------------------------------------------------------ checks

void check_image(const Call& call, const Tensor& x, int dims) {
  check_floating(call, x);
  require<ShapeError>(x.dim() == 2 + dims, call, "expected x of shape ", spatial_shapes(dims),
                      ", got ", x.shape());
  std::int64_t plane = 1;
  for (int i = 0; i < dims; ++i) {
    require<ShapeError>(x.shape()[2 + i] > 0, call, "the image is empty: ", x.shape());
    require<ShapeError>(checked_mul(plane, x.shape()[2 + i], plane), call,
                        "an image has more elements than 63 bits can count: ", x.shape());
  }
}

/// The pooling of windows `kernel`, with their size as stride if the stride is 0.
Pooling check_pooling(const Call& call, const Dims& kernel, Dims stride, const Dims& padding,
                      const Dims& dilation) {
  for (int i = 0; i < kernel.rank(); ++i) {
    require(kernel[i] > 0, call, "the window size must be positive, got ", kernel);
    if (stride[i] == 0) stride[i] = kernel[i];
    require(padding[i] <= kernel[i] / 2, call, "padding must be at most half of the window ",
            kernel, ", got ", padding);
  }
  Pooling p{check_sliding_window(call, stride, padding, dilation), {}};
  std::copy(kernel.begin(), kernel.end(), p.kernel);
  return p;
}
Pooling check_pooling(const Call& call, const auto& kernel, const auto& args,
                      const Dims& dilation) {
  require(!kernel.is_same && !args.stride.is_same && !args.padding.is_same, call,
          "`same` is allowed only as the padding of convolutions");
  return check_pooling(call, kernel.dims(), args.stride.dims(), args.padding.dims(), dilation);
}

/// The shape of the pooled x; sets the end padding.
Shape pooled_shape(const Call& call, const Shape& x, Pooling& p, bool ceil_mode) {
  Shape y = {x[0], x[1]};
  for (int i = 0; i < p.window.dims; ++i)
    y.push_back(check_windows(call, x[2 + i], p.kernel[i], p.window, i, ceil_mode));
  return y;
}

// ------------------------------------------------------------ any number of dimensions

/// f of x [N, C, ...], or of x [C, ...] with a batch of one.
template <class F> auto batched(const Call& call, const Tensor& x, int dims, const F& f) {
  const bool is_single = x.dim() == 1 + dims;
  const Tensor images = is_single ? unsqueeze({x, call.location}, 0) : x;
  check_image(call, images, dims);
  const auto y = f(images);
  if (!is_single) return y;
  if constexpr (std::is_same_v<decltype(f(x)), Tensor>) return squeeze(y, 0);
  else return ValuesIndices{squeeze(y.values, 0), squeeze(y.indices, 0)};
}

ValuesIndices max_pool(const Call& call, const Tensor& x, const auto& kernel, const auto& args) {
  require(!args.dilation.is_same, call, "`same` is allowed only as the padding of convolutions");
  Pooling p = check_pooling(call, kernel, args, args.dilation.dims());
  return batched(call, x, p.window.dims, [&](const Tensor& x) {
    const Shape y = pooled_shape(call, x.shape(), p, args.ceil_mode);
    return max_windows({x, call.location}, y, p);
  });
}

/// The number of elements along an axis that each window's divisor counts: those inside `padding`
/// on both sides of x.
Tensor window_counts(const Tensor& x, const Pooling& p, int axis, std::int64_t places,
                     std::int64_t padding) {
  const TensorOptions integers{.dtype = DType::int64, .device = x.device()};
  const Tensor start =
      arange(0, places, 1, integers) * p.window.stride[axis] - p.window.padding[axis];
  const std::int64_t end = x.shape()[2 + axis] + padding;
  return clamp(start + p.kernel[axis], -padding, end) - clamp(start, -padding, end);
}

Tensor avg_pool(const Call& call, const Tensor& x, const auto& kernel, const auto& args) {
  Pooling p = check_pooling(call, kernel, args, Dims::filled(kernel.dims().rank(), 1));
  const int dims = p.window.dims;
  require(!args.divisor_override || *args.divisor_override != 0, call, "the divisor must not be 0");
  return batched(call, x, dims, [&](const Tensor& x) {
    const Shape shape = pooled_shape(call, x.shape(), p, args.ceil_mode);
    const bool rounds = is_half(x.dtype());
    const Tensor wide = rounds ? cast({x, call.location}, DType::float32) : x;
    Tensor y = mean_windows({wide, call.location}, shape, p);
    if (args.divisor_override) y = y * (p.count() / double(*args.divisor_override));
    else
      for (int i = 0; i < dims; ++i) {
        const int padding = args.count_include_pad ? p.window.padding[i] : 0;
        if (p.window.padding[i] == padding && p.window.end_padding[i] == padding) continue;
        const Tensor counts = window_counts(x, p, i, shape[2 + i], padding).to(y.dtype());
        y = y * along(double(p.kernel[i]) / counts, i, dims);
      }
    return cast(y, x.dtype());
  });
}

// ------------------------------------------------------------ adaptive pooling

/// The pooling whose windows are the adaptive ones, if the sizes divide those of x.
bool divides(const Shape& x, const Dims& size) {
  for (int i = 0; i < size.rank(); ++i)
    if (size[i] == 0 || x[2 + i] % size[i] != 0) return false;
  return true;
}
Pooling even_pooling(const Call& call, const Shape& x, const Dims& size) {
  Dims kernel;
  for (int i = 0; i < size.rank(); ++i) kernel.push_back(x[2 + i] / size[i]);
  return check_pooling(call, kernel, kernel, Dims::filled(size.rank(), 0),
                       Dims::filled(size.rank(), 1));
}

/// The elements start ... end - 1 of window i of `places` windows that cover n elements.
struct AdaptiveWindow {
  std::int64_t start, end;
  AdaptiveWindow(std::int64_t i, std::int64_t n, std::int64_t places)
      : start(i * n / places), end(((i + 1) * n + places - 1) / places) {}
};
Taps adaptive_means(std::int64_t n, std::int64_t places) {
  Taps taps{n, {}};
  for (std::int64_t i = 0; i < places; ++i) {
    const AdaptiveWindow w(i, n, places);
    auto& row = taps.rows.emplace_back();
    for (std::int64_t j = w.start; j < w.end; ++j) row.emplace_back(j, 1 / double(w.end - w.start));
  }
  return taps;
}
/// The adaptive windows along one axis of n elements.
struct AdaptiveWindows {
  Tensor index;  ///< [places, longest]: the elements of each; the last one again in shorter ones
  AdaptiveWindows(const Tensor& x, std::int64_t n, std::int64_t places) {
    const std::int64_t longest = places == 0 ? 1 : std::min(n, (n + places - 1) / places + 1);
    std::vector<std::int64_t> all;
    for (std::int64_t i = 0; i < places; ++i) {
      const AdaptiveWindow w(i, n, places);
      for (std::int64_t k = 0; k < longest; ++k) all.push_back(std::min(w.start + k, w.end - 1));
    }
    index = from_vector(all, {places, longest}, x.device());
  }
  /// The windows of x along dimension dim, as a new last dimension: [..., places, ..., longest].
  Tensor of(const Tensor& x, int dim) const {
    const Tensor rows = index_select(x, dim, flatten(index));
    Dims order;
    for (int d = 0; d <= x.dim(); ++d)
      if (d != dim + 1) order.push_back(d);
    order.push_back(dim + 1);
    return permute(unflatten(rows, dim, index.shape()), order);
  }
};

template <class Size> Dims check_size(const Call& call, const Size& size) {
  require(!size.is_same, call, "`same` is allowed only as the padding of convolutions");
  for (std::int64_t n : size.dims())
    require(n >= 0, call, "the sizes of the result must not be negative, got ", size.dims());
  return size.dims();
}

/// The maxima along the last axis first, then those of the axes before it: of equal elements the
/// first in row-major order stays.
ValuesIndices adaptive_max(const Call& call, const Tensor& x, const auto& size) {
  const Dims sizes = check_size(call, size);
  const int dims = sizes.rank();
  return batched(call, x, dims, [&](const Tensor& x) -> ValuesIndices {
    if (divides(x.shape(), sizes)) {
      Pooling p = even_pooling(call, x.shape(), sizes);
      return max_windows({x, call.location}, pooled_shape(call, x.shape(), p, false), p);
    }
    SlidingWindow whole;
    whole.dims = dims;
    ValuesIndices y = {x, expand(plane_indices(x, whole), x.shape())};
    for (int i = dims; i-- > 0;) {
      const AdaptiveWindows windows(x, x.shape()[2 + i], sizes[i]);
      const ValuesIndices best = max(windows.of(y.values, 2 + i), -1, keepdim);
      y = {squeeze(best.values, -1),
           squeeze(gather(windows.of(y.indices, 2 + i), -1, best.indices), -1)};
    }
    return y;
  });
}

// ------------------------------------------------------------ other windows

/// The mean of x^p, times the elements of the window, without what is negative.
Tensor lp_pool(const Call& call, const Tensor& x, double p, const auto& kernel, const auto& args) {
  check_floating(call, x);
  require(p != 0, call, "p must not be 0");
  using Size = std::remove_cvref_t<decltype(kernel)>;
  const AvgPoolOptions<Size> options{.stride = args.stride, .ceil_mode = args.ceil_mode};
  return apply({.name = call.op,
                .inputs = {{x}, call.location},
                .formula = [p, kernel, options, name = call.op](const Tensors& in) {
                  const Tensor means = avg_pool({name}, pow(in[0], p), kernel, options);
                  return pow(relu(means) * double(kernel.dims().count()), 1 / p);
                }});
}

/// The positions [N, C, places] of the first elements of drawn windows along an axis of n elements.
Tensor drawn_places(const Tensor& sample, std::int64_t n, std::int64_t kernel, std::int64_t size) {
  const TensorOptions reals{.dtype = sample.dtype(), .device = sample.device()};
  const double step = size > 1 ? double(n - kernel) / double(size - 1) : 0;
  const Tensor u = unsqueeze(sample, -1), place = arange(0, size, 1, reals),
               start = trunc((place + u) * step) - trunc(u * step);
  return where(place == size - 1, n - kernel, start).to(DType::int64);
}
ValuesIndices fractional_max(const Call& call, const Tensor& x, const auto& kernel_size,
                             const auto& output_size, const Tensor& given) {
  const Dims kernel = kernel_size.dims(), size = check_size(call, output_size);
  const int dims = kernel.rank();
  return batched(call, x, dims, [&](const Tensor& x) -> ValuesIndices {
    const Shape drawn = {x.shape()[0], x.shape()[1], dims};
    require<ShapeError>(!given.defined() || given.shape() == drawn, call,
                        "expected samples of shape ", drawn);
    const DType real = is_half(x.dtype()) ? DType::float32 : x.dtype();
    const Tensor samples =
        given.defined() ? cast(given, real) : rand(drawn, {.dtype = real, .device = x.device()});
    Tensor index = zeros({1, 1}, {.dtype = DType::int64, .device = x.device()});
    for (int i = 0; i < dims; ++i) {  // [N, C, places, ..., elements, ...]
      const std::int64_t n = x.shape()[2 + i];
      require<ShapeError>(kernel[i] > 0 && size[i] > 0 && size[i] + kernel[i] - 1 <= n, call,
                          "expected at least ", size[i], " + ", kernel[i], " - 1 elements along ",
                          Marked{x.shape(), 2 + i});
      const Tensor places = drawn_places(select(samples, 2, dims == 2 ? 1 - i : i), n, kernel[i],
                                         size[i]),
                   inside = arange(0, kernel[i], 1, {.dtype = DType::int64, .device = x.device()});
      Shape spread = Dims::filled(2 + 2 * dims, 1);
      spread[0] = drawn[0], spread[1] = drawn[1], spread[2 + i] = size[i];
      spread[2 + dims + i] = kernel[i];
      index = (i == 0 ? reshape(index, Dims::filled(2 + 2 * dims, 1)) : index) * n +
              reshape(unsqueeze(places, -1) + inside, spread);
    }
    const Tensor rows = flatten(index, 2 + dims),
                 values =
                     reshape(gather({planes(x), call.location}, 2, planes(rows)), rows.shape()),
                 best = argmax(values, -1, keepdim);
    return {squeeze(gather(values, 2 + dims, best), -1), squeeze(gather(rows, 2 + dims, best), -1)};
  });
}

// ------------------------------------------------------------ unpooling

Tensor max_unpool(const Call& call, const Tensor& x, const Tensor& indices, const auto& kernel,
                  const auto& args) {
  const Pooling p = check_pooling(call, kernel, args, Dims::filled(kernel.dims().rank(), 1));
  const int dims = p.window.dims;
  if (x.dim() == 1 + dims)
    return squeeze(
        max_unpool(call, unsqueeze({x, call.location}, 0), unsqueeze(indices, 0), kernel, args), 0);
  check_floating(call, x);
  require<ShapeError>(x.dim() == 2 + dims, call, "expected x of shape ", spatial_shapes(dims),
                      ", got ", x.shape());
  require<ShapeError>(x.shape() == indices.shape(), call,
                      "x and indices have different shapes: ", x.shape(), " and ", indices.shape());
  const Dims& wanted = args.output_size;
  Shape y = {x.shape()[0], x.shape()[1]};
  require(wanted.empty() || wanted.rank() >= dims, call, "expected ", dims, " output sizes, got ",
          wanted);
  for (int i = 0; i < dims; ++i) {
    const std::int64_t stride = p.window.stride[i],
                       size =
                           (x.shape()[2 + i] - 1) * stride - 2 * p.window.padding[i] + p.kernel[i],
                       given = wanted.empty() ? size : wanted[i - dims];
    require<ShapeError>(given >= 0 && given > size - stride && given < size + stride, call,
                        "the output size ", given, " is not within a stride of ", size);
    y.push_back(given);
  }
  const Tensor zero = planes(expanded_zeros(x, y));
  return reshape(scatter({zero, call.location}, 2, planes(indices), planes(x)), y);
}

}  // namespace

Tensor adaptive_avg_pool(const Call& call, const Tensor& x, const Dims& sizes) {
  const int dims = sizes.rank();
  return batched(call, x, dims, [&](const Tensor& x) {
    if (divides(x.shape(), sizes)) {
      Pooling p = even_pooling(call, x.shape(), sizes);
      return mean_windows({x, call.location}, pooled_shape(call, x.shape(), p, false), p);
    }
    Tensor y = is_half(x.dtype()) ? cast({x, call.location}, DType::float32) : x;
    for (int i = 0; i < dims; ++i)
      y = resample({y, call.location}, 2 + i, adaptive_means(x.shape()[2 + i], sizes[i]));
    return cast(y, x.dtype());
  });
}

#define POOLINGS(dims, Size)                                                                   \
  Tensor max_pool##dims(In x, Size kernel, const MaxPoolOptions<Size>& args) {                 \
    return max_pool({"max_pool" #dims, x.location}, *x, kernel, args).values;                  \
  }                                                                                            \
  ValuesIndices max_pool##dims##_with_indices(In x, Size kernel,                               \
                                              const MaxPoolOptions<Size>& args) {              \
    return max_pool({"max_pool" #dims, x.location}, *x, kernel, args);                         \
  }                                                                                            \
  Tensor avg_pool##dims(In x, Size kernel, const AvgPoolOptions<Size>& args) {                 \
    return avg_pool({"avg_pool" #dims, x.location}, *x, kernel, args);                         \
  }                                                                                            \
  Tensor lp_pool##dims(In x, double p, Size kernel, const LpPoolOptions<Size>& args) {         \
    return lp_pool({"lp_pool" #dims, x.location}, x.given(), p, kernel, args);                 \
  }                                                                                            \
  Tensor adaptive_avg_pool##dims(In x, Size size) {                                            \
    const Call call{"adaptive_avg_pool" #dims, x.location};                                    \
    return adaptive_avg_pool(call, *x, check_size(call, size));                                \
  }                                                                                            \
  Tensor adaptive_max_pool##dims(In x, Size size) {                                            \
    return adaptive_max({"adaptive_max_pool" #dims, x.location}, *x, size).values;             \
  }                                                                                            \
  ValuesIndices adaptive_max_pool##dims##_with_indices(In x, Size size) {                      \
    return adaptive_max({"adaptive_max_pool" #dims, x.location}, *x, size);                    \
  }                                                                                            \
  Tensor max_unpool##dims(In x, In indices, Size kernel, const MaxUnpoolOptions<Size>& args) { \
    return max_unpool({"max_unpool" #dims, x.location}, *x, *indices, kernel, args);           \
  }
POOLINGS(1d, Single)
POOLINGS(2d, Pair)
POOLINGS(3d, Triple)

ValuesIndices fractional_max_pool2d_with_indices(In x, Pair kernel, Pair size, In samples) {
  return fractional_max({"fractional_max_pool2d", x.location}, x.given(), kernel, size, *samples);
}
ValuesIndices fractional_max_pool3d_with_indices(In x, Triple kernel, Triple size, In samples) {
  return fractional_max({"fractional_max_pool3d", x.location}, x.given(), kernel, size, *samples);
}

}  // namespace tinygrad
