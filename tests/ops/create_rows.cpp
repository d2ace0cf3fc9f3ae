// SPDX-License-Identifier: MIT
// Rows: tensors that are made from a few numbers.
#include "op_table.h"

namespace op_table {
namespace {

Row created(const char* name, std::function<Tensors()> make, std::vector<BadCall> bad,
            double ulps = 0, const char* reason = "exact") {
  return {.name = name,
          .call = [make](const Tensors&) { return make(); },
          .ulps = ulps,
          .reason = reason,
          .differentiable = false,
          .bad = std::move(bad)};
}

}  // namespace

std::vector<Row> create_rows() {
  return {
      created("eye",
              [] {
                return Tensors{eye(3, {.dtype = float64}), eye(2, 4, {.dtype = int64}),
                               eye(4, 2, {.dtype = boolean}), eye(0, 3, {.dtype = int64})};
              },
              {{"eye: the size -1 in shape [2, -1] is negative", [] { eye(2, -1); }}}),
      created(
          "linspace",
          [] {
            return Tensors{
                linspace(-1, 2.5, 6, {.dtype = float64}), linspace(3, 4, 1, {.dtype = float64}),
                linspace(2, 3, 0, {.dtype = float64}), linspace(10, -5.5, 5, {.dtype = int64})};
          },
          {{"linspace: the number of steps must not be negative, got -1",
            [] { linspace(0, 1, -1); }}},
          2, "a sum with a multiple of the step"),
      created(
          "logspace",
          [] {
            return Tensors{logspace(-1, 1, 5, 10, {.dtype = float64}),
                           logspace(0, 3, 4, 2, {.dtype = int64})};
          },
          {{"logspace: the number of steps must not be negative, got -1",
            [] { logspace(0, 1, -1); }}},
          8, "a power"),
      created(
          "triangle_indices",
          [] {
            return Tensors{tril_indices(3, 4), tril_indices(4, 3, -1), triu_indices(3, 4),
                           triu_indices(4, 3, 1), triu_indices(0, 3)};
          },
          {{"tril_indices: the sizes -1 and 2 must not be negative", [] { tril_indices(-1, 2); }},
           {"triu_indices: the sizes 2 and -1 must not be negative", [] { triu_indices(2, -1); }}}),
  };
}

}  // namespace op_table
