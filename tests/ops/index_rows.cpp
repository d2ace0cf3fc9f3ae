// SPDX-License-Identifier: MIT
// Rows: reading and writing by index.
#include "op_table.h"

namespace op_table {
namespace {

Tensor indices(const Shape& shape, std::int64_t value) {
  return full(shape, value, {.dtype = int64});
}

Row scatter_row(const char* op, const char* name, Tensor (*f)(In, int, In, In), int dim, Shape x,
                Shape index, double ulps, unsigned dtypes, std::vector<Shapes> also) {
  const std::string n = op;
  return {
      .name = name,
      .call = [f, dim](const Tensors& in) { return f(in[0], dim, in[1], in[2]); },
      .inputs = {{x}, {index, Kind::index, x[dim]}, {index}},
      .ulps = ulps,
      .reason = ulps > 0 ? "sums of few numbers" : "exact",
      .dtypes = dtypes,
      .also = std::move(also),
      .large = {{200, 130}, {200, 130}, {200, 130}},
      .bad = {{n + ": index 3 at position 0 is not in [0, 3)",
               [f] {
                 f(ones({2, 3}), 1, indices({2, 1}, 3), ones({2, 1}));
               }},
              {n + ": index -1 at position 0 is not in [0, 3)",
               [f] {
                 f(ones({2, 3}), 1, indices({2, 1}, -1), ones({2, 1}));
               }},
              {n + ": index 9223372036854775807 at position 0 is not in [0, 3)",
               [f] {
                 f(ones({2, 3}), 1, indices({2, 1}, INT64_MAX), ones({2, 1}));
               }},
              {n + ": dimension 2 is not in [-2, 2) for shape [2, 3]",
               [f] {
                 f(ones({2, 3}), 2, indices({2, 1}, 0), ones({2, 1}));
               }},
              {n + ": x and index have different ranks: [2, 3] and [2]",
               [f] {
                 f(ones({2, 3}), 1, indices({2}, 0), ones({2}));
               }},
              {with_marks(n + ": along dimension 0 index is larger than x: [3, 1] and [2, 3]",
                          {int(n.size()) + 45, int(n.size()) + 56}),
               [f] {
                 f(ones({2, 3}), 1, indices({3, 1}, 0), ones({3, 1}));
               }},
              {with_marks(n + ": along dimension 1 index is larger than source: [2, 2] and [2, 1]",
                          {int(n.size()) + 53, int(n.size()) + 64}),
               [f] {
                 f(ones({2, 3}), 1, indices({2, 2}, 0), ones({2, 1}));
               }},
              {n + ": x is float32, source float64; convert one with to()",
               [f] {
                 f(ones({2, 3}), 1, indices({2, 1}, 0), ones({2, 1}, {.dtype = float64}));
               }},
              {n + ": expected integer indices, got float32; convert with to(int64)", [f] {
                 f(ones({2, 3}), 1, ones({2, 1}), ones({2, 1}));
               }}}};
}

}  // namespace

std::vector<Row> index_rows() {
  return {
      {.name = "gather",
       .call = [](const Tensors& in) { return gather(in[0], 1, in[1]); },
       .inputs = {{{2, 3, 2}}, {{2, 5, 2}, Kind::index, 3}},
       .ulps = 0,
       .dtypes = any_dtype,
       .also = {{{3, 3}, {2, 3}}, {{2, 3}, {2, 0}}, {{2, 3}, {0, 1}}, {{2, 3}, {1, 1}}},
       .large = {{200, 130}, {200, 300}},
       .bad = {{"gather: index 3 at position 0 is not in [0, 3)",
                [] {
                  gather(ones({2, 3}), 1, indices({2, 1}, 3));
                }},
               {"gather: index -1 at position 0 is not in [0, 3)",
                [] {
                  gather(ones({2, 3}), 1, indices({2, 1}, -1));
                }},
               {"gather: index -9223372036854775808 at position 0 is not in [0, 3)",
                [] {
                  gather(ones({2, 3}), 1, indices({2, 1}, INT64_MIN));
                }},
               {"gather: dimension 2 is not in [-2, 2) for shape [2, 3]",
                [] {
                  gather(ones({2, 3}), 2, indices({2, 1}, 0));
                }},
               {with_marks("gather: along dimension 0 index is larger than x: [3, 1] and [2, 3]",
                           {51, 62}),
                [] {
                  gather(ones({2, 3}), 1, indices({3, 1}, 0));
                }},
               {"gather: x and index have different ranks: [2, 3] and [2]",
                [] {
                  gather(ones({2, 3}), 1, indices({2}, 0));
                }},
               {"gather: expected integer indices, got float32; convert with to(int64)",
                [] {
                  gather(ones({2, 3}), 1, ones({2, 1}));
                }}}},
      {.name = "gather_first",
       .call = [](const Tensors& in) { return gather(in[0], 0, in[1]); },
       .inputs = {{{4}}, {{6}, Kind::index, 4}},
       .dtypes = any_dtype,
       .also = {{{4, 2}, {3, 2}}, {{4}, {0}}},
       .bad = {{"gather: index 0 at position 0 is not in [0, 0)",
                [] { gather(zeros({0}), 0, indices({2}, 0)); }}}},
      scatter_row("scatter", "scatter", scatter, 1, {2, 3}, {2, 2}, 0, any_dtype,
                  {{{2, 3}, {1, 3}, {1, 3}}, {{2, 3}, {2, 0}, {2, 0}}}),
      scatter_row("scatter", "scatter_repeated", scatter, 1, {2, 3}, {2, 7}, 0, any_dtype,
                  {{{2, 3}, {2, 7}, {3, 8}}}),
      scatter_row("scatter", "scatter_first", scatter, 0, {3, 2}, {4, 2}, 0, any_dtype,
                  {{{3}, {5}, {5}}}),
      scatter_row("scatter_add", "scatter_add", scatter_add, 1, {2, 3}, {2, 7}, 8, numbers,
                  {{{2, 3}, {1, 3}, {1, 3}}, {{2, 3}, {2, 0}, {2, 0}}}),
      scatter_row("scatter_add", "scatter_add_first", scatter_add, 0, {3, 2}, {4, 2}, 8, numbers,
                  {{{3}, {5}, {5}}, {{3, 2}, {4, 1}, {5, 2}}}),
      {.name = "index_select",
       .call = [](const Tensors& in) { return index_select(in[0], 1, in[1]); },
       .inputs = {{{2, 3, 2}}, {{5}, Kind::index, 3}},
       .dtypes = any_dtype,
       .also = {{{2, 3}, {2}}, {{2, 3}, {0}}, {{0, 3}, {2}}},
       .large = {{200, 130}, {300}},
       .bad =
           {{"index_select: index 3 at position 0 is not in [0, 3)",
             [] {
               index_select(ones({2, 3}), 1, indices({2}, 3));
             }},
            {"index_select: index 7 at position 2 is not in [0, 3)",
             [] {
               index_select(ones({3, 5}), 0, tensor({0, 1, 7}));
             }},
            {"index_select: expected an index of shape [K], got [2, 1]; use gather, or embedding "
             "for rows by any index",
             [] {
               index_select(ones({2, 3}), 1, indices({2, 1}, 0));
             }},
            {"index_select: dimension 2 is not in [-2, 2) for shape [2, 3]",
             [] {
               index_select(ones({2, 3}), 2, indices({2}, 0));
             }},
            {"index_select: a 0-d tensor has no slices",
             [] { index_select(ones({}), 0, indices({1}, 0)); }},
            {"index_select: expected integer indices, got float32; convert with to(int64)",
             [] {
               index_select(ones({2, 3}), 1, ones({2}));
             }}}},
      {.name = "one_hot",
       .call = [](const Tensors& in) { return one_hot(in[0], 4); },
       .inputs = {{{2, 3}, Kind::index, 4}},
       .also = {{{}}, {{0}}},
       .large = {{300, 70}},
       .differentiable = false,
       .bad = {{"one_hot: index 4 at position 0 is not in [0, 4)",
                [] { one_hot(indices({2}, 4), 4); }},
               {"one_hot: classes must be positive, or -1 for the largest index + 1; got 0",
                [] { one_hot(indices({2}, 0), 0); }},
               {"one_hot: classes must be positive, or -1 for the largest index + 1; got -2",
                [] { one_hot(indices({2}, 0), -2); }},
               {"one_hot: the number of classes cannot be inferred from an empty index; pass it",
                [] { one_hot(indices({0}, 0)); }},
               {"one_hot: the largest index is -1, which is not a class",
                [] { one_hot(indices({2}, -1)); }},
               {"one_hot: expected integer indices, got float32; convert with to(int64)",
                [] { one_hot(ones({2})); }}}},
      {.name = "one_hot_counted",
       .call = [](const Tensors& in) { return one_hot(in[0]); },
       .inputs = {{{5}, Kind::index, 4}},
       .differentiable = false,
       .bad = {{"one_hot: the largest index is 9223372036854775807, which is not a class",
                [] { one_hot(indices({2}, INT64_MAX)); }}}},
      {.name = "embedding",
       .call = [](const Tensors& in) { return embedding(in[0], in[1]); },
       .inputs = {{{2, 3}, Kind::index, 4}, {{4, 2}}},
       .dtypes = any_dtype,
       .also = {{{}, {4, 2}}, {{0}, {4, 2}}, {{5}, {4, 1}}, {{2}, {4, 0}}},
       .large = {{300, 7}, {4, 50}},
       .bad = {{"embedding: index 4 at position 0 is not in [0, 4)",
                [] {
                  embedding(indices({2}, 4), ones({4, 2}));
                }},
               {"embedding: index 9 at position 3 is not in [0, 4)",
                [] {
                  embedding(tensor({{0, 1}, {2, 9}}), ones({4, 3}));
                }},
               {"embedding: expected a weight of shape [num_embeddings, embedding_dim], got [4]",
                [] { embedding(indices({2}, 0), ones({4})); }},
               {"embedding: expected integer indices, got float32; convert with to(int64)",
                [] {
                  embedding(ones({2}), ones({4, 2}));
                }}}},
  };
}

}  // namespace op_table
