// SPDX-License-Identifier: MIT
// The rows of ops of order, of scans, and of ops around them that neither memory nor arithmetic
// bounds.
#include "row.h"

namespace bench {

Kinds order_kinds() {
  return {
      {"sort", UNBOUND(tg::sort(x[0]).values)},
      {"topk", UNBOUND(tg::topk(x[0], row.number("k", 1)).values)},
      {"median", UNBOUND(tg::median(x[0], -1).values)},
      {"unique", UNBOUND(tg::unique(x[0]).values)},
      {"searchsorted", UNBOUND(tg::searchsorted(x[0], x[1]))},
      {"cumsum", UNBOUND(tg::cumsum(x[0], int(row.number("dim", -1))))},
      {"cummax", UNBOUND(tg::cummax(x[0], int(row.number("dim", -1))).values)},
      {"pad_reflect", UNBOUND(tg::pad(x[0], {3, 3, 3, 3}, tg::PadMode::reflect))},
      {"max_pool1d", UNBOUND(tg::max_pool1d(x[0], 3))},
  };
}

}  // namespace bench
