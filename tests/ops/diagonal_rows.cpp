// SPDX-License-Identifier: MIT
// Rows: diagonals and triangles of matrices.
#include "op_table.h"

namespace op_table {

std::vector<Row> diagonal_rows() {
  std::vector<Row> rows;
  rows.push_back(moved("diag", {3, 4},
                       [](const Tensor& x) {
                         return Tensors{diag(x), diag(x, -1)};
                       },
                       {{"diag: expected a vector or a matrix, got shape [2, 2, 2]; use diagonal "
                         "or diag_embed",
                         [] {
                           diag(ones({2, 2, 2}));
                         }}},
                       {{{3}}, {{0}}, {{0, 2}}}));
  rows.push_back(moved(
      "diag_embed", {2, 3},
      [](const Tensor& x) {
        return Tensors{diag_embed(x), diag_embed(x, 1), diag_embed(x, -2, 2, 0),
                       diag_embed(x, 1, 0, -1)};
      },
      {{"diag_embed: a 0-d tensor is no diagonal; use diagflat", [] { diag_embed(ones({})); }},
       {"diag_embed: dimension 1 is named twice",
        [] {
          diag_embed(ones({2, 3}), 0, 1, 1);
        }},
       {"diag_embed: dimension 3 is not in [-3, 3) for shape [2, 3, 1]",
        [] {
          diag_embed(ones({2, 3}), 0, 0, 3);
        }},
       {"diag_embed: diagonal 9223372036854775807 makes matrices too large",
        [] { diag_embed(ones({3}), INT64_MAX); }}},
      {{{2, 0}}, {{1, 2}}}));
  rows.push_back(moved("diagflat", {2, 2}, [](const Tensor& x) { return diagflat(x, 1); },
                       {{"diag_embed: diagonal -9223372036854775808 makes matrices too large",
                         [] { diagflat(ones({2}), INT64_MIN); }}},
                       {{{}}, {{0}}}));
  rows.push_back(
      moved("tril", {2, 3, 4},
            [](const Tensor& x) {
              return Tensors{tril(x), tril(x, 1), tril(x, -2)};
            },
            {{"tril: expected matrices [..., M, N], got shape [3]", [] { tril(ones({3})); }}},
            {{{3, 3}}, {{0, 3}}}));
  rows.push_back(
      moved("triu", {2, 3, 4},
            [](const Tensor& x) {
              return Tensors{triu(x), triu(x, 2), triu(x, -1)};
            },
            {{"triu: expected matrices [..., M, N], got shape []", [] { triu(ones({})); }}},
            {{{3, 3}}, {{0, 3}}}));
  return rows;
}

}  // namespace op_table
