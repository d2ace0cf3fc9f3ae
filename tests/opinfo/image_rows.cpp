// SPDX-License-Identifier: MIT
// Rows: convolution, pooling, windows, grids and padding.
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

Single single(Sample& x, std::size_t position, const string& name, int otherwise) {
  const json* value = x.find(position, name);
  if (!value || (value->is_array() && value->empty())) return otherwise;
  const Dims sizes = dims_of(*value);
  if (sizes.rank() != 1) throw Skip{"a size that is " + value->dump()};
  return int_of(sizes[0]);
}
Triple triple_of(const json& value) {
  const Dims sizes = dims_of(value);
  if (sizes.rank() == 1) return int_of(sizes[0]);
  if (sizes.rank() == 3) return {int_of(sizes[0]), int_of(sizes[1]), int_of(sizes[2])};
  throw Skip{"a triple that is " + value.dump()};
}
Triple triple(Sample& x, std::size_t position, const string& name, int otherwise) {
  const json* value = x.find(position, name);
  if (!value || (value->is_array() && value->empty())) return otherwise;
  return triple_of(*value);
}
/// For functions of sequences, images and volumes, by the type of their sizes.
template <class Size> Size sizes(Sample& x, std::size_t position, const string& name, int other) {
  if constexpr (std::is_same_v<Size, Pair>) return pair(x, position, name, other);
  else if constexpr (std::is_same_v<Size, Triple>) return triple(x, position, name, other);
  else return single(x, position, name, other);
}

template <class Size> ConvOptions<Size> conv_options(Sample& x) {
  ConvOptions<Size> options;
  options.stride = sizes<Size>(x, 2, "stride", 1);
  const json* padding = x.find(3, "padding");
  if (padding && *padding == "same") options.padding = same;
  else if (!padding || *padding != "valid") options.padding = sizes<Size>(x, 3, "padding", 0);
  options.dilation = sizes<Size>(x, 4, "dilation", 1);
  options.groups = x.int_at(5, "groups", 1);
  return options;
}
Tensor conv1d_row(Sample& x) {
  const auto options = conv_options<Single>(x);
  return conv1d(x.input(), x.tensor(0, "weight"), x.tensor(1, "bias"), options);
}
Tensor conv2d_row(Sample& x) {
  const auto options = conv_options<Pair>(x);
  return conv2d(x.input(), x.tensor(0, "weight"), x.tensor(1, "bias"), options);
}
Tensor conv3d_row(Sample& x) {
  const auto options = conv_options<Triple>(x);
  return conv3d(x.input(), x.tensor(0, "weight"), x.tensor(1, "bias"), options);
}
template <class Size> ConvTransposeOptions<Size> transpose_options(Sample& x) {
  return {.stride = sizes<Size>(x, 2, "stride", 1),
          .padding = sizes<Size>(x, 3, "padding", 0),
          .output_padding = sizes<Size>(x, 4, "output_padding", 0),
          .groups = x.int_at(5, "groups", 1),
          .dilation = sizes<Size>(x, 6, "dilation", 1)};
}
Tensor conv_transpose1d_row(Sample& x) {
  return conv_transpose1d(x.input(), x.tensor(0, "weight"), x.tensor(1, "bias"),
                          transpose_options<Single>(x));
}
Tensor conv_transpose2d_row(Sample& x) {
  return conv_transpose2d(x.input(), x.tensor(0, "weight"), x.tensor(1, "bias"),
                          transpose_options<Pair>(x));
}
Tensor conv_transpose3d_row(Sample& x) {
  return conv_transpose3d(x.input(), x.tensor(0, "weight"), x.tensor(1, "bias"),
                          transpose_options<Triple>(x));
}

