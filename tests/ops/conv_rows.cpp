// SPDX-License-Identifier: MIT
// Rows of the table: convolution.
#include "op_table.h"

namespace op_table {
namespace {

Row conv(const char* name, const Conv2dOptions& args, Shape x, Shape w, bool bias,
         std::vector<Shapes> also = {}, Shapes large = {}) {
  Row row{
      .name = name,
      .call =
          [args](const Tensors& in) {
            return conv2d(in[0], in[1], in.size() > 2 ? in[2] : Tensor(), args);
          },
      .inputs = {{x}, {w}},
      .ulps = 32,
      .reason = "sums of up to 36 products, in any order",
      .also = std::move(also),
      .large = std::move(large),
      .bad = {
          {with_marks(
               "conv2d: x has 3 channels, but the weight expects 4: [1, 3, 5, 5] ⋆ [2, 4, 3, 3]",
               {56, 71}),
           [] {
             conv2d(ones({1, 3, 5, 5}), ones({2, 4, 3, 3}));
           }},
          {"conv2d: expected x of shape [N, C, H, W] or [C, H, W], got [3, 5]",
           [] {
             conv2d(ones({3, 5}), ones({2, 3, 3, 3}));
           }},
          {"conv2d: expected a weight of shape [out_channels, in_channels / groups, kh, kw], got "
           "[2, 3, "
           "3]",
           [] {
             conv2d(ones({1, 3, 5, 5}), ones({2, 3, 3}));
           }},
          {"conv2d: a window of 3 rows with dilation 1 does not fit into the 2 of x with "
           "padding 0; add padding, or use a smaller window",
           [] {
             conv2d(ones({1, 3, 2, 2}), ones({2, 3, 3, 3}));
           }},
          {"conv2d: expected a bias of shape [2] for the weight [2, 3, 3, 3], got [3]",
           [] {
             conv2d(ones({1, 3, 5, 5}), ones({2, 3, 3, 3}), ones({3}));
           }},
          {"conv2d: strides must be positive, got [0, 0]",
           [] {
             conv2d(ones({1, 3, 5, 5}), ones({2, 3, 3, 3}), {}, {.stride = 0});
           }},
          {"conv2d: padding must not be negative, got [-1, -1]; crop with pad() or slice()",
           [] {
             conv2d(ones({1, 3, 5, 5}), ones({2, 3, 3, 3}), {}, {.padding = -1});
           }},
          {"conv2d: dilations must be positive, got [0, 0]",
           [] {
             conv2d(ones({1, 3, 5, 5}), ones({2, 3, 3, 3}), {}, {.dilation = 0});
           }},
          {with_marks("conv2d: 2 groups do not divide the weight's output channels: [3, 2, 3, 3]",
                      {62}),
           [] {
             conv2d(ones({1, 4, 5, 5}), ones({3, 2, 3, 3}), {}, {.groups = 2});
           }},
          {"conv2d: groups must be positive, got 0",
           [] {
             conv2d(ones({1, 3, 5, 5}), ones({2, 3, 3, 3}), {}, {.groups = 0});
           }},
          {"conv2d: padding `same` requires stride 1, got [2, 2]", [] {
             conv2d(ones({1, 3, 5, 5}), ones({2, 3, 3, 3}), {}, {.stride = 2, .padding = same});
           }}}};
  if (bias) row.inputs.push_back({{w[0]}});
  return row;
}

Row without_golden(Row row) {
  row.no_golden = by_opinfo;
  return row;
}

Row conv_1d(const char* name, const Conv1dOptions& args, Shape x, Shape w, bool bias,
            std::vector<Shapes> also = {}, Shapes large = {}) {
  Row row{
      .name = name,
      .call =
          [args](const Tensors& in) {
            return conv1d(in[0], in[1], in.size() > 2 ? in[2] : Tensor(), args);
          },
      .inputs = {{x}, {w}},
      .ulps = 32,
      .reason = "sums of up to 36 products, in any order",
      .also = std::move(also),
      .large = std::move(large),
      .no_golden = by_opinfo,
      .bad = {{"conv1d: expected x of shape [N, C, L] or [C, L], got [1, 3, 5, 5]",
               [] {
                 conv1d(ones({1, 3, 5, 5}), ones({2, 3, 3}));
               }},
              {"conv1d: expected a weight of shape [out_channels, in_channels / groups, k], got "
               "[3, 3]",
               [] {
                 conv1d(ones({1, 3, 5}), ones({3, 3}));
               }},
              {"conv1d: a window of 3 columns with dilation 2 does not fit into the 4 of x with "
               "padding 0; add padding, or use a smaller window",
               [] {
                 conv1d(ones({1, 3, 4}), ones({2, 3, 3}), {}, {.dilation = 2});
               }}}};
  if (bias) row.inputs.push_back({{w[0]}});
  return row;
}

Row conv_3d(const char* name, const Conv3dOptions& args, Shape x, Shape w) {
  return {.name = name,
          .call = [args](const Tensors& in) { return conv3d(in[0], in[1], in[2], args); },
          .inputs = {{x}, {w}, {{w[0]}}},
          .ulps = 32,
          .reason = "sums of up to 36 products, in any order",
          .no_golden = by_opinfo,
          .bad = {{"conv3d: expected x of shape [N, C, D, H, W] or [C, D, H, W], got [1, 3]",
                   [] {
                     conv3d(ones({1, 3}), ones({2, 3, 3, 3, 3}));
                   }},
                  {"conv3d: a window of 3 planes with dilation 1 does not fit into the 2 of x with "
                   "padding 0; add padding, or use a smaller window",
                   [] {
                     conv3d(ones({1, 1, 2, 3, 3}), ones({2, 1, 3, 3, 3}));
                   }}}};
}

/// Transposed, of one, two or three dimensions, by the type of the options.
template <class Options>
Row conv_transpose(const char* name, const Options& args, Shape x, Shape w, bool bias,
                   Shapes large = {}) {
  Row row{
      .name = name,
      .call =
          [args](const Tensors& in) {
            const Tensor b = in.size() > 2 ? in[2] : Tensor();
            if constexpr (std::is_same_v<Options, ConvTranspose1dOptions>)
              return conv_transpose1d(in[0], in[1], b, args);
            else if constexpr (std::is_same_v<Options, ConvTranspose3dOptions>)
              return conv_transpose3d(in[0], in[1], b, args);
            else return conv_transpose2d(in[0], in[1], b, args);
          },
      .inputs = {{x}, {w}},
      .ulps = 32,
      .reason = "sums of up to 36 products, in any order",
      .large = std::move(large),
      .no_golden = by_opinfo,
      .bad = {{with_marks("conv_transpose2d: x has 3 channels, but the weight expects 4: [1, 3, "
                          "5, 5] ⋆ [4, 2, 3, 3]",
                          {66, 78}),
               [] {
                 conv_transpose2d(ones({1, 3, 5, 5}), ones({4, 2, 3, 3}));
               }},
              {"conv_transpose2d: output_padding must be smaller than the stride or the "
               "dilation, got [2, 0]",
               [] {
                 conv_transpose2d(ones({1, 3, 5, 5}), ones({3, 2, 3, 3}), {},
                                  {.stride = 2, .output_padding = {2, 0}});
               }},
              {"conv_transpose2d: padding 2 leaves nothing of a result of size 3",
               [] {
                 conv_transpose2d(ones({1, 3, 1, 5}), ones({3, 2, 3, 3}), {}, {.padding = 2});
               }},
              {"conv_transpose2d: `same` is allowed only as the padding of convolutions",
               [] {
                 conv_transpose2d(ones({1, 3, 1, 5}), ones({3, 2, 3, 3}), {}, {.padding = same});
               }},
              {"conv_transpose2d: expected a bias of shape [2] for the weight [3, 2, 3, 3], got "
               "[3]",
               [] {
                 conv_transpose2d(ones({1, 3, 5, 5}), ones({3, 2, 3, 3}), ones({3}));
               }}}};
  if (bias) row.inputs.push_back({{w[1] * args.groups}});
  return row;
}

}  // namespace

std::vector<Row> conv_rows() {
  return {
      conv("conv2d", {}, {2, 2, 4, 4}, {3, 2, 3, 2}, false,
           {{{2, 4, 3}, {2, 2, 3, 2}}, {{1, 1, 1, 1}, {1, 1, 1, 1}}, {{0, 2, 4, 4}, {3, 2, 3, 2}}},
           {{3, 4, 17, 19}, {9, 4, 3, 3}}),
      conv("conv2d_bias", {}, {1, 2, 4, 3}, {2, 2, 3, 2}, true, {},
           {{5, 3, 28, 28}, {16, 3, 5, 5}, {16}}),
      conv("conv2d_stride", {.stride = {2, 1}}, {1, 2, 5, 4}, {2, 2, 3, 2}, true, {},
           {{3, 4, 17, 19}, {9, 4, 3, 3}, {9}}),
      conv("conv2d_padding", {.padding = {1, 2}}, {1, 2, 3, 2}, {2, 2, 3, 3}, true, {},
           {{3, 4, 17, 19}, {9, 4, 3, 3}, {9}}),
      conv("conv2d_stride_padding", {.stride = 2, .padding = 1}, {1, 2, 5, 4}, {2, 2, 3, 3}, false,
           {}, {{3, 4, 17, 19}, {9, 4, 3, 3}}),
      conv("conv2d_dilation", {.dilation = {2, 1}}, {1, 2, 5, 3}, {2, 2, 2, 2}, true, {},
           {{3, 4, 17, 19}, {9, 4, 3, 3}, {9}}),
      conv("conv2d_groups", {.groups = 2}, {1, 4, 3, 3}, {4, 2, 2, 2}, true, {},
           {{3, 8, 17, 19}, {10, 4, 3, 3}, {10}}),
      conv("conv2d_depthwise", {.padding = 1, .groups = 3}, {1, 3, 3, 3}, {3, 1, 3, 3}, false, {},
           {{3, 3, 37, 39}, {3, 1, 3, 3}}),
      conv("conv2d_same", {.padding = same}, {1, 2, 3, 4}, {2, 2, 3, 2}, true),
      conv("conv2d_same_dilation", {.padding = same, .dilation = 2}, {1, 1, 4, 4}, {2, 1, 2, 3},
           false),
      conv("conv2d_everything",
           {.stride = {1, 2}, .padding = {2, 1}, .dilation = {2, 1}, .groups = 2}, {1, 4, 3, 4},
           {2, 2, 2, 3}, true, {}, {{3, 6, 9, 31}, {40, 3, 2, 3}, {40}}),
      without_golden(conv("conv2d_depthwise_stride", {.stride = 2, .padding = 1, .groups = 2},
                          {1, 2, 4, 5}, {4, 1, 3, 3}, true, {},
                          {{3, 2, 37, 39}, {14, 1, 3, 3}, {14}})),
      without_golden(conv("conv2d_stride_3", {.stride = 3, .dilation = {1, 2}}, {1, 2, 5, 6},
                          {2, 2, 2, 3}, false, {}, {{3, 4, 17, 39}, {9, 4, 3, 3}})),
      conv("conv2d_one_by_one", {}, {2, 3, 2, 2}, {2, 3, 1, 1}, true, {},
           {{3, 30, 17, 19}, {20, 30, 1, 1}, {20}}),
      conv_1d("conv1d", {.stride = 2, .padding = 1}, {2, 2, 5}, {3, 2, 3}, true,
              {{{2, 5}, {3, 2, 3}, {3}}, {{0, 2, 4}, {3, 2, 3}, {3}}},
              {{3, 4, 133}, {9, 4, 3}, {9}}),
      conv_1d("conv1d_same", {.padding = same, .dilation = 2, .groups = 2}, {1, 4, 5}, {2, 2, 2},
              false, {}, {{3, 4, 133}, {8, 2, 2}}),
      conv_3d("conv3d", {.stride = {1, 2, 1}, .padding = {1, 0, 1}, .groups = 2}, {1, 2, 3, 3, 2},
              {2, 1, 2, 2, 3}),
      conv_3d("conv3d_same", {.padding = same, .dilation = {1, 2, 1}}, {1, 1, 2, 3, 2},
              {2, 1, 2, 2, 1}),
      conv_transpose("conv_transpose3d", ConvTranspose3dOptions{.stride = 2, .padding = {0, 1, 0}},
                     {1, 2, 2, 2, 2}, {2, 2, 2, 3, 1}, true),
      conv_transpose("conv_transpose1d",
                     ConvTranspose1dOptions{.stride = 2, .padding = 1, .output_padding = 1},
                     {2, 2, 3}, {2, 3, 3}, true, {{3, 4, 133}, {4, 9, 3}, {9}}),
      conv_transpose("conv_transpose2d", ConvTranspose2dOptions{}, {1, 2, 3, 2}, {2, 3, 2, 3}, true,
                     {{3, 4, 17, 19}, {4, 9, 3, 3}, {9}}),
      conv_transpose(
          "conv_transpose2d_stride",
          ConvTranspose2dOptions{.stride = 2, .padding = {0, 1}, .output_padding = {0, 1}},
          {1, 2, 2, 3}, {2, 2, 2, 3}, false, {{3, 4, 17, 19}, {4, 9, 3, 3}}),
      conv_transpose("conv_transpose2d_everything",
                     ConvTranspose2dOptions{.stride = {1, 3},
                                            .padding = {1, 2},
                                            .output_padding = {1, 2},
                                            .groups = 2,
                                            .dilation = {2, 1}},
                     {1, 4, 2, 2}, {4, 2, 2, 3}, true, {{3, 6, 9, 11}, {6, 5, 3, 3}, {10}}),
  };
}

}  // namespace op_table
