// SPDX-License-Identifier: MIT
// Rows of the table: images at any positions.
#include "op_table.h"

namespace op_table {
namespace {

Row sampled(const char* name, const GridSampleOptions& options, Shape x, Shape grid) {
  return {
      .name = name,
      .call = [options](const Tensors& in) { return grid_sample(in[0], in[1], options); },
      .inputs = {{x}, {grid, Kind::unit}},
      .ulps = 32,
      .reason = "sums of up to 16 products of rounded weights",
      .no_golden = by_opinfo,
      .bad = {
          {"grid_sample: expected x [N, C, H, W] and grid [N, h, w, 2], or x [N, C, D, H, "
           "W] and grid [N, d, h, w, 3], got [1, 1, 2, 2] and [1, 2, 2, 3]",
           [] {
             grid_sample(ones({1, 1, 2, 2}), ones({1, 2, 2, 3}));
           }},
          {"grid_sample: takes the modes nearest, bilinear and bicubic",
           [] {
             grid_sample(ones({1, 1, 2, 2}), ones({1, 2, 2, 2}), {.mode = InterpolationMode::area});
           }},
          {"grid_sample: x is float32 and grid float64; convert with to()", [] {
             grid_sample(ones({1, 1, 2, 2}), ones({1, 2, 2, 2}, {.dtype = float64}));
           }}}};
}

}  // namespace

std::vector<Row> grid_rows() {
  using enum GridPadding;
  constexpr auto nearest = InterpolationMode::nearest, bicubic = InterpolationMode::bicubic;
  return {
      sampled("grid_sample", {}, {2, 3, 4, 5}, {2, 3, 2, 2}),
      sampled("grid_sample_border", {.padding_mode = border, .align_corners = true}, {2, 3, 4, 5},
              {2, 3, 2, 2}),
      sampled("grid_sample_reflection", {.padding_mode = reflection}, {1, 2, 3, 5}, {1, 3, 4, 2}),
      sampled("grid_sample_bicubic", {.mode = bicubic, .padding_mode = reflection}, {1, 2, 4, 5},
              {1, 3, 4, 2}),
      sampled("grid_sample_nearest", {.mode = nearest}, {2, 3, 4, 5}, {2, 3, 2, 2}),
      sampled("grid_sample_volume", {}, {1, 2, 3, 4, 5}, {1, 2, 3, 2, 3}),
      {.name = "affine_grid",
       .call =
           [](const Tensors& in) {
             return Tensors{affine_grid(in[0], {2, 1, 3, 4}),
                            affine_grid(in[0], {2, 1, 1, 2}, true)};
           },
       .inputs = {{{2, 2, 3}}},
       .ulps = 16,
       .reason = "sums of 3 products",
       .no_golden = by_opinfo,
       .bad = {{"affine_grid: expected theta [N, 2, 3] for a size [N, C, h, w], or [N, 3, 4] for "
                "[N, C, d, h, w], got [1, 2, 3] for [2, 1, 4, 4]",
                [] {
                  affine_grid(ones({1, 2, 3}), {2, 1, 4, 4});
                }}}},
  };
}

}  // namespace op_table
