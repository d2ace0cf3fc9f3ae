// SPDX-License-Identifier: MIT
// Rows: einsum, and products that are formulas of matmul.
#include "core/check.h"
#include "op_table.h"

namespace op_table {
namespace {

constexpr const char* sums = "sums of up to 12 products, in any order";

/// The refusal of shapes [2, 3, 4, 5] and [3] by an op that takes matrices or vectors.
std::vector<BadCall> other_ranks(const char* op, int a, int b,
                                 std::function<Tensor(const Tensor&, const Tensor&)> f) {
  return {{std::string(op) + ": expected ranks " + std::to_string(a) + " and " + std::to_string(b) +
               ", got shapes [2, 3, 4, 5] and [3]; matmul takes every rank",
           [f] {
             f(ones({2, 3, 4, 5}), ones({3}));
           }}};
}

Row product(const char* name, std::function<Tensor(const Tensors&)> f, Shapes shapes,
            std::vector<Shapes> also = {}, std::vector<BadCall> bad = {}) {
  Row row{.name = name,
          .call = [f = std::move(f)](const Tensors& in) -> Tensors { return f(in); },
          .ulps = 16,
          .reason = sums,
          .dtypes = numbers,
          .also = std::move(also),
          .no_golden = by_opinfo,
          .bad = std::move(bad)};
  for (const Shape& shape : shapes) row.inputs.push_back({shape});
  return row;
}

BadCall bad_einsum(const char* message, const char* equation, Shapes shapes) {
  return {message, [equation, shapes = std::move(shapes)] {
            Tensors in;
            for (const Shape& shape : shapes) in.push_back(ones(shape));
            einsum(equation, in);
          }};
}

Row einsum_row(const char* name, const char* equation, Shapes shapes, std::vector<Shapes> also = {},
               std::vector<BadCall> bad = {}) {
  bad.push_back(bad_einsum(
      "einsum: the output of \"a->b\" must have letters of its terms, each once", "a->b", {{2}}));
  return product(
      name, [equation](const Tensors& in) { return einsum(equation, in); }, std::move(shapes),
      std::move(also), std::move(bad));
}

}  // namespace

std::vector<Row> product_rows() {
  return {
      einsum_row(
          "einsum_matmul", "bij,bjk->bik", {{2, 3, 4}, {2, 4, 2}}, {{{0, 3, 4}, {0, 4, 2}}},
          {bad_einsum("einsum: \"ij,jk\" has 2 terms for 1 tensors", "ij,jk", {{2, 3}}),
           bad_einsum("einsum: \"ij\" of \"ij\" names 2 dimensions, got shape [2]", "ij", {{2}}),
           bad_einsum("einsum: the output of \"ij->ik\" must have letters of its terms, each "
                      "once",
                      "ij->ik", {{2, 3}}),
           bad_einsum("einsum: \"i1\" may have letters, commas, \"...\" and one \"->\", not "
                      "'1'",
                      "i1", {{2, 3}}),
           bad_einsum("einsum: \"i..\" has dots that are no single \"...\"", "i..", {{2, 3}}),
           bad_einsum(
               with_marks("einsum: a letter of \"ij,jk\" names two sizes: [2, 3] and [2, 4]", {49})
                   .c_str(),
               "ij,jk", {{2, 3}, {2, 4}})}),
      einsum_row("einsum_implicit", "cb, ba", {{3, 4}, {4, 2}}),
      einsum_row("einsum_ellipsis", "...ij,...jk", {{2, 1, 3, 2}, {3, 2, 2}}),
      einsum_row("einsum_diagonal", "iij->ji", {{3, 3, 2}}),
      einsum_row("einsum_trace", "ii", {{3, 3}}),
      einsum_row("einsum_sum", "ij->", {{3, 2}}),
      einsum_row("einsum_chain", "ab,bc,cd,da->ca", {{2, 3}, {3, 2}, {2, 3}, {3, 2}}),
      einsum_row("einsum_broadcast", "ij,ij->ij", {{2, 3}, {2, 1}}),
      product("dot", [](const Tensors& in) { return dot(in[0], in[1]); }, {{4}, {4}}, {},
              {{"dot: expected ranks 1 and 1, got shapes [2, 3] and [3]; matmul takes every rank",
                [] {
                  dot(ones({2, 3}), ones({3}));
                }}}),
      product(
          "mv", [](const Tensors& in) { return mv(in[0], in[1]); }, {{2, 3}, {3}}, {},
          other_ranks("mv", 2, 1, [](const Tensor& a, const Tensor& b) { return mv(a, b); })),
      product(
          "mm", [](const Tensors& in) { return mm(in[0], in[1]); }, {{2, 3}, {3, 4}}, {},
          other_ranks("mm", 2, 2, [](const Tensor& a, const Tensor& b) { return mm(a, b); })),
      product(
          "bmm", [](const Tensors& in) { return bmm(in[0], in[1]); }, {{2, 2, 3}, {2, 3, 2}}, {},
          other_ranks("bmm", 3, 3, [](const Tensor& a, const Tensor& b) { return bmm(a, b); })),
      product(
          "outer", [](const Tensors& in) { return outer(in[0], in[1]); }, {{3}, {4}}, {},
          other_ranks("outer", 1, 1, [](const Tensor& a, const Tensor& b) { return outer(a, b); })),
      product("inner", [](const Tensors& in) { return inner(in[0], in[1]); }, {{2, 3}, {4, 3}},
              {{{}, {2}}},
              {{with_marks("tensordot: the contracted sizes differ: [2, 3] and [2, 2]", {44, 55}),
                [] {
                  inner(ones({2, 3}), ones({2, 2}));
                }}}),
      product("kron", [](const Tensors& in) { return kron(in[0], in[1]); }, {{2, 3}, {2, 2}},
              {{{3}, {2, 2}}},
              {{std::string("tensor: an undefined tensor was used; ") + why_undefined,
                [] { kron(Tensor(), ones({2})); }}}),
      product("cross", [](const Tensors& in) { return cross(in[0], in[1]); }, {{2, 3}, {1, 3}}, {},
              {{"cross: expected vectors of 3 elements along dimension 1, got shapes [2, 2] "
                "and [2, 2]",
                [] {
                  cross(ones({2, 2}), ones({2, 2}));
                }}}),
      product("trace", [](const Tensors& in) { return trace(in[0]); }, {{3, 4}}, {},
              {{"trace: expected a matrix, got shape [3]", [] { trace(ones({3})); }}}),
      product("matrix_power", [](const Tensors& in) { return matrix_power(in[0], 5); }, {{2, 2}},
              {{{2, 3, 3}}},
              {{"matrix_power: expected square matrices, got shape [2, 3]",
                [] {
                  matrix_power(ones({2, 3}), 2);
                }},
               {"matrix_power: the power must not be negative, got -1",
                [] {
                  matrix_power(ones({2, 2}), -1);
                }}}),
      product("bilinear", [](const Tensors& in) { return bilinear(in[0], in[1], in[2], in[3]); },
              {{2, 3}, {2, 2}, {4, 3, 2}, {4}}, {{{3}, {2}, {4, 3, 2}, {4}}},
              {{"bilinear: expected a [..., I], b [..., J] and weight [O, I, J], got [3], [2] and "
                "[3, 2]",
                [] {
                  bilinear(ones({3}), ones({2}), ones({3, 2}));
                }}}),
      product("addmm", [](const Tensors& in) { return addmm(in[0], in[1], in[2], 2, 3); },
              {{4}, {2, 3}, {3, 4}}, {},
              {{"addmm: input of shape [3] does not broadcast to the product's [2, 4]",
                [] {
                  addmm(ones({3}), ones({2, 3}), ones({3, 4}));
                }}}),
      product(
          "addmv", [](const Tensors& in) { return addmv(in[0], in[1], in[2]); }, {{2}, {2, 3}, {3}},
          {},
          other_ranks("addmv", 2, 1,
                      [](const Tensor& a, const Tensor& b) { return addmv(ones({2}), a, b); })),
      product(
          "addr", [](const Tensors& in) { return addr(in[0], in[1], in[2], 0, 2); },
          {{2, 3}, {2}, {3}}, {},
          other_ranks("outer", 1, 1,
                      [](const Tensor& a, const Tensor& b) { return addr(ones({2}), a, b); })),
      product(
          "baddbmm", [](const Tensors& in) { return baddbmm(in[0], in[1], in[2], 2); },
          {{2, 1, 2}, {2, 2, 3}, {2, 3, 2}}, {},
          other_ranks("bmm", 3, 3,
                      [](const Tensor& a, const Tensor& b) { return baddbmm(ones({2}), a, b); })),
      product(
          "addbmm", [](const Tensors& in) { return addbmm(in[0], in[1], in[2], 1, 2); },
          {{2, 2}, {2, 2, 3}, {2, 3, 2}}, {},
          other_ranks("bmm", 3, 3,
                      [](const Tensor& a, const Tensor& b) { return addbmm(ones({2}), a, b); })),
  };
}

}  // namespace op_table
