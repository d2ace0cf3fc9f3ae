// SPDX-License-Identifier: MIT
// Weighted sums along one dimension. The derivative is the same with the transposed matrix.
#include "core/ops/resample.h"

#include <algorithm>
#include <memory>
#include <tuple>

#include "core/node.h"
#include "tinygrad/ops.h"

namespace tinygrad {
namespace {

/// Tap k of each row, [K, rows]: its column and its weight. Rows with fewer taps end with -1.
struct TapTensors {
  Tensor index, weight;
  TapTensors(const Tensor& x, const Taps& taps) {
    const std::size_t n = taps.rows.size();
    std::size_t count = 1;
    for (const auto& row : taps.rows) count = std::max(count, row.size());
    std::vector<std::int64_t> indices(count * n, -1);
    std::vector<double> weights(count * n, 0);
    for (std::size_t i = 0; i < n; ++i)
      for (std::size_t k = 0; k < taps.rows[i].size(); ++k)
        std::tie(indices[k * n + i], weights[k * n + i]) = taps.rows[i][k];
    const DType dtype = is_half(x.dtype()) ? DType::float32 : x.dtype();
    index = from_vector(indices, {count, n}, x.device());
    weight = tensor(weights, {.dtype = dtype, .device = x.device()}).reshape({count, n});
  }
};

Tensor formula(const Tensor& x, int dim, const Tensor& index, const Tensor& weight) {
  Shape shape = Dims::filled(x.dim() - dim, 1);
  shape[0] = index.size(1);
  Tensor y;
  for (std::int64_t k = 0; k < index.size(0); ++k) {
    const Tensor column = select(index, 0, k),
                 product = index_select(x, dim, maximum(column, 0)) *
                           reshape(select(weight, 0, k), shape),
                 term = where(reshape(column >= 0, shape), product, 0);
    y = y.defined() ? y + term : term;
  }
  return y;
}

}  // namespace

Taps Taps::transposed() const {
  Taps t = {std::int64_t(rows.size()), {}};
  t.rows.resize(std::size_t(columns));
  for (std::size_t i = 0; i < rows.size(); ++i)
    for (auto [column, weight] : rows[i])
      t.rows[std::size_t(column)].emplace_back(std::int64_t(i), weight);
  return t;
}

Tensor resample(In x, int dim, Taps taps) {
  const TapTensors tensors(*x, taps);
  Shape shape = x->shape();
  shape[dim] = std::int64_t(taps.rows.size());
  return apply(
      {.name = "resample",
       .inputs = {x, tensors.index, tensors.weight},
       .outputs = {{shape, x->dtype()}},
       .kernel = [dim](Backend& backend, Views in,
                       Views out) { return backend.resample(in[0], dim, in[1], in[2], out[0]); },
       .formula = [dim](const Tensors& in) { return formula(in[0], dim, in[1], in[2]); },
       .derivatives = {[dim, matrix = std::make_shared<const Taps>(std::move(taps))](Dy dy, Saved) {
         return resample(dy, dim, matrix->transposed());
       }}});
}

}  // namespace tinygrad
