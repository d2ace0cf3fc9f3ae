// SPDX-License-Identifier: MIT
// Sums, products, means, maxima and minima of the elements that an index sends to one place.
#include "core/ops/internal.h"

namespace tinygrad {
namespace {

Tensor sums(const ScatterArguments& a, bool include_self) {
  const Tensor zero = expanded_zeros(a.x, a.index.shape()),
               start = include_self ? a.x : a.write(a.x, zero, Write::set);
  return a.write(start, a.source, Write::add);
}
Tensor means(const ScatterArguments& a, bool include_self) {
  const Tensor start = include_self ? ones_like(a.x) : zeros_like(a.x),
               count = maximum(a.write(start, ones_like(a.source), Write::add), 1),
               sum = sums(a, include_self);
  return is_floating(sum.dtype()) ? sum / count : floor_divide(sum, count);
}

/// The elements of source with their index, in another order along dim. Where several are written
/// to one place, the last of them stays.
ScatterArguments ordered(ScatterArguments a, const Tensor& order) {
  a.index = gather(a.index, a.dim, order), a.source = gather(a.source, a.dim, order);
  return a;
}

/// Elements of one place become neighbours. Then, by doubling, v_i becomes the product of those up
/// to i: after k rounds, of 2^k elements.
Tensor products(ScatterArguments a, bool include_self) {
  a = ordered(a, argsort(a.index, a.dim));
  Tensor& v = a.source;
  const std::int64_t n = v.shape()[a.dim];
  for (std::int64_t reach = 1; reach < n; reach *= 2) {
    const auto from = [&](const Tensor& t, std::int64_t i) {
      return narrow(t, a.dim, i, n - reach);
    };
    const Tensor other_place = from(a.index, 0) != from(a.index, reach);
    v = cat({narrow(v, a.dim, 0, reach), masked_fill(from(v, 0), other_place, 1) * from(v, reach)},
            a.dim);
  }
  return include_self ? a.x * a.write(ones_like(a.x), v, Write::set) : a.write(a.x, v, Write::set);
}

/// In ascending order, where NaN comes last.
Tensor maxima(ScatterArguments a, bool include_self) {
  a = ordered(a, argsort(a.source, a.dim));
  const Tensor y = a.write(a.x, a.source, Write::set);
  return include_self ? maximum(a.x, y) : y;
}
/// Turns the order of values around, without overflow.
Tensor reversed(const Tensor& x) { return is_floating(x.dtype()) ? -x : bitwise_not(x); }

Tensor value(ScatterArguments a, ScatterReduce how, bool include_self) {
  switch (how) {
    case ScatterReduce::sum: return sums(a, include_self);
    case ScatterReduce::prod: return products(a, include_self);
    case ScatterReduce::mean: return means(a, include_self);
    case ScatterReduce::amax: return maxima(a, include_self);
    case ScatterReduce::amin: break;
  }
  a.x = reversed(a.x), a.source = reversed(a.source);
  return reversed(maxima(a, include_self));
}

/// dx and dsource of maxima or minima y: equal parts of dy for the elements that equal y.
Tensors parts(const ScatterArguments& a, const Tensor& y, const Tensor& dy, bool include_self) {
  const Tensor same = a.x == y, of_source = a.source == gather(y, a.dim, a.index),
               of_x = include_self ? same : a.write(same, zeros_like(of_source), Write::set),
               count = a.write(to(of_x, dy.dtype()), to(of_source, dy.dtype()), Write::add),
               part = dy / maximum(count, 1);
  return {where(of_x, part, 0), where(of_source, gather(part, a.dim, a.index), 0)};
}

Tensor reduced(const ScatterArguments& a, const Shape& shape, ScatterReduce how,
               bool include_self) {
  const auto with = [call = a.call, dim = a.dim](const Tensor& x, const Tensor& source,
                                                 const Tensor& index) -> ScatterArguments {
    return {call, x, dim, index, source};
  };
  Op op{.name = a.call.op,
        .inputs = {{a.x, a.source, a.index}, a.call.location},
        .formula = [=](const Tensors& in) {
          return value(with(in[0], in[1], in[2]), how, include_self);
        }};
  if (how == ScatterReduce::amax || how == ScatterReduce::amin) {
    op.keep = {Keep::input(0), Keep::input(1), Keep::input(2), Keep::output(0)};
    op.derivatives = [=](const Tensors& dys, Saved s) {
      return parts(with(s.input(0), s.input(1), s.input(2)), s.output(0), dys[0], include_self);
    };
  }
  return reshape(Tensor(apply(std::move(op))), shape);
}

Write write_of(ScatterReduce how) {
  return how == ScatterReduce::sum || how == ScatterReduce::mean ? Write::add : Write::set;
}

}  // namespace

Tensor scatter_reduce(In x, int dim, In index, In source, ScatterReduce how, bool include_self) {
  const Call call{"scatter_reduce", x.location};
  check_arithmetic(call, x.given());
  return reduced(check_scatter(call, x, dim, index, source, write_of(how)), x->shape(), how,
                 include_self);
}

Tensor index_reduce(In x, int dim, In index, In source, ScatterReduce how, bool include_self) {
  const Call call{"index_reduce", x.location};
  require(how != ScatterReduce::sum, call, "sums are those of index_add; use it");
  check_arithmetic(call, x.given());
  return reduced(check_slices(call, x, dim, index, source, write_of(how)), x->shape(), how,
                 include_self);
}

}  // namespace tinygrad