/// A stride of 0 is an error in PyTorch; in the library it is the size of the window.
template <class Size> Size pool_stride(Sample& x, std::size_t position = 1) {
  const Size stride = sizes<Size>(x, position, "stride", 0);
  const json* given = x.find(position, "stride");
  if (given && !given->empty() && stride.x == 0)
    throw Skip{"stride = 0, which means the size of the window"};
  return stride;
}
template <class Size> MaxPoolOptions<Size> max_pool_options(Sample& x) {
  return {.stride = pool_stride<Size>(x),
          .padding = sizes<Size>(x, 2, "padding", 0),
          .dilation = sizes<Size>(x, 3, "dilation", 1),
          .ceil_mode = x.flag(4, "ceil_mode")};
}
/// Values, or values and indices if return_indices is set.
Tensors values_of(const ValuesIndices& y, bool with_indices) {
  return with_indices ? Tensors{y.values, y.indices} : Tensors{y.values};
}
Tensors max_pool1d_row(Sample& x) {
  const bool with_indices = x.flag(5, "return_indices");
  return values_of(max_pool1d_with_indices(x.input(), sizes<Single>(x, 0, "kernel_size", 1),
                                           max_pool_options<Single>(x)),
                   with_indices);
}
Tensors max_pool2d_row(Sample& x) {
  const bool with_indices = x.flag(5, "return_indices");
  return values_of(max_pool2d_with_indices(x.input(), sizes<Pair>(x, 0, "kernel_size", 1),
                                           max_pool_options<Pair>(x)),
                   with_indices);
}
Tensors max_pool3d_row(Sample& x) {
  const bool with_indices = x.flag(5, "return_indices");
  return values_of(max_pool3d_with_indices(x.input(), sizes<Triple>(x, 0, "kernel_size", 1),
                                           max_pool_options<Triple>(x)),
                   with_indices);
}
template <class Size> AvgPoolOptions<Size> avg_pool_options(Sample& x) {
  AvgPoolOptions<Size> options{.stride = pool_stride<Size>(x),
                               .padding = sizes<Size>(x, 2, "padding", 0),
                               .ceil_mode = x.flag(3, "ceil_mode"),
                               .count_include_pad = x.flag(4, "count_include_pad", true)};
  if (x.has(5, "divisor_override")) options.divisor_override = x.integer(5, "divisor_override", 1);
  return options;
}
Tensor avg_pool1d_row(Sample& x) {
  return avg_pool1d(x.input(), sizes<Single>(x, 0, "kernel_size", 1), avg_pool_options<Single>(x));
}
Tensor avg_pool2d_row(Sample& x) {
  return avg_pool2d(x.input(), sizes<Pair>(x, 0, "kernel_size", 1), avg_pool_options<Pair>(x));
}
Tensor avg_pool3d_row(Sample& x) {
  return avg_pool3d(x.input(), sizes<Triple>(x, 0, "kernel_size", 1), avg_pool_options<Triple>(x));
}
/// Size and samples, with the size as a part of x's if it is given so.
template <class Size, class F> Tensors fractional(Sample& x, const F& f) {
  const int dims = Size(1).dims().rank();
  json size = json::array();
  if (const json* given = x.find(1, "output_size")) size = *given;
  if (const json* ratio = x.find(2, "output_ratio"))
    for (int i = 0; i < dims; ++i) {
      const double part =
          ratio->is_array() ? (*ratio)[std::size_t(i)].get<double>() : ratio->get<double>();
      size.push_back(std::int64_t(double(x.input().size(i - dims)) * part));
    }
  if (!x.has_tensor(by_name, "_random_samples")) throw Skip{"random windows"};
  const auto kernel = sizes<Size>(x, 0, "kernel_size", 1);
  const bool with_indices = x.flag(3, "return_indices");
  if constexpr (std::is_same_v<Size, Pair>)
    return values_of(f(x.input(), kernel, pair_of(size), x.tensor(by_name, "_random_samples")),
                     with_indices);
  else
    return values_of(f(x.input(), kernel, triple_of(size), x.tensor(by_name, "_random_samples")),
                     with_indices);
}
Tensors fractional2d_row(Sample& x) {
  return fractional<Pair>(x, [](auto&&... a) { return fractional_max_pool2d_with_indices(a...); });
}
Tensors fractional3d_row(Sample& x) {
  return fractional<Triple>(x,
                            [](auto&&... a) { return fractional_max_pool3d_with_indices(a...); });
}

/// The size of an adaptive pooling, whose None keeps the size of x.
template <class Size> Size adaptive_size(Sample& x) {
  json value = *x.find(0, "output_size");
  const int dims = Size(1).dims().rank();
  if (!value.is_array()) value = json(std::vector<json>(std::size_t(dims), value));
  for (std::size_t i = 0; i < value.size(); ++i)
    if (value[i].is_null()) value[i] = x.input().size(int(i) - dims);
  if constexpr (std::is_same_v<Size, Pair>) return pair_of(value);
  else if constexpr (std::is_same_v<Size, Triple>) return triple_of(value);
  else return int_of(dims_of(value)[0]);
}
Tensor adaptive_avg3d_row(Sample& x) {
  return adaptive_avg_pool3d(x.input(), adaptive_size<Triple>(x));
}
Tensors adaptive_max3d_row(Sample& x) {
  return values_of(adaptive_max_pool3d_with_indices(x.input(), adaptive_size<Triple>(x)),
                   x.flag(1, "return_indices"));
}
Tensor adaptive_avg1d_row(Sample& x) {
  return adaptive_avg_pool1d(x.input(), adaptive_size<Single>(x));
}
Tensor adaptive_avg2d_row(Sample& x) {
  return adaptive_avg_pool2d(x.input(), adaptive_size<Pair>(x));
}
Tensors adaptive_max1d_row(Sample& x) {
  return values_of(adaptive_max_pool1d_with_indices(x.input(), adaptive_size<Single>(x)),
                   x.flag(1, "return_indices"));
}
Tensors adaptive_max2d_row(Sample& x) {
  return values_of(adaptive_max_pool2d_with_indices(x.input(), adaptive_size<Pair>(x)),
                   x.flag(1, "return_indices"));
}

