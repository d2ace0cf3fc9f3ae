// SPDX-License-Identifier: MIT
// Rows: distinct elements, histograms, binary search. Their results have no gradient.
#include "op_table.h"

namespace op_table {
namespace {

/// Of integers, of which many are equal.
Row integers_row(const char* name, std::function<Tensors(const Tensors&)> call,
                 std::vector<Input> inputs, std::vector<Shapes> also, std::vector<BadCall> bad) {
  return {.name = name,
          .call =
              [call](const Tensors& in) {
                Tensors whole;
                for (auto& x : in) whole.push_back(floor(x));
                return call(whole);
              },
          .inputs = std::move(inputs),
          .dtypes = numbers,
          .also = std::move(also),
          .differentiable = false,
          .bad = std::move(bad)};
}
Tensors all_of(const Unique& u) { return {u.values, u.inverse, u.counts}; }
constexpr UniqueOptions everything_of = {.return_inverse = true, .return_counts = true};

Tensor integers(std::initializer_list<std::int64_t> values) {
  return from_vector(std::vector<std::int64_t>(values));
}

void sets(std::vector<Row>& rows) {
  rows.push_back(
      integers_row("unique", [](const Tensors& in) { return all_of(unique(in[0], everything_of)); },
                   {{{3, 7}}}, {{{}}, {{0, 2}}, {{50}}},
                   {{"unique: dimension 1 is not in [-1, 1) for shape [2]",
                     [] { unique(ones({2}), {.dim = 1}); }},
                    {"unique: a 0-d tensor has no slices", [] { unique(ones({}), {.dim = 0}); }}}));
  rows.push_back(integers_row(
      "unique_dim",
      [](const Tensors& in) {
        return all_of(
            unique(maximum(in[0], 0), {.return_inverse = true, .return_counts = true, .dim = 1}));
      },
      {{{2, 12}}}, {{{2, 5, 2}}, {{2, 0}}},
      {{"unique: int8 is a storage dtype; convert with .to(int32)",
        [] { unique(ones({2}, {.dtype = int8})); }}}));
  rows.push_back(integers_row("unique_consecutive",
                              [](const Tensors& in) {
                                return all_of(unique_consecutive(maximum(in[0], 0), everything_of));
                              },
                              {{{3, 7}}}, {{{}}, {{0}}},
                              {{"unique_consecutive: dimension 1 is not in [-1, 1) for shape [2]",
                                [] { unique_consecutive(ones({2}), {.dim = 1}); }}}));
  rows.push_back(
      integers_row("isin",
                   [](const Tensors& in) {
                     return Tensors{isin(in[0], in[1]), isin(in[0], in[1], true), isin(in[0], 1)};
                   },
                   {{{3, 4}}, {{2, 2}}}, {{{0}, {2}}, {{2}, {0}}},
                   {{"isin: int8 is a storage dtype; convert with .to(int32)",
                     [] { isin(ones({2}, {.dtype = int8}), ones({2})); }}}));
}

void histograms(std::vector<Row>& rows) {
  rows.push_back(
      {.name = "bincount",
       .call =
           [](const Tensors& in) {
             return Tensors{bincount(in[0]), bincount(in[0], {}, 9), bincount(in[0], floor(in[1]))};
           },
       .inputs = {{{20}, Kind::index, 7}, {{20}}},
       .dtypes = floats,
       .also = {{{0}, {0}}},
       .differentiable = false,
       .bad = {{"bincount: expected x of shape [n], got [1, 2]",
                [] {
                  bincount(ones({1, 2}, {.dtype = int64}));
                }},
               {"bincount: x has the negative element -2",
                [] {
                  bincount(integers({1, -2}));
                }},
               {"bincount: expected weights of shape [2], got [3]",
                [] {
                  bincount(integers({1, 2}), ones({3}));
                }},
               {"bincount: expected integer indices, got float32; convert with to(int64)",
                [] { bincount(ones({2})); }},
               {"bincount: min_length must not be negative, got -1",
                [] { bincount(integers({1}), {}, -1); }}}});
  rows.push_back(
      {.name = "histc",
       .call =
           [](const Tensors& in) {
             return Tensors{histc(in[0], 8, -2, 2), histc(in[0], 2, -0.5, 0.5)};
           },
       .inputs = {{{5, 7}}},
       .also = {{{}}, {{0}}},
       .differentiable = false,
       .bad = {{"histc: bins must be positive, got 0", [] { histc(ones({2}), 0); }},
               {"histc: the range from 2 to 1 has no bins", [] { histc(ones({2}), 4, 2, 1); }},
               {"histc: expected a floating dtype, got int64; convert with to(float32)",
                [] { histc(ones({2}, {.dtype = int64})); }}}});
  rows.push_back(integers_row(
      "searchsorted",
      [](const Tensors& in) {
        const auto [sorted, order] = sort(in[0]);
        return Tensors{searchsorted(sorted, in[1]), searchsorted(in[0], in[1], true, order)};
      },
      {{{2, 7}}, {{2, 5}}}, {{{6}, {2, 3}}, {{6}, {}}, {{0}, {2}}, {{3, 1}, {3, 0}}},
      {{"searchsorted: expected a sequence of shape [..., n], got []",
        [] { searchsorted(ones({}), ones({2})); }},
       {"searchsorted: the sequence is float32, values int64; convert one with to()",
        [] { searchsorted(ones({2}), integers({2})); }},
       {"searchsorted: the sequence [2, 3] and values [3, 2] must have the same sizes except for "
        "the last",
        [] {
          searchsorted(ones({2, 3}), ones({3, 2}));
        }},
       {"searchsorted: expected a sorter of shape [2], got [3]", [] {
          searchsorted(ones({2}), ones({1}), false, integers({0, 1, 2}));
        }}}));
  rows.push_back(
      integers_row("bucketize",
                   [](const Tensors& in) {
                     const Tensor sorted = sort(in[1]).values;
                     return Tensors{bucketize(in[0], sorted), bucketize(in[0], sorted, true)};
                   },
                   {{{2, 5}}, {{4}}}, {{{}, {3}}},
                   {{"bucketize: expected boundaries of shape [n], got [2, 1]", [] {
                       bucketize(ones({2}), ones({2, 1}));
                     }}}));
}

}  // namespace

std::vector<Row> unique_rows() {
  std::vector<Row> rows;
  sets(rows);
  histograms(rows);
  return rows;
}

}  // namespace op_table
