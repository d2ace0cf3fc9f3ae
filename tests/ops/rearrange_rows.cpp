// SPDX-License-Identifier: MIT
// Rows: copies in another order, and repeated.
#include "op_table.h"

namespace op_table {
namespace {

void reordered(std::vector<Row>& rows) {
  rows.push_back(
      moved("flip", {2, 3, 4},
            [](const Tensor& x) {
              return Tensors{flip(x, 0), flip(x, {-1, 0}), flip(x, {}), fliplr(x), flipud(x)};
            },
            {{"flip: dimension 2 is not in [-2, 2) for shape [2, 3]",
              [] {
                flip(ones({2, 3}), 2);
              }},
             {"flip: dimension -1 is named twice in [1, -1]",
              [] {
                flip(ones({2, 3}), {1, -1});
              }},
             {"fliplr: expected at least two dimensions, got shape [2]", [] { fliplr(ones({2})); }},
             {"flipud: a 0-d tensor has no rows", [] { flipud(ones({})); }}},
            {{{2, 0}}, {{1, 37}}, {{3, 1, 1}}}));
  rows.back().large = {{170, 3, 90}};
  rows.push_back(
      moved("rot90", {2, 3, 4},
            [](const Tensor& x) {
              return Tensors{rot90(x), rot90(x, 2, {1, 2}), rot90(x, -1, {0, -1}), rot90(x, 4)};
            },
            {{"rot90: expected two dimensions, got [0]",
              [] {
                rot90(ones({2, 3}), 1, {0});
              }},
             {"rot90: dimension 1 is named twice in [1, -1]",
              [] {
                rot90(ones({2, 3}), 1, {1, -1});
              }},
             {"rot90: expected at least two dimensions, got shape [3]", [] { rot90(ones({3})); }}},
            {{{2, 0, 1}}}));
  rows.push_back(moved("roll", {2, 3, 4},
                       [](const Tensor& x) {
                         return Tensors{roll(x, 1, 1), roll(x, -5, -1), roll(x, 7),
                                        roll(x, {1, 2}, {0, 2}), roll(x, 0, 0)};
                       },
                       {{"roll: dimension 2 is not in [-2, 2) for shape [2, 3]",
                         [] {
                           roll(ones({2, 3}), 1, 2);
                         }},
                        {"roll: a 0-d tensor has no dimension 0", [] { roll(ones({}), 1, 0); }},
                        {"roll: expected a shift for each dimension, got shifts [1, 2] and "
                         "dimensions [0]",
                         [] {
                           roll(ones({2, 3}), {1, 2}, {0});
                         }}},
                       {{{2, 0, 1}}, {{1, 5, 3}}}));
}

void copies(std::vector<Row>& rows) {
  const auto add = [&](const char* name, std::function<Tensors(const Tensor&)> f,
                       std::vector<BadCall> bad, std::vector<Shapes> also) {
    rows.push_back(moved(name, {2, 3}, f, std::move(bad), std::move(also)));
    rows.back().ulps = 0;
  };
  add("repeat",
      [](const Tensor& x) {
        return Tensors{repeat(x, {2, 1, 3}), repeat(x, {1, 1}), repeat(x, {4, 0})};
      },
      {{"repeat: expected 2 numbers of copies for shape [2, 3], got [2]",
        [] {
          repeat(ones({2, 3}), {2});
        }},
       {"repeat: the numbers of copies must not be negative, got [2, -1]",
        [] {
          repeat(ones({2, 3}), {2, -1});
        }}},
      {{{}}, {{3}}, {{0, 2}}, {{1, 1}}});
  add("tile",
      [](const Tensor& x) {
        return Tensors{tile(x, {2}), tile(x, {2, 1, 2})};
      },
      {{"repeat: the numbers of copies must not be negative, got [1, -1]",
        [] {
          tile(ones({2, 3}), {-1});
        }}},
      {{{}}, {{3, 1, 2}}});
  add("repeat_interleave",
      [](const Tensor& x) {
        return Tensors{repeat_interleave(x, 2, 0), repeat_interleave(x, 3, -1),
                       repeat_interleave(x, 2), repeat_interleave(x, 1, 0),
                       repeat_interleave(x, 0, 0)};
      },
      {{"repeat_interleave: the number of copies must not be negative, got -1",
        [] { repeat_interleave(ones({3}), -1, 0); }},
       {"repeat_interleave: dimension 1 is not in [-1, 1) for shape [3]",
        [] { repeat_interleave(ones({3}), 2, 1); }}},
      {{{}}, {{0, 2}}, {{1, 1}}});
  rows.push_back(
      {.name = "repeat_interleave_counts",
       .call =
           [](const Tensors& in) {
             return Tensors{repeat_interleave(in[0], in[1], 0),
                            repeat_interleave(in[0], in[1].slice(0, 0, 1), 1)};
           },
       .inputs = {{{3, 2}}, {{3}, Kind::index, 4}},
       .dtypes = any_dtype,
       .bad = {{"repeat_interleave: the number of copies must not be negative, got -1",
                [] {
                  repeat_interleave(ones({3}), tensor({1, -1, 2}), 0);
                }},
               {"repeat_interleave: expected a number of copies for each of the 3 elements of "
                "dimension 0, got shape [2]",
                [] {
                  repeat_interleave(ones({3}), tensor({1, 2}), 0);
                }},
               {"repeat_interleave: expected integer indices, got float32; convert with to(int64)",
                [] { repeat_interleave(ones({3}), ones({3}), 0); }}}});
}

}  // namespace

std::vector<Row> rearrange_rows() {
  std::vector<Row> rows;
  reordered(rows);
  copies(rows);
  return rows;
}

}  // namespace op_table