template <class Size> MaxUnpoolOptions<Size> unpool_options(Sample& x) {
  return {.stride = pool_stride<Size>(x, 2),
          .padding = sizes<Size>(x, 3, "padding", 0),
          .output_size = x.has(4, "output_size") ? x.dims(4, "output_size") : Dims()};
}
Tensor max_unpool1d_row(Sample& x) {
  return max_unpool1d(x.input(), x.tensor(0, "indices"), sizes<Single>(x, 1, "kernel_size", 1),
                      unpool_options<Single>(x));
}
Tensor max_unpool2d_row(Sample& x) {
  return max_unpool2d(x.input(), x.tensor(0, "indices"), sizes<Pair>(x, 1, "kernel_size", 1),
                      unpool_options<Pair>(x));
}
Tensor max_unpool3d_row(Sample& x) {
  return max_unpool3d(x.input(), x.tensor(0, "indices"), sizes<Triple>(x, 1, "kernel_size", 1),
                      unpool_options<Triple>(x));
}

InterpolationMode mode_named(const string& name) {
  using enum InterpolationMode;
  if (name == "nearest") return nearest;
  if (name == "nearest-exact") return nearest_exact;
  if (name == "linear") return linear;
  if (name == "bilinear") return bilinear;
  if (name == "trilinear") return trilinear;
  if (name == "bicubic") return bicubic;
  if (name == "area") return area;
  throw Skip{"mode " + name};
}
InterpolateOptions resize_options(Sample& x) {
  InterpolateOptions options;
  if (x.has(0, "size")) options.size = x.dims(0, "size");
  if (const json* scale = x.find(1, "scale_factor"))
    options.scale_factor = scale->is_array() ? scale->get<std::vector<double>>()
                                             : std::vector<double>{scale->get<double>()};
  return options;
}
Tensor interpolate_row(Sample& x) {
  InterpolateOptions options = resize_options(x);
  options.mode = mode_named(x.text(2, "mode", "nearest"));
  options.align_corners = x.flag(3, "align_corners");
  options.recompute_scale_factor = x.flag(4, "recompute_scale_factor");
  options.antialias = x.flag(5, "antialias");
  return interpolate(x.input(), options);
}
Tensor antialias_row(Sample& x) {
  InterpolateOptions options{.mode = InterpolationMode::bilinear, .antialias = true};
  if (x.has(0, "output_size")) options.size = x.dims(0, "output_size");
  options.align_corners = x.flag(1, "align_corners");
  if (const json* scale = x.find(2, "scale_factors"))
    options.scale_factor = scale->get<std::vector<double>>(), options.size = {};
  else if (x.has(2, "scales_h") || x.has(3, "scales_w")) throw Skip{"a size and scales"};
  return interpolate(x.input(), options);
}
GridSampleOptions grid_options(InterpolationMode mode, const string& padding, bool aligned) {
  return {.mode = mode,
          .padding_mode = padding == "border"       ? GridPadding::border
                          : padding == "reflection" ? GridPadding::reflection
                                                    : GridPadding::zeros,
          .align_corners = aligned};
}
Tensor grid_sample_row(Sample& x) {
  const auto options = grid_options(mode_named(x.text(1, "mode", "bilinear")),
                                    x.text(2, "padding_mode", "zeros"), x.flag(3, "align_corners"));
  return grid_sample(x.input(), x.tensor(0, "grid"), options);
}
/// With numbers instead of names.
Tensor grid_sampler_row(Sample& x) {
  constexpr const char *modes[] = {"bilinear", "nearest", "bicubic"},
                       *paddings[] = {"zeros", "border", "reflection"};
  const auto options =
      grid_options(mode_named(modes[x.integer(1, "interpolation_mode", 0)]),
                   paddings[x.integer(2, "padding_mode", 0)], x.flag(3, "align_corners"));
  return grid_sample(x.input(), x.tensor(0, "grid"), options);
}
Tensor upsample_nearest_row(Sample& x) { return interpolate(x.input(), resize_options(x)); }
Tensor upsample_bilinear_row(Sample& x) {
  InterpolateOptions options = resize_options(x);
  options.mode = InterpolationMode::bilinear, options.align_corners = true;
  return interpolate(x.input(), options);
}
Tensor pixel_shuffle_row(Sample& x) {
  return pixel_shuffle(x.input(), x.integer(0, "upscale_factor", 1));
}
Tensor pixel_unshuffle_row(Sample& x) {
  return pixel_unshuffle(x.input(), x.integer(0, "downscale_factor", 1));
}
Tensor channel_shuffle_row(Sample& x) {
  return channel_shuffle(x.input(), x.integer(0, "groups", 1));
}

