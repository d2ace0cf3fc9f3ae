// SPDX-License-Identifier: MIT
// Dims (shapes and strides): checked access, products of sizes, row-major strides, broadcasting.
#include "tinygrad/shape.h"

#include <algorithm>

#include "tinygrad/error.h"

namespace tinygrad {

Dims::Dims(std::initializer_list<Size> list, SourceLocation location) {
  for (Size size : list) push_back(size.value, location);
}
Dims::Dims(const std::int64_t* first, int count, SourceLocation location) {
  for (int i = 0; i < count; ++i) push_back(first[i], location);
}
Dims Dims::filled(int rank, std::int64_t value) {
  Dims d;
  while (d.rank() < rank) d.push_back(value);
  return d;
}
void Dims::push_back(std::int64_t value, SourceLocation location) {
  require<ShapeError>(rank_ < max_rank, Call{"shape", location}, "tensors have at most ", max_rank,
                      " dimensions; merge some with reshape");
  values_[rank_++] = value;
}
void Dims::insert(int position, std::int64_t value, SourceLocation location) {
  require<IndexError>(position >= 0 && position <= rank_, Call{"shape", location},
                      "nothing can be inserted at ", position, " of ", *this);
  push_back(value, location);
  std::rotate(values_ + position, values_ + rank_ - 1, values_ + rank_);
}
void Dims::erase(int position) {
  position = from_front(position);
  std::copy(values_ + position + 1, values_ + rank_, values_ + position);
  values_[--rank_] = 0;
}
void Dims::fail_position(int i) const {
  fail<IndexError>("shape", "there is no dimension ", i, " in ", *this);
}
bool Dims::contains(std::int64_t value) const { return std::find(begin(), end(), value) != end(); }

std::int64_t Dims::count(SourceLocation location) const {
  if (contains(0)) return 0;
  std::int64_t n = 1;
  for (std::int64_t size : *this)
    require<ShapeError>(checked_mul(n, size, n), Call{"shape", location},
                        "the number of elements of ", *this, " does not fit into 63 bits");
  return n;
}

bool operator==(const Dims& a, const Dims& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end());
}

std::string to_string(const Dims& dims) {
  std::string s = "[";
  for (int i = 0; i < dims.rank(); ++i) s += (i ? ", " : "") + std::to_string(dims[i]);
  return s + "]";
}

Strides dense_strides(const Shape& shape) {
  Strides strides = shape;
  std::uint64_t n = 1;  // may wrap if a size is 0, but then there is no element
  for (int i = shape.rank() - 1; i >= 0; --i) {
    strides[i] = std::int64_t(n);
    n *= std::uint64_t(std::max<std::int64_t>(shape[i], 1));
  }
  return strides;
}

bool broadcasts_to(const Shape& small, const Shape& large) {
  if (small.rank() > large.rank()) return false;
  for (int i = 1; i <= small.rank(); ++i)
    if (small[-i] != large[-i] && small[-i] != 1) return false;
  return true;
}

}  // namespace tinygrad
