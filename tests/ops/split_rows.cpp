// SPDX-License-Identifier: MIT
// Rows: splitting a tensor into views.
#include "op_table.h"

namespace op_table {

std::vector<Row> split_rows() {
  std::vector<Row> rows;
  rows.push_back(moved("split", {2, 7}, [](const Tensor& x) { return Tensors(split(x, 3, 1)); },
                       {{"split: the size of a chunk must be positive, got 0",
                         [] {
                           split(ones({2, 3}), 0);
                         }},
                        {"split: a 0-d tensor cannot be split", [] { split(ones({}), 1); }},
                        {"split: dimension 2 is not in [-2, 2) for shape [2, 3]",
                         [] {
                           split(ones({2, 3}), 1, 2);
                         }}},
                       {{{2, 3}}, {{2, 0}}, {{0, 4}}}));
  rows.push_back(moved("unbind", {2, 3, 4}, [](const Tensor& x) { return Tensors(unbind(x, 1)); },
                       {{"unbind: a 0-d tensor cannot be unbound", [] { unbind(ones({})); }},
                        {"unbind: dimension 2 is not in [-2, 2) for shape [2, 3]",
                         [] {
                           unbind(ones({2, 3}), 2);
                         }}},
                       {{{2, 3}}, {{2, 1, 0}}}));
  rows.push_back(moved(
      "split_sizes", {2, 7},
      [](const Tensor& x) {
        return Tensors(split(x, {3, 0, 4}, 1));
      },
      {{with_marks("split: the sizes of the chunks must add up to dimension 1 of [2, 3]", {65}),
        [] {
          split(ones({2, 3}), {1, 1}, 1);
        }},
       {with_marks("split: the sizes of the chunks must add up to dimension 1 of [2, 3]", {65}),
        [] {
          split(ones({2, 3}), {INT64_MAX, 3, INT64_MAX}, 1);
        }},
       {"split: the size of a chunk must not be negative, got -1",
        [] {
          split(ones({2, 3}), {-1, 4}, 1);
        }}},
      {{{0, 7}}}));
  rows.push_back(moved(
      "chunk", {2, 7},
      [](const Tensor& x) {
        Tensors parts = chunk(x, 3, 1);  // of 3, 3 and 1
        for (auto& part : chunk(x, 5)) parts.push_back(part);
        return parts;
      },
      {{"chunk: the number of chunks must be positive, got 0", [] { chunk(ones({2}), 0); }},
       {"chunk: a 0-d tensor cannot be split", [] { chunk(ones({}), 1); }},
       {"chunk: dimension 1 is not in [-1, 1) for shape [2]", [] { chunk(ones({2}), 1, 1); }}},
      {{{2, 0}}}));
  rows.push_back(
      moved("tensor_split", {2, 7},
            [](const Tensor& x) {
              Tensors parts = tensor_split(x, 3, -1);  // of 3, 2 and 2
              for (auto& part : tensor_split(x, {1, -2, 4, 9}, 1)) parts.push_back(part);
              return parts;
            },
            {{"tensor_split: the number of sections must be positive, got 0",
              [] { tensor_split(ones({2}), 0); }},
             {"tensor_split: a 0-d tensor cannot be split", [] { tensor_split(ones({}), {1}); }},
             {"tensor_split: dimension 1 is not in [-1, 1) for shape [2]",
              [] { tensor_split(ones({2}), {1}, 1); }}},
            {{{0, 2}}}));
  rows.push_back(
      moved("split_axes", {2, 4, 6},
            [](const Tensor& x) {
              Tensors parts = hsplit(x, 2);
              for (auto& part : vsplit(x, {1})) parts.push_back(part);
              for (auto& part : dsplit(x, 3)) parts.push_back(part);
              for (auto& part : hsplit(flatten(x), 4)) parts.push_back(part);
              return parts;
            },
            {{with_marks("hsplit: dimension 1 of [2, 3] does not split into 2 equal sections; "
                         "tensor_split makes unequal ones",
                         {27}),
              [] {
                hsplit(ones({2, 3}), 2);
              }},
             {"hsplit: expected a rank of at least 1, got shape []", [] { hsplit(ones({}), 1); }},
             {"vsplit: expected a rank of at least 2, got shape [4]", [] { vsplit(ones({4}), 2); }},
             {"dsplit: expected a rank of at least 3, got shape [2, 2]", [] {
                dsplit(ones({2, 2}), {1});
              }}}));
  return rows;
}

}  // namespace op_table