Tensor unfold_row(Sample& x) {
  return unfold(x.input(), pair(x, 0, "kernel_size", 1),
                {.dilation = pair(x, 1, "dilation", 1),
                 .padding = pair(x, 2, "padding", 0),
                 .stride = pair(x, 3, "stride", 1)});
}

Tensor functional_pad_row(Sample& x) {
  const string mode = x.text(1, "mode", "constant");
  const Dims padding = x.dims(0, "pad");
  if (mode == "constant") return pad(x.input(), padding, x.scalar(2, "value", 0));
  return pad(x.input(), padding,
             mode == "reflect"     ? PadMode::reflect
             : mode == "replicate" ? PadMode::replicate
                                   : PadMode::circular);
}
Tensor constant_pad_row(Sample& x) {
  return pad(x.input(), x.dims(0, "pad"), x.scalar(1, "value", 0));
}

}  // namespace

Rows image_rows() {
  return {{"nn.functional.conv1d", conv1d_row},
          {"nn.functional.conv2d", conv2d_row},
          {"nn.functional.conv_transpose1d", conv_transpose1d_row},
          {"nn.functional.conv_transpose2d", conv_transpose2d_row},
          {"nn.functional.conv3d", conv3d_row},
          {"nn.functional.conv_transpose3d", conv_transpose3d_row},
          {"nn.functional.max_pool3d", max_pool3d_row},
          {"nn.functional.avg_pool3d", avg_pool3d_row},
          {"nn.functional.adaptive_avg_pool3d", adaptive_avg3d_row},
          {"nn.functional.adaptive_max_pool3d", adaptive_max3d_row},
          {"nn.functional.fractional_max_pool2d", fractional2d_row},
          {"nn.functional.fractional_max_pool3d", fractional3d_row},
          {"nn.functional.max_unpool3d", max_unpool3d_row},
          {"nn.functional.max_unpool3d.grad", max_unpool3d_row},
          {"nn.functional.grid_sample", grid_sample_row},
          {"grid_sampler_2d", grid_sampler_row},
          {"grid_sampler_3d", grid_sampler_row},
          {"_upsample_bilinear2d_aa", antialias_row},
          {"nn.functional.max_pool1d", max_pool1d_row},
          {"nn.functional.avg_pool1d", avg_pool1d_row},
          {"nn.functional.adaptive_avg_pool1d", adaptive_avg1d_row},
          {"nn.functional.adaptive_avg_pool2d", adaptive_avg2d_row},
          {"nn.functional.adaptive_max_pool1d", adaptive_max1d_row},
          {"nn.functional.adaptive_max_pool2d", adaptive_max2d_row},
          {"nn.functional.max_unpool1d", max_unpool1d_row},
          {"nn.functional.max_unpool1d.grad", max_unpool1d_row},
          {"nn.functional.max_unpool2d", max_unpool2d_row},
          {"nn.functional.max_unpool2d.grad", max_unpool2d_row},
          {"nn.functional.interpolate.nearest", interpolate_row},
          {"nn.functional.interpolate.nearest-exact", interpolate_row},
          {"nn.functional.interpolate.linear", interpolate_row},
          {"nn.functional.interpolate.bilinear", interpolate_row},
          {"nn.functional.interpolate.trilinear", interpolate_row},
          {"nn.functional.interpolate.bicubic", interpolate_row},
          {"nn.functional.interpolate.area", interpolate_row},
          {"nn.functional.upsample_nearest", upsample_nearest_row},
          {"nn.functional.upsample_bilinear", upsample_bilinear_row},
          {"nn.functional.pixel_shuffle", pixel_shuffle_row},
          {"nn.functional.pixel_unshuffle", pixel_unshuffle_row},
          {"nn.functional.channel_shuffle", channel_shuffle_row},
          {"nn.functional.pad.reflect", functional_pad_row},
          {"nn.functional.pad.replicate", functional_pad_row},
          {"nn.functional.pad.replicate_negative", functional_pad_row},
          {"nn.functional.pad.circular", functional_pad_row},
          {"nn.functional.max_pool2d", max_pool2d_row},
          {"nn.functional.avg_pool2d", avg_pool2d_row},
          {"nn.functional.unfold", unfold_row},
          {"nn.functional.pad.constant", functional_pad_row},
          {"constant_pad_nd", constant_pad_row}};
}

}  // namespace opinfo
