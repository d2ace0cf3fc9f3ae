// SPDX-License-Identifier: MIT
// Rows of the table: windows of images as columns, and sums of windows.
#include "op_table.h"

namespace op_table {

namespace {

const UnfoldOptions options = {.dilation = {2, 1}, .padding = {1, 0}, .stride = {1, 2}};

Row unfold_row() {
  return {.name = "unfold_image",
          .call =
              [](const Tensors& in) {
                return unfold(in[0], {2, 3}, options);
              },
          .inputs = {{{2, 2, 4, 5}}},
          .dtypes = any_dtype,
          .also = {{{3, 4, 5}}, {{0, 1, 4, 5}}, {{2, 0, 4, 5}}, {{1, 1, 1, 3}}},
          .large = {{8, 7, 50, 61}},
          .bad = {{"unfold: expected x of shape [N, C, H, W] or [C, H, W], got [2, 3]",
                   [] {
                     unfold(ones({2, 3}), 2);
                   }},
                  {"unfold: a window of 4 rows with dilation 1 does not fit into the 3 of x with "
                   "padding 0; add padding, or use a smaller window",
                   [] {
                     unfold(ones({1, 3, 5}), {4, 5});
                   }},
                  {"unfold: the window has no columns",
                   [] {
                     unfold(ones({1, 3, 5}), {1, 0});
                   }},
                  {"unfold: strides must be positive, got [1, 0]",
                   [] {
                     unfold(ones({1, 3, 5}), 1, {.stride = {1, 0}});
                   }},
                  {"unfold: dilations must be positive, got [-1, -1]",
                   [] {
                     unfold(ones({1, 3, 5}), 1, {.dilation = -1});
                   }},
                  {"unfold: padding must not be negative, got [-1, -1]; crop with pad() or slice()",
                   [] {
                     unfold(ones({1, 3, 5}), 1, {.padding = -1});
                   }},
                  {"unfold: `same` is allowed only as the padding of convolutions", [] {
                     unfold(ones({1, 3, 5}), 1, {.padding = same});
                   }}}};
}

Row fold_row() {
  return {.name = "fold",
          .call =
              [](const Tensors& in) {
                return fold(in[0], {4, 5}, {2, 3}, options);
              },
          .inputs = {{{2, 12, 8}}},
          .ulps = 4,
          .reason = "sums of few numbers",
          .dtypes = numbers,
          .also = {{{6, 8}}, {{0, 6, 8}}, {{2, 0, 8}}},
          .large = {{100, 42, 8}},
          .bad = {{"fold: expected x of shape [N, C 4, 6] or [C 4, 6], got [1, 6, 6]",
                   [] {
                     fold(ones({1, 6, 6}), {3, 4}, 2);
                   }},
                  {"fold: expected x of shape [N, C 4, 6] or [C 4, 6], got [1, 8, 12]",
                   [] {
                     fold(ones({8, 12}), {3, 4}, 2);
                   }},
                  {"fold: expected x of shape [N, C 4, 6] or [C 4, 6], got [4]",
                   [] {
                     fold(ones({4}), {3, 4}, 2);
                   }},
                  {"fold: a window of 2 rows with dilation 3 does not fit into the 3 of x with "
                   "padding 0; add padding, or use a smaller window",
                   [] {
                     fold(ones({4, 4}), 3, 2, {.dilation = 3});
                   }},
                  {"fold: strides must be positive, got [0, 0]",
                   [] {
                     fold(ones({4, 4}), 3, 2, {.stride = 0});
                   }},
                  {"fold: `same` is allowed only as the padding of convolutions",
                   [] {
                     fold(ones({4, 4}), 3, 2, {.padding = same});
                   }},
                  {"fold: bool cannot be added; convert with to(int64)", [] {
                     fold(ones({4, 4}, {.dtype = boolean}), 3, 2);
                   }}}};
}

}  // namespace

std::vector<Row> fold_rows() {
  return {
      unfold_row(),
      fold_row(),
      {.name = "add_windows",
       .call =
           [](const Tensors& in) {
             return add_windows(in[0], {1, 2, 4, 5}, {1, 2}, {2, 1});
           },
       .inputs = {{{1, 2, 2, 2, 2, 3}}},
       .ulps = 4,
       .reason = "sums of few numbers",
       .dtypes = numbers,
       .bad = {{"add_windows: expected windows [N, C, h, w, kh, kw] and an image shape [N, C, H, "
                "W], got [2, "
                "3] and "
                "[1, 1, 2, 3]",
                [] {
                  add_windows(ones({2, 3}), {1, 1, 2, 3}, {1, 1}, {1, 1});
                }},
               {"add_windows: [1, 1, 2, 3, 1, 1] are not the windows of an image [1, 1, 3, 3] with "
                "stride "
                "[1, 1] and dilation [1, 1]",
                [] {
                  add_windows(ones({1, 1, 2, 3, 1, 1}), {1, 1, 3, 3}, {1, 1}, {1, 1});
                }},
               {"add_windows: stride and dilation must be 2 positive integers each, got [0, 1] and "
                "[1, 1]",
                [] {
                  add_windows(ones({1, 1, 2, 3, 1, 1}), {1, 1, 2, 3}, {0, 1}, {1, 1});
                }},
               {"add_windows: [1, 1, 2, 3, 1, 1] are not the windows of an image [2, 1, 2, 3] with "
                "stride "
                "[1, 1] and dilation [1, 1]",
                [] {
                  add_windows(ones({1, 1, 2, 3, 1, 1}), {2, 1, 2, 3}, {1, 1}, {1, 1});
                }},
               {"add_windows: bool cannot be added; convert with to(int64)",
                [] {
                  add_windows(ones({1, 1, 2, 3, 1, 1}, {.dtype = boolean}), {1, 1, 2, 3}, {1, 1},
                              {1, 1});
                }}}},
  };
}

}  // namespace op_table
