// gather and scatter: an index names one element along one dimension; along the others it stays
// where it is.
#include "reference.h"

namespace reference {

/// Where the elements [..., index, ...] lie in a dense tensor of this shape; bad_index() for the
/// first that is not in it.
static std::vector<std::int64_t> places(const Shape& shape, int dim, const View& where,
                                        const std::vector<Int>& index) {
  Strides strides = dense_strides(shape);
  const std::int64_t step = strides[dim];
  strides[dim] = 0;  // there the index says how far to go
  std::vector<std::int64_t> places;
  walk(where.shape(), strides, 0, [&](std::int64_t first) {
    const std::int64_t i = index[places.size()].value;
    if (i < 0 || i >= shape[dim]) bad_index(where, std::int64_t(places.size()), i, shape[dim]);
    places.push_back(first + i * step);
  });
  return places;
}

void Reference::gather(const View& x, int dim, const View& index, const View& out) {
  const auto from = places(x.shape(), dim, index, read<Int>(index));
  compute_in(x.dtype(), [&]<class T>(T) {
    const auto values = read<T>(x);
    std::vector<T> result;
    for (std::int64_t place : from) result.push_back(values[place]);
    write(out, result);
  });
}

void Reference::scatter(const View& out, int dim, const View& index, const View& x, Write how) {
  const auto to = places(out.shape(), dim, index, read<Int>(index));
  compute_in(x.dtype(), [&]<class T>(T) {
    const auto values = read<T>(x);
    auto result = read<T>(out);
    for (std::size_t i = 0; i < to.size(); ++i)  // in order of positions, so the last one wins
      result[to[i]] = how == Write::set ? values[i] : result[to[i]] + values[i];
    write(out, result);
  });
}

}  // namespace reference
