// SPDX-License-Identifier: MIT
// The rows that pass over memory: copies, elementwise ops, reductions, joins.
#include "row.h"

namespace bench {
namespace {

/// The dimensions of a reduction: those of the option dim, by default all.
tg::Axes dims(const Row& row) { return tg::Axes(row.list("dim")); }
int dim(const Row& row) { return int(row.number("dim", -1)); }

}  // namespace

Kinds elementwise_kinds() {
  return {
      {"copy", OP(x[0].clone())},
      {"permute", OP(x[0].permute(row.list("dims")).contiguous())},
      {"relu", OP(tg::relu(x[0]))},
      {"exp", OP(tg::exp(x[0]))},
      {"tanh", OP(tg::tanh(x[0]))},
      {"gelu", OP(tg::gelu(x[0]))},
      {"add", OP(x[0] + x[1])},
      {"mul", OP(x[0] * x[1])},
      {"where", OP(tg::where(x[0], x[1], x[2]))},
      {"masked_fill", OP(tg::masked_fill(x[0], x[1], 0))},
      {"cat", OP(tg::cat(x, dim(row)))},
      {"sum", OP(tg::sum(x[0], dims(row)))},
      {"mean", OP(tg::mean(x[0], dims(row)))},
      {"prod", OP(tg::prod(x[0], dims(row)))},
      {"amax", OP(tg::amax(x[0], dims(row)))},
      {"amin", OP(tg::amin(x[0], dims(row)))},
      {"max", OP(tg::max(x[0], dim(row)).values)},
      {"argmax", OP(tg::argmax(x[0], dim(row)))},
      {"var", OP(tg::var(x[0], dims(row)))},
      {"std", OP(tg::std(x[0], dims(row)))},
      {"norm", OP(tg::norm(x[0], 2, dims(row)))},
      {"logsumexp", OP(tg::logsumexp(x[0], dims(row)))},
  };
}

}  // namespace bench
