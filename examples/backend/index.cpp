// SPDX-License-Identifier: MIT
// gather and scatter: an index value names an element along one dimension; the other indices are
// those of the index value itself.
#include "reference.h"

namespace reference {

/// The offsets of the elements [..., index, ...] in a dense tensor of this shape. Calls bad_index()
/// for the first index that is out of range.
static std::vector<std::int64_t> offsets_of(const Shape& shape, int dim, const View& index,
                                            const std::vector<Int>& values) {
  Strides strides = dense_strides(shape);
  const std::int64_t step = strides[dim];
  strides[dim] = 0;  // the index itself gives the offset along dim
  std::vector<std::int64_t> offsets;
  for_each_offset(index.shape(), strides, 0, [&](std::int64_t first) {
    const std::int64_t i = values[offsets.size()].value;
    if (i < 0 || i >= shape[dim]) bad_index(index, std::int64_t(offsets.size()), i, shape[dim]);
    offsets.push_back(first + i * step);
  });
  return offsets;
}

void Reference::gather(const View& x, int dim, const View& index, const View& out) {
  const auto from = offsets_of(x.shape(), dim, index, read<Int>(index));
  compute_in(x.dtype(), [&]<class T>(T) {
    const auto values = read<T>(x);
    std::vector<T> result;
    for (std::int64_t offset : from) result.push_back(values[offset]);
    write(out, result);
  });
}

void Reference::scatter(const View& out, int dim, const View& index, const View& x, Write how) {
  const auto to = offsets_of(out.shape(), dim, index, read<Int>(index));
  compute_in(x.dtype(), [&]<class T>(T) {
    const auto values = read<T>(x);
    auto result = read<T>(out);
    for (std::size_t i = 0; i < to.size(); ++i)  // in order of positions, so the last one wins
      result[to[i]] = how == Write::set ? values[i] : result[to[i]] + values[i];
    write(out, result);
  });
}

}  // namespace reference
