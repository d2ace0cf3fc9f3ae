// SPDX-License-Identifier: MIT
// Rows of the table: joining.
#include "op_table.h"

namespace op_table {

std::vector<Row> join_rows() {
  return {
      {.name = "cat",
       .call = [](const Tensors& in) { return cat(in, 1); },
       .inputs = {{{2, 3}}, {{2, 1}}, {{2, 2}}},
       .dtypes = any_dtype,
       .also = {{{2, 3}, {2, 0}, {2, 1}}, {{0, 3}, {0, 1}, {0, 1}}},
       .large = {{130, 200}, {130, 333}, {130, 1}},
       .bad = {{with_marks("cat: tensors joined along dimension 1 must have equal sizes elsewhere, "
                           "but 0 and 1 "
                           "have shapes [2, 3] and [3, 3]",
                           {96, 107}),
                [] {
                  cat({ones({2, 3}), ones({3, 3})}, 1);
                }},
               {"cat: tensor 0 has shape [2, 3], tensor 1 has [3]; add dimensions with unsqueeze",
                [] {
                  cat({ones({2, 3}), ones({3})}, 0);
                }},
               {"cat: dimension 2 is not in [-2, 2) for shape [2, 3]",
                [] {
                  cat({ones({2, 3})}, 2);
                }},
               {"cat: expected at least one tensor", [] { cat({}); }},
               {"cat: tensor 1 is undefined",
                [] {
                  cat({ones({2}), Tensor()});
                }},
               {"cat: 0-d tensors cannot be concatenated; use stack",
                [] {
                  cat({ones({}), ones({})});
                }}}},
      {.name = "cat_first",
       .call = [](const Tensors& in) { return cat(in, -2); },
       .inputs = {{{2, 3}}, {{1, 3}}},
       .dtypes = any_dtype,
       .also = {{{0, 3}, {2, 3}}, {{1, 0}, {1, 0}}},
       .bad = {{with_marks("cat: tensors joined along dimension 0 must have equal sizes elsewhere, "
                           "but 0 and 2 "
                           "have shapes [2, 3] and [2, 4]",
                           {99, 110}),
                [] {
                  cat({ones({2, 3}), ones({2, 3}), ones({2, 4})});
                }}}},
      {.name = "stack",
       .call =
           [](const Tensors& in) {
             return Tensors{stack(in, 0), stack(in, -1)};
           },
       .inputs = {{{2, 3}}, {{2, 3}}},
       .dtypes = any_dtype,
       .also = {{{}, {}}, {{0, 2}, {0, 2}}},
       .large = {{130, 333}, {130, 333}},
       .bad = {{"stack: expected tensors of equal shape, got [2, 3] and [3, 3]",
                [] {
                  stack({ones({2, 3}), ones({3, 3})});
                }},
               {"stack: the new dimension 3 is not in [-3, 3) for shape [2, 3]",
                [] {
                  stack({ones({2, 3})}, 3);
                }},
               {"stack: expected at least one tensor", [] { stack({}); }},
               {"stack: tensor 1 is undefined",
                [] {
                  stack({ones({2}), Tensor()});
                }}}},
      {.name = "stack_axes",
       .call =
           [](const Tensors& in) {
             return Tensors{hstack(in), vstack(in), dstack(in), column_stack(in)};
           },
       .inputs = {{{2, 3}}, {{2, 3}}},
       .dtypes = any_dtype,
       .also = {{{}, {}}, {{3}, {3}}, {{0, 2, 1}, {0, 2, 1}}},
       .bad = {{with_marks("hstack: tensors joined along dimension 1 must have equal sizes "
                           "elsewhere, but 0 and 1 have shapes [2, 3] and [3, 3]",
                           {99, 110}),
                [] {
                  hstack({ones({2, 3}), ones({3, 3})});
                }},
               {"vstack: expected at least one tensor", [] { vstack({}); }},
               {"dstack: tensor 1 is undefined",
                [] {
                  dstack({ones({2}), Tensor()});
                }},
               {"column_stack: tensor 0 has shape [2, 1], tensor 1 has [2, 1, 1]; add dimensions "
                "with unsqueeze",
                [] {
                  column_stack({ones({2}), ones({2, 1, 1})});
                }}}},
      {.name = "block_diag",
       .call = [](const Tensors& in) { return block_diag(in); },
       .inputs = {{{2, 3}}, {{2}}, {{}}},
       .dtypes = any_dtype,
       .also = {{{1, 1}, {0}, {0, 2}}},
       .bad = {{"block_diag: expected matrices, got shape [1, 1, 1]",
                [] {
                  block_diag({ones({1, 1, 1})});
                }},
               {"block_diag: expected at least one tensor", [] { block_diag({}); }}}},
      {.name = "meshgrid",
       .call =
           [](const Tensors& in) {
             Tensors grids = meshgrid(in);
             for (auto& grid : meshgrid(in, "xy")) grids.push_back(grid);
             return grids;
           },
       .inputs = {{{3}}, {{2}}, {{4}}},
       .dtypes = any_dtype,
       .also = {{{1}, {0}, {2}}},
       .bad = {{"meshgrid: the indexing must be ij or xy, got yx",
                [] { meshgrid({ones({2})}, "yx"); }},
               {"meshgrid: expected vectors, got shape [2, 1]",
                [] {
                  meshgrid({ones({2, 1})});
                }},
               {"meshgrid: expected at least one tensor", [] { meshgrid({}); }}}},
      {.name = "cartesian_prod",
       .call =
           [](const Tensors& in) {
             return Tensors{cartesian_prod(in), cartesian_prod(in[0])};
           },
       .inputs = {{{3}}, {{2}}},
       .dtypes = any_dtype,
       .also = {{{1}, {0}}},
       .bad = {{"cartesian_prod: expected vectors, got shape [2, 1]",
                [] {
                  cartesian_prod({ones({2, 1})});
                }}}},
      {.name = "combinations",
       .call =
           [](const Tensors& in) {
             return Tensors{combinations(in[0]), combinations(in[0], 3),
                            combinations(in[0], 2, true), combinations(in[0], 9)};
           },
       .inputs = {{{4}}},
       .dtypes = any_dtype,
       .also = {{{0}}, {{1}}},
       .bad = {{"combinations: expected a vector, got shape [2, 1]",
                [] {
                  combinations(ones({2, 1}));
                }},
               {"combinations: the number of elements must not be negative, got -1",
                [] { combinations(ones({2}), -1); }}}},
  };
}

}  // namespace op_table
