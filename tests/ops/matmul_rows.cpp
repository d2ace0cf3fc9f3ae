// SPDX-License-Identifier: MIT
// Rows: products.
#include "op_table.h"

namespace op_table {
namespace {

constexpr const char* sums = "sums of up to 6 products, in any order";

Row product(const char* name, Shape a, Shape b, std::vector<Shapes> also, Shapes large = {}) {
  return {
      .name = name,
      .call = [](const Tensors& in) { return matmul(in[0], in[1]); },
      .inputs = {{a}, {b}},
      .ulps = 12,
      .reason = sums,
      .dtypes = numbers,
      .also = std::move(also),
      .large = std::move(large),
      .bad = {{with_marks("matmul: a has 3 columns, b has 4 rows: [2, 3] × [4, 5]", {43, 49}),
               [] {
                 matmul(ones({2, 3}), ones({4, 5}));
               }},
              {with_marks("matmul: the inner sizes differ: [3] × [4]", {33, 39}),
               [] { matmul(ones({3}), ones({4})); }},
              {"matmul: expected vectors or matrices, got [] × [4]; multiply scalars with *",
               [] { matmul(ones({}), ones({4})); }},
              {with_marks("matmul: the batches do not broadcast: [2, 3, 4] × [3, 4, 5]", {39, 51}),
               [] {
                 matmul(ones({2, 3, 4}), ones({3, 4, 5}));
               }},
              {"matmul: bool cannot be multiplied; convert with to(float32) or to(int64)", [] {
                 matmul(ones({2, 2}, {.dtype = boolean}), ones({2, 2}, {.dtype = boolean}));
               }}}};
}

Row linear_row(const char* name, std::vector<Input> inputs, std::vector<Shapes> also,
               Shapes large = {}) {
  return {
      .name = name,
      .call =
          [](const Tensors& in) {
            return in.size() > 2 ? linear(in[0], in[1], in[2]) : linear(in[0], in[1]);
          },
      .inputs = std::move(inputs),
      .ulps = 12,
      .reason = sums,
      .also = std::move(also),
      .large = std::move(large),
      .bad = {
          {with_marks(
               "linear: x has 780 features, but the weight expects 784: [64, 780] × [512, 784]ᵀ",
               {61, 62, 63, 74, 75, 76}),
           [] {
             linear(ones({64, 780}), ones({512, 784}));
           }},
          {"linear: expected a weight of shape [out_features, in_features], got [3]",
           [] {
             linear(ones({2, 3}), ones({3}));
           }},
          {"linear: x must have at least one dimension, its features; the weight is [3, 3]",
           [] {
             linear(ones({}), ones({3, 3}));
           }},
          {"linear: expected a bias of shape [4] for the weight [4, 3], got [3]", [] {
             linear(ones({2, 3}), ones({4, 3}), ones({3}));
           }}}};
}

Row contraction(const char* name, std::function<Tensor(const Tensor&, const Tensor&)> f, Shape a,
                Shape b, std::vector<Shapes> also) {
  return {
      .name = name,
      .call = [f](const Tensors& in) { return f(in[0], in[1]); },
      .inputs = {{a}, {b}},
      .ulps = 12,
      .reason = "sums of up to 12 products, in any order",
      .dtypes = numbers,
      .also = std::move(also),
      .bad = {{with_marks("tensordot: the contracted sizes differ: [2, 3] and [2, 3]", {44, 52}),
               [] {
                 tensordot(ones({2, 3}), ones({2, 3}), 1);
               }},
              {"tensordot: cannot sum over 3 dimensions of [2, 3] and [3, 2]",
               [] {
                 tensordot(ones({2, 3}), ones({3, 2}), 3);
               }},
              {"tensordot: expected as many dimensions of a as of b, got [0, 1] and [1]",
               [] {
                 tensordot(ones({2, 3}), ones({3, 2}), {0, 1}, {1});
               }},
              {"tensordot: dimension 1 is named twice in [1, 1]",
               [] {
                 tensordot(ones({2, 3}), ones({3, 2}), {1, 1}, {0, 1});
               }},
              {"tensordot: dimension 2 is not in [-2, 2) for shape [2, 3]", [] {
                 tensordot(ones({2, 3}), ones({3, 2}), {2}, {0});
               }}}};
}

}  // namespace

std::vector<Row> matmul_rows() {
  return {
      product("matmul", {2, 3}, {3, 4},
              {{{1, 1}, {1, 1}}, {{0, 3}, {3, 2}}, {{2, 0}, {0, 3}}, {{5, 7}, {7, 3}}},
              {{130, 97}, {97, 61}}),
      product("matmul_vectors", {4}, {4}, {{{0}, {0}}, {{1}, {1}}}, {{5000}, {5000}}),
      product("matmul_vector_matrix", {3}, {3, 4}, {{{3}, {2, 3, 2}}}, {{130}, {130, 610}}),
      product("matmul_matrix_vector", {3, 4}, {4}, {{{2, 3, 2}, {2}}}, {{610, 130}, {130}}),
      product("matmul_batched", {2, 2, 3}, {2, 3, 2},
              {{{2, 1, 2, 3}, {2, 3, 2}}, {{1, 2, 3}, {2, 3, 1}}, {{0, 2, 3}, {0, 3, 1}}},
              {{6, 40, 30}, {6, 30, 50}}),
      product("matmul_batch_by_matrix", {2, 2, 3}, {3, 2}, {{{3, 1, 2, 2}, {2, 2}}},
              {{6, 40, 30}, {30, 50}}),
      product("matmul_matrix_by_batch", {2, 3}, {2, 3, 2}, {{{2, 2}, {1, 3, 2, 2}}},
              {{40, 30}, {6, 30, 50}}),
      linear_row("linear", {{{2, 3}}, {{4, 3}}, {{4}}},
                 {{{3}, {2, 3}, {2}}, {{2, 1, 3}, {2, 3}, {2}}, {{0, 3}, {2, 3}, {2}}},
                 {{130, 97}, {61, 97}, {61}}),
      linear_row("linear_without_bias", {{{2, 3}}, {{4, 3}}}, {{{3}, {2, 3}}, {{2, 0}, {3, 0}}},
                 {{130, 96}, {64, 96}}),  // whole tiles of sub-groups
      contraction("tensordot", [](const Tensor& a, const Tensor& b) { return tensordot(a, b, 2); },
                  {2, 3, 4}, {3, 4, 2}, {{{3, 2}, {3, 2, 2}}}),
      contraction("tensordot_outer",
                  [](const Tensor& a, const Tensor& b) { return tensordot(a, b, 0); }, {2, 3}, {2},
                  {{{}, {2}}}),
      contraction("tensordot_dims",
                  [](const Tensor& a, const Tensor& b) {
                    return tensordot(a, b, {0, -1}, {1, 0});
                  },
                  {2, 3, 4}, {4, 2, 3}, {}),
  };
}

}  // namespace op_table
