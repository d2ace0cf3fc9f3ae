// SPDX-License-Identifier: MIT
// Rows of the table: interpolation, and exchanges of channels with pixels.
#include "op_table.h"

namespace op_table {
namespace {

Row resized(const char* name, const InterpolateOptions& args, Shape x, Shapes large = {}) {
  const bool copies =
      args.mode == InterpolationMode::nearest || args.mode == InterpolationMode::nearest_exact;
  return {
      .name = name,
      .call = [args](const Tensors& in) { return interpolate(in[0], args); },
      .inputs = {{x}},
      .ulps = copies ? 0. : 16.,
      .reason = copies ? "exact" : "sums of up to 16 products",
      .dtypes = unsigned(copies ? any_dtype : floats),
      .large = std::move(large),
      .no_golden = by_opinfo,
      .bad = {{"interpolate: expected x of shape [N, C, L], [N, C, H, W] or [N, C, D, H, W], "
               "got [3, 5]",
               [] {
                 interpolate(ones({3, 5}), {.size = {2}});
               }},
              {"interpolate: expected either a size or a scale_factor",
               [] {
                 interpolate(ones({1, 3, 5}), {});
               }},
              {"interpolate: expected one size or scale, or 1, got 2",
               [] {
                 interpolate(ones({1, 3, 5}), {.size = {2, 3}});
               }},
              {"interpolate: scales must be positive, got 0",
               [] {
                 interpolate(ones({1, 3, 5}), {.scale_factor = {0}});
               }},
              {"interpolate: the mode expects 1 spatial dimensions, got [1, 3, 5, 5]; linear "
               "takes 1, bilinear and bicubic 2, trilinear 3",
               [] {
                 interpolate(ones({1, 3, 5, 5}), {.size = {2}, .mode = InterpolationMode::linear});
               }},
              {"interpolate: align_corners is for linear, bilinear, bicubic and trilinear", [] {
                 interpolate(ones({1, 3, 5, 5}), {.size = {2}, .align_corners = true});
               }}}};
}

Row shuffled(const char* name, Shape x, std::function<Tensor(const Tensor&)> f,
             std::vector<BadCall> bad) {
  return {.name = name,
          .call = [f](const Tensors& in) { return f(in[0]); },
          .inputs = {{x}},
          .dtypes = any_dtype,
          .no_golden = by_opinfo,
          .bad = std::move(bad)};
}

}  // namespace

std::vector<Row> image_rows() {
  using enum InterpolationMode;
  return {
      resized("interpolate_nearest_repeats", {.scale_factor = {2, 3}}, {1, 2, 2, 3},
              {{5, 16, 14, 15}}),
      resized("interpolate_nearest", {.size = {3, 5}}, {1, 2, 2, 3}),
      resized("interpolate_nearest_slices", {.size = {2}}, {1, 2, 4, 6}),
      resized("interpolate_nearest_exact", {.scale_factor = {1.7}, .mode = nearest_exact},
              {1, 2, 5}),
      resized("interpolate_linear", {.size = {5}, .mode = linear}, {2, 2, 3}),
      resized("interpolate_bilinear", {.scale_factor = {1.5, 0.6}, .mode = bilinear}, {1, 2, 3, 5},
              {{5, 16, 14, 15}}),
      resized("interpolate_bilinear_aligned",
              {.size = {4, 1}, .mode = bilinear, .align_corners = true}, {1, 2, 3, 2}),
      resized("interpolate_bicubic", {.size = {4, 3}, .mode = bicubic}, {1, 1, 3, 4}),
      resized("interpolate_bicubic_aligned",
              {.scale_factor = {2}, .mode = bicubic, .align_corners = true}, {1, 1, 2, 3}),
      resized("interpolate_antialias", {.size = {2, 5}, .mode = bilinear, .antialias = true},
              {1, 2, 5, 3}),
      resized("interpolate_antialias_bicubic",
              {.scale_factor = {0.4}, .mode = bicubic, .antialias = true}, {1, 1, 6, 5}),
      resized("interpolate_trilinear", {.size = {3, 2, 4}, .mode = trilinear}, {1, 1, 2, 3, 3}),
      resized("interpolate_area", {.size = {2, 3}, .mode = area}, {1, 1, 3, 3}),
      resized("interpolate_area_3d", {.size = {2, 1, 2}, .mode = area}, {1, 1, 3, 2, 2}),
      resized("interpolate_area_divides", {.size = {1, 1, 2}, .mode = area}, {1, 1, 2, 2, 2}),
      shuffled("pixel_shuffle", {2, 8, 2, 3}, [](const Tensor& x) { return pixel_shuffle(x, 2); },
               {{with_marks("pixel_shuffle: 2² does not divide the channels of [6, 2, 2]", {51}),
                 [] {
                   pixel_shuffle(ones({6, 2, 2}), 2);
                 }},
                {"pixel_shuffle: expected x of shape [..., C, H, W], got [2, 2]",
                 [] {
                   pixel_shuffle(ones({2, 2}), 2);
                 }}}),
      shuffled("pixel_unshuffle", {2, 4, 6}, [](const Tensor& x) { return pixel_unshuffle(x, 2); },
               {{"pixel_unshuffle: 2 does not divide the image of [1, 2, 3]",
                 [] {
                   pixel_unshuffle(ones({1, 2, 3}), 2);
                 }},
                {"pixel_unshuffle: the factor must be positive, got 0",
                 [] {
                   pixel_unshuffle(ones({1, 2, 3}), 0);
                 }}}),
      shuffled(
          "channel_shuffle", {2, 6, 2}, [](const Tensor& x) { return channel_shuffle(x, 3); },
          {{with_marks("channel_shuffle: 2 groups do not divide x's channels: [1, 3, 2]", {58}),
            [] {
              channel_shuffle(ones({1, 3, 2}), 2);
            }}}),
  };
}

}  // namespace op_table
