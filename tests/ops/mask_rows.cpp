// SPDX-License-Identifier: MIT
// Rows: elements that a mask selects.
#include "core/check.h"
#include "op_table.h"

namespace op_table {

std::vector<Row> mask_rows() {
  const Input mask{{2, 3}, Kind::boolean};
  const std::string no_mask = ": the mask must be bool, got float32; convert it with to(boolean)";
  return {{.name = "nonzero",
           .call = [](const Tensors& in) { return nonzero(in[0]); },
           .inputs = {mask},
           .also = {{{}}, {{0, 3}}, {{7}}, {{2, 2, 3}}},
           .differentiable = false,
           .bad = {{std::string("tensor: an undefined tensor was used; ") + why_undefined,
                    [] { nonzero(Tensor()); }}}},
          {.name = "masked_fill",
           .call =
               [](const Tensors& in) {
                 return Tensors{masked_fill(in[0], in[1], 3), masked_fill(in[0], in[1], in[2])};
               },
           .inputs = {{{2, 3}}, mask, {{}}},
           .dtypes = any_dtype,
           .also = {{{3}, {2, 3}, {}}, {{2, 3}, {1, 3}, {}}, {{}, {}, {}}, {{0, 3}, {3}, {}}},
           .bad = {{"masked_fill" + no_mask, [] { masked_fill(ones({2}), ones({2}), 1); }},
                   {"masked_fill: expected a 0-d value, got shape [2]; where() takes others",
                    [] { masked_fill(ones({2}), ones({2}, {.dtype = boolean}), ones({2})); }},
                   {with_marks("masked_fill: cannot broadcast shapes [2] and [3]", {38, 46}),
                    [] { masked_fill(ones({2}), ones({3}, {.dtype = boolean}), 1); }}}},
          {.name = "masked_select",
           .call = [](const Tensors& in) { return masked_select(in[0], in[1]); },
           .inputs = {{{2, 3}}, mask},
           .dtypes = any_dtype,
           .also = {{{3}, {2, 3}}, {{2, 1}, {3}}, {{0, 3}, {3}}},
           .bad = {{"masked_select" + no_mask, [] { masked_select(ones({2}), ones({2})); }},
                   {with_marks("masked_select: cannot broadcast shapes [2] and [3]", {40, 48}),
                    [] { masked_select(ones({2}), ones({3}, {.dtype = boolean})); }}}},
          {.name = "masked_scatter",
           .call = [](const Tensors& in) { return masked_scatter(in[0], in[1], in[2]); },
           .inputs = {{{2, 3}}, mask, {{7}}},
           .dtypes = any_dtype,
           .also = {{{3}, {2, 3}, {2, 4}}, {{2, 3}, {1, 3}, {7}}, {{0, 3}, {3}, {0}}},
           .bad = {{"masked_scatter" + no_mask,
                    [] { masked_scatter(ones({2}), ones({2}), ones({2})); }},
                   {"masked_scatter: the mask selects 2 elements, but source has 1",
                    [] { masked_scatter(ones({2}), ones({2}, {.dtype = boolean}), ones({1})); }},
                   {"scatter: x is float32, source float64; convert one with to()", [] {
                      masked_scatter(ones({2}), ones({2}, {.dtype = boolean}),
                                     ones({2}, {.dtype = float64}));
                    }}}}};
}

}  // namespace op_table
