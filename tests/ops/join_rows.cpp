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
  };
}

}  // namespace op_table
