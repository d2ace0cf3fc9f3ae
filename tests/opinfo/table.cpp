// SPDX-License-Identifier: MIT
// Joins the rows of all families.
#include "table.h"

namespace opinfo {

const Rows& table() {
  static const Rows all = [] {
    Rows rows;
    for (auto family : {activation_rows, arrange_rows, create_rows, elementwise_rows, image_rows,
                        index_rows, linalg_rows, loss_rows, math_rows, matmul_rows, norm_rows,
                        order_rows, reduce_rows, view_rows})
      rows.merge(family());
    return rows;
  }();
  return all;
}

}  // namespace opinfo
