// SPDX-License-Identifier: MIT
// Rows of elementwise functions: the shapes and the bad calls that each of them has.
#pragma once
#include "op_table.h"

namespace op_table {

using Unary = Tensor (*)(In);
using Binary = Tensor (*)(In, In);

constexpr const char *one_rounding = "one rounding",
                     *library = "a function of the mathematical library, and few operations",
                     *few = "few operations, each rounded";

Row unary(const char* name, Unary f, Kind kind, double ulps, const char* reason,
          unsigned dtypes = floats);
Row binary(const char* name, Binary f, Kind kind, double ulps, const char* reason, unsigned dtypes);
/// With a number in place of one side.
Row scalar(const char* name, std::function<Tensor(const Tensor&)> f, Kind kind, double ulps,
           const char* reason, unsigned dtypes);

}  // namespace op_table
