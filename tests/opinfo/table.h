// SPDX-License-Identifier: MIT
// The table: the function of the library that each op of PyTorch's op_db is. A function takes a
// sample and returns its results in PyTorch's order. To add an op, write its name into ops.txt and
// its row into the file of its family.
#pragma once
#include <functional>

#include "sample.h"

namespace opinfo {

using Row = std::function<Tensors(Sample&)>;
using Rows = std::map<string, Row>;

Rows activation_rows();
Rows arrange_rows();
Rows create_rows();
Rows elementwise_rows();
Rows image_rows();
Rows index_rows();
Rows linalg_rows();
Rows loss_rows();
Rows math_rows();
Rows matmul_rows();
Rows norm_rows();
Rows order_rows();
Rows reduce_rows();
Rows view_rows();

/// All rows.
const Rows& table();

}  // namespace opinfo
