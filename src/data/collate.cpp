// SPDX-License-Identifier: MIT
// Stacks the tensors of samples to batches, padded if that is asked for.
#include "tinygrad/autograd.h"
#include "tinygrad/data/loader.h"
#include "tinygrad/ops/join.h"
#include "tinygrad/ops/pad.h"

namespace tinygrad::data::detail {

static Tensor pad_to(const Tensor& x, const Shape& shape, double value) {
  if (x.shape() == shape) return x;
  Dims padding;
  for (int d = shape.rank() - 1; d >= 0; --d) {
    padding.push_back(0);
    padding.push_back(shape[d] - x.shape()[d]);
  }
  return pad(x, padding, value);
}

/// Joins one tensor of each sample.
static Tensor join(Tensors rows, const BatchInfo& info, const DataLoaderOptions& options) {
  const bool pads = options.collate == Collate::pad;
  const Tensor first = rows[0];
  Shape largest = first.shape();
  for (std::size_t k = 0; k < rows.size(); ++k) {
    const Tensor& t = rows[k];
    require<ShapeError>(
        pads ? t.dim() == first.dim() : t.shape() == first.shape(), "DataLoader", "sample ",
        info.indices[k], " has shape ", t.shape(), ", sample ", info.indices[0], " of its batch ",
        first.shape(),
        pads ? "; only equal ranks can be padded"
             : "; set .collate = Collate::pad, or pass a function that makes the batches");
    require<DTypeError>(t.dtype() == first.dtype(), "DataLoader", "sample ", info.indices[k],
                        " is ", to_string(t.dtype()), ", sample ", info.indices[0],
                        " of its batch ", to_string(first.dtype()));
    for (int d = 0; d < t.dim(); ++d) largest[d] = std::max(largest[d], t.shape()[d]);
  }
  for (Tensor& row : rows) row = pad_to(row, largest, options.pad_value);
  return stack(rows).to(options.device);
}

Tensors collate(std::span<const Tensors> samples, const BatchInfo& info,
                const DataLoaderOptions& options) {
  const NoGrad off;
  Tensors batch;
  for (std::size_t i = 0; i < samples[0].size(); ++i) {
    Tensors rows;
    for (const Tensors& sample : samples) rows.push_back(sample[i]);
    batch.push_back(join(std::move(rows), info, options));
  }
  return batch;
}

}  // namespace tinygrad::data::detail
