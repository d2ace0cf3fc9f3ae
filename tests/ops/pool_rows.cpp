// SPDX-License-Identifier: MIT
// Rows of the table: pooling.
#include "op_table.h"

namespace op_table {
namespace {

Row pool(const char* name, bool is_max, Pair kernel, const MaxPool2dOptions& args, Shape x,
         std::vector<Shapes> also = {}, Shapes large = {}) {
  auto f = [is_max](const Tensor& x, Pair kernel, const MaxPool2dOptions& args = {}) {
    return is_max ? max_pool2d(x, kernel, args)
                  : avg_pool2d(x, kernel, {.stride = args.stride, .padding = args.padding});
  };
  const std::string n = is_max ? "max_pool2d" : "avg_pool2d";
  return {.name = name,
          .call = [=](const Tensors& in) { return f(in[0], kernel, args); },
          .inputs = {{x, is_max ? Kind::distinct : Kind::any}},
          .ulps = is_max ? 0. : 6.,
          .reason = is_max ? "exact" : "sums of up to 9 numbers, in any order",
          .also = std::move(also),
          .large = std::move(large),
          .bad = {{n + ": expected x of shape [N, C, H, W] or [C, H, W], got [3, 5]",
                   [=] {
                     f(ones({3, 5}), 2);
                   }},
                  {n + ": a window of 3 rows with dilation 1 does not fit into the 2 of x with "
                       "padding 0; add padding, or use a smaller window",
                   [=] {
                     f(ones({1, 1, 2, 2}), 3);
                   }},
                  {n + ": the window size must be positive, got [0, 0]",
                   [=] {
                     f(ones({1, 1, 5, 5}), 0);
                   }},
                  {n + ": strides must be positive, got [-1, -1]",
                   [=] {
                     f(ones({1, 1, 5, 5}), 2, {.stride = -1});
                   }},
                  {n + ": padding must be at most half of the window [2, 2], got [2, 2]",
                   [=] {
                     f(ones({1, 1, 5, 5}), 2, {.padding = 2});
                   }},
                  {n + ": padding must not be negative, got [-1, -1]; crop with pad() or slice()",
                   [=] {
                     f(ones({1, 1, 5, 5}), 2, {.padding = -1});
                   }},
                  {n + ": `same` is allowed only as the padding of convolutions", [=] {
                     f(ones({1, 1, 5, 5}), 2, {.padding = same});
                   }}}};
}

/// A row whose values tests/opinfo compares with PyTorch.
Row other(const char* name, Kind kind, std::function<Tensors(const Tensors&)> call, Shape x,
          std::vector<BadCall> bad, std::vector<Shapes> also = {}, Shapes large = {}) {
  return {.name = name,
          .call = std::move(call),
          .inputs = {{x, kind}},
          .ulps = kind == Kind::distinct ? 0. : 8.,
          .reason = kind == Kind::distinct ? "exact" : "sums of up to 9 numbers, in any order",
          .also = std::move(also),
          .large = std::move(large),
          .no_golden = by_opinfo,
          .bad = std::move(bad)};
}
Tensors both(const ValuesIndices& y) { return {y.values, y.indices}; }

void more_of_2d(std::vector<Row>& rows) {
  rows.push_back(other("max_pool2d_ceil", Kind::distinct,
                       [](const Tensors& in) {
                         return both(max_pool2d_with_indices(in[0], 2, {.ceil_mode = true}));
                       },
                       {1, 2, 5, 3},
                       {{"max_pool2d: dilations must be positive, got [0, 0]",
                         [] {
                           max_pool2d(ones({1, 1, 5, 5}), 2, {.dilation = 0});
                         }}},
                       {{{0, 1, 3, 3}}, {{2, 3, 3}}}, {{5, 16, 27, 29}}));
  rows.push_back(other("max_pool2d_dilation", Kind::distinct,
                       [](const Tensors& in) {
                         return both(max_pool2d_with_indices(
                             in[0], {2, 3},
                             {.stride = {2, 1}, .padding = 1, .dilation = 2, .ceil_mode = true}));
                       },
                       {1, 2, 6, 5},
                       {{"max_pool2d: the image is empty: [1, 1, 0, 5]",
                         [] {
                           max_pool2d(ones({1, 1, 0, 5}), 2);
                         }}},
                       {}, {{5, 16, 14, 15}}));
  rows.push_back(other("avg_pool2d_ceil", Kind::any,
                       [](const Tensors& in) {
                         return avg_pool2d(in[0], {2, 3}, {.padding = {1, 0}, .ceil_mode = true});
                       },
                       {1, 2, 5, 5},
                       {{"avg_pool2d: the divisor must not be 0",
                         [] {
                           avg_pool2d(ones({1, 1, 5, 5}), 2, {.divisor_override = 0});
                         }}},
                       {}, {{5, 16, 27, 28}}));
  rows.push_back(other(
      "avg_pool2d_without_padding", Kind::any,
      [](const Tensors& in) {
        return avg_pool2d(
            in[0], 3, {.stride = 2, .padding = 1, .ceil_mode = true, .count_include_pad = false});
      },
      {1, 2, 4, 5},
      {{"avg_pool2d: expected x of shape [N, C, H, W] or [C, H, W], "
        "got [5]",
        [] { avg_pool2d(ones({5}), 2); }}}));
  rows.push_back(other(
      "avg_pool2d_divisor", Kind::any,
      [](const Tensors& in) { return avg_pool2d(in[0], 2, {.stride = 1, .divisor_override = 3}); },
      {2, 3, 4}, {{"avg_pool2d: the window size must be positive, got [2, 0]", [] {
                     avg_pool2d(ones({1, 1, 5, 5}), {2, 0});
                   }}}));
}

void of_1d(std::vector<Row>& rows) {
  rows.push_back(other("max_pool1d", Kind::distinct,
                       [](const Tensors& in) {
                         return both(max_pool1d_with_indices(
                             in[0], 3, {.stride = 2, .padding = 1, .ceil_mode = true}));
                       },
                       {2, 2, 6},
                       {{"max_pool1d: expected x of shape [N, C, L] or [C, L], got [2]",
                         [] { max_pool1d(ones({2}), 2); }}},
                       {{{2, 7}}}, {{5, 16, 133}}));
  rows.push_back(
      other("avg_pool1d", Kind::any,
            [](const Tensors& in) { return avg_pool1d(in[0], 3, {.stride = 2, .padding = 1}); },
            {2, 2, 6},
            {{"avg_pool1d: a window of 3 columns with dilation 1 does not fit "
              "into the 2 of x with padding 0; add padding, or use a smaller "
              "window",
              [] {
                avg_pool1d(ones({1, 1, 2}), 3);
              }}},
            {{{2, 7}}}, {{5, 16, 133}}));
}

void adaptive(std::vector<Row>& rows) {
  const std::vector<BadCall> negative = {
      {"adaptive_avg_pool2d: the sizes of the result must not be negative, got [2, -1]", [] {
         adaptive_avg_pool2d(ones({1, 1, 5, 5}), {2, -1});
       }}};
  rows.push_back(other("adaptive_avg_pool2d", Kind::any,
                       [](const Tensors& in) {
                         return adaptive_avg_pool2d(in[0], {3, 4});
                       },
                       {1, 2, 5, 3}, negative, {{{2, 3, 4}}, {{1, 2, 6, 8}}}, {{5, 16, 14, 15}}));
  rows.push_back(other("adaptive_max_pool2d", Kind::distinct,
                       [](const Tensors& in) {
                         return both(adaptive_max_pool2d_with_indices(in[0], {3, 4}));
                       },
                       {1, 2, 5, 3}, negative, {{{2, 3, 4}}, {{1, 2, 6, 8}}}, {{5, 16, 14, 15}}));
  rows.push_back(
      other("adaptive_pool1d", Kind::distinct,
            [](const Tensors& in) {
              return Tensors{adaptive_max_pool1d(in[0], 2), adaptive_avg_pool1d(in[0], 5)};
            },
            {1, 2, 5},
            {{"adaptive_max_pool1d: expected x of shape [N, C, L] or [C, L], "
              "got [5]",
              [] { adaptive_max_pool1d(ones({5}), 2); }}}));
  rows.back().ulps = 8, rows.back().reason = "means of a few elements";
}

Row unpool(const char* name, Shape x, std::int64_t below,
           std::function<Tensor(const Tensor&, const Tensor&)> f) {
  return {.name = name,
          .call = [f](const Tensors& in) { return f(in[0], in[1]); },
          .inputs = {{x}, {x, Kind::index, below}},
          .no_golden = by_opinfo,
          .bad = {{"max_unpool2d: x and indices have different shapes: [1, 1, 2, 2] and [1, 1, 2]",
                   [] {
                     max_unpool2d(ones({1, 1, 2, 2}), zeros({1, 1, 2}, {.dtype = int64}), 2);
                   }},
                  {"max_unpool2d: the output size 6 is not within a stride of 4", [] {
                     max_unpool2d(ones({1, 1, 2, 2}), zeros({1, 1, 2, 2}, {.dtype = int64}), 2,
                                  {.output_size = {6, 4}});
                   }}}};
}

void of_3d(std::vector<Row>& rows) {
  const std::vector<BadCall> bad = {
      {"max_pool3d: expected x of shape [N, C, D, H, W] or [C, D, H, W], got [2]",
       [] { max_pool3d(ones({2}), 2); }}};
  rows.push_back(other("max_pool3d", Kind::distinct,
                       [](const Tensors& in) {
                         return both(max_pool3d_with_indices(
                             in[0], {2, 2, 3}, {.stride = 2, .padding = 1, .dilation = {1, 2, 1}}));
                       },
                       {1, 2, 3, 4, 4}, bad, {{{2, 4, 3, 4}}}));
  rows.push_back(other(
      "avg_pool3d", Kind::any,
      [](const Tensors& in) {
        return avg_pool3d(in[0], 2, {.padding = {0, 1, 1}, .ceil_mode = true});
      },
      {1, 2, 3, 4, 4}, bad));
  rows.push_back(other(
      "adaptive_pool3d", Kind::distinct,
      [](const Tensors& in) {
        return Tensors{adaptive_max_pool3d(in[0], {2, 3, 1}),
                       adaptive_avg_pool3d(in[0], {1, 2, 3})};
      },
      {1, 2, 3, 4, 4}, bad));
  rows.back().ulps = 8, rows.back().reason = "means of a few elements";
  rows.push_back(other("lp_pool2d", Kind::positive,
                       [](const Tensors& in) {
                         return lp_pool2d(in[0], 3, {2, 3}, {.ceil_mode = true});
                       },
                       {1, 2, 5, 5}, {{"lp_pool2d: p must not be 0", [] {
                                         lp_pool2d(ones({1, 1, 2, 2}), 0, 2);
                                       }}}));
  rows.back().ulps = 16;
}

/// Of given random values.
void drawn(std::vector<Row>& rows) {
  const auto samples = [](const Tensor& x, std::int64_t dims) {
    return full({x.size(0), x.size(1), dims}, 0.3, {.dtype = x.dtype(), .device = x.device()});
  };
  rows.push_back(
      other("fractional_max_pool2d", Kind::distinct,
            [=](const Tensors& in) {
              return both(fractional_max_pool2d_with_indices(in[0], 2, {2, 3}, samples(in[0], 2)));
            },
            {1, 2, 5, 6},
            {{with_marks("fractional_max_pool2d: expected at least 4 + 2 - 1 elements "
                         "along [1, 1, 4, 4]",
                         {73}),
              [] {
                fractional_max_pool2d(ones({1, 1, 4, 4}), 2, 4);
              }}}));
}

}  // namespace

std::vector<Row> pool_rows() {
  std::vector<Row> rows = {
      pool("max_pool2d", true, 2, {}, {2, 2, 4, 5}, {{{2, 4, 4}}, {{0, 1, 2, 2}}},
           {{5, 16, 28, 28}}),
      pool("max_pool2d_overlapping", true, {3, 2}, {.stride = 1}, {1, 2, 4, 4}, {},
           {{5, 16, 14, 15}}),
      pool("max_pool2d_padding", true, 3, {.stride = 2, .padding = 1}, {1, 2, 5, 4}, {},
           {{5, 16, 14, 15}}),
      pool("avg_pool2d", false, 2, {}, {2, 2, 4, 5}, {{{2, 4, 4}}, {{0, 1, 2, 2}}},
           {{5, 16, 28, 28}}),
      pool("avg_pool2d_overlapping", false, {3, 2}, {.stride = 1}, {1, 2, 4, 4}, {},
           {{5, 16, 14, 15}}),
      pool("avg_pool2d_padding", false, 3, {.stride = 2, .padding = 1}, {1, 2, 5, 4}, {},
           {{5, 16, 14, 15}}),
      unpool("max_unpool1d", {1, 2, 3}, 6,
             [](const Tensor& x, const Tensor& i) { return max_unpool1d(x, i, 2); }),
      unpool("max_unpool3d", {1, 2, 2, 1, 2}, 32,
             [](const Tensor& x, const Tensor& i) {
               return max_unpool3d(x, i, 2, {.output_size = {4, 2, 4}});
             }),
      unpool("max_unpool2d", {1, 2, 2, 2}, 16,
             [](const Tensor& x, const Tensor& i) {
               return max_unpool2d(x, i, 2, {.stride = 2, .output_size = {4, 5}});
             }),
  };
  more_of_2d(rows), of_1d(rows), adaptive(rows), of_3d(rows), drawn(rows);
  return rows;
}

}  // namespace op_table
