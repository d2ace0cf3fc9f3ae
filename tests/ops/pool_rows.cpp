// SPDX-License-Identifier: MIT
// Rows of the table: pooling.
#include "op_table.h"

namespace op_table {
namespace {

Row pool(const char* name, bool is_max, Pair kernel, const PoolOptions& args, Shape x,
         std::vector<Shapes> also = {}, Shapes large = {}) {
  auto f = [is_max](const Tensor& x, Pair kernel, const PoolOptions& args = {}) {
    return is_max ? max_pool2d(x, kernel, args) : avg_pool2d(x, kernel, args);
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
                  {n + ": a window of 3 rows with dilation 1 does not fit into the image's 2 with "
                       "padding 0; add padding, or use a smaller window",
                   [=] {
                     f(ones({1, 1, 2, 2}), 3);
                   }},
                  {n + ": the window size must be positive, got 0 and 0",
                   [=] {
                     f(ones({1, 1, 5, 5}), 0);
                   }},
                  {n + ": strides must be positive, or 0 for the size of the window; got -1 and -1",
                   [=] {
                     f(ones({1, 1, 5, 5}), 2, {.stride = -1});
                   }},
                  {n + ": padding must be at most half of the window 2 x 2, got 2 and 2",
                   [=] {
                     f(ones({1, 1, 5, 5}), 2, {.padding = 2});
                   }},
                  {n + ": padding must be at most half of the window 2 x 2, got -1 and -1",
                   [=] {
                     f(ones({1, 1, 5, 5}), 2, {.padding = -1});
                   }},
                  {n + ": `same` is allowed only as the padding of convolutions", [=] {
                     f(ones({1, 1, 5, 5}), 2, {.padding = same});
                   }}}};
}

}  // namespace

std::vector<Row> pool_rows() {
  return {
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
  };
}

}  // namespace op_table
