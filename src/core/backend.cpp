// SPDX-License-Identifier: MIT
// Views of memory, and the answer of a backend to calls of optional kernels that it lacks.
#include "tinygrad/backend.h"

#include "call.h"
#include "tinygrad/error.h"

namespace tinygrad {

View::View(Memory memory, DType dtype, const Shape& shape, const Strides& strides,
           std::int64_t offset)
    : memory_(memory),
      offset_(offset),
      count_(shape.count()),
      shape_(shape),
      strides_(strides),
      dtype_(dtype),
      given_(true) {
  if (count_ == 0 && shape.rank() == strides.rank()) {  // no element can lie outside
    offset_ = 0;
    return;
  }
  std::int64_t first = offset, last = offset;  // the lowest and the highest element
  bool inside = shape.rank() == strides.rank() && offset >= 0;
  for (int i = 0; i < shape.rank() && inside; ++i) {
    std::int64_t extent = 0;
    std::int64_t& end = strides[i] < 0 ? first : last;
    inside = shape[i] >= 0 && checked_mul(shape[i] - 1, strides[i], extent) &&
             checked_add(end, extent, end);
  }
  const std::int64_t room = std::int64_t(memory.bytes / size_of(dtype));
  inside = inside && first >= 0 && last < room;
  require<ShapeError>(inside, "view", "shape ", shape, " with strides ", strides, " from element ",
                      offset, " does not lie inside a block of ", room, " elements");
}

bool View::is_dense() const {
  if (count_ == 0) return true;
  std::int64_t n = 1;
  for (int i = rank() - 1; i >= 0; --i) {
    if (shape_[i] != 1 && strides_[i] != n) return false;
    n *= shape_[i];
  }
  return true;
}

View View::broadcast_to(const Shape& shape) const {
  if (shape == shape_) return *this;
  Strides strides = shape;
  for (int i = 1; i <= shape.rank(); ++i)
    strides[-i] = i > rank() || (shape_[-i] == 1 && shape[-i] != 1) ? 0 : strides_[-i];
  return {memory_, dtype_, shape, strides, offset_};
}

View View::select(int dim, std::int64_t i) const {
  Shape shape = shape_;
  Strides strides = strides_;
  shape.erase(dim), strides.erase(dim);
  return {memory_, dtype_, shape, strides, count_ ? offset_ + i * strides_[dim] : offset_};
}

View View::narrow(int dim, std::int64_t start, std::int64_t size) const {
  Shape shape = shape_;
  shape[dim] = size;
  return {memory_, dtype_, shape, strides_,
          shape.count() ? offset_ + start * strides_[dim] : offset_};
}

void bad_index(const View& index, std::int64_t position, std::int64_t value, std::int64_t size) {
  std::int64_t place = 0, step = 1;
  for (int d = index.rank() - 1; d >= 0; position /= index.size(d--)) {
    if (index.stride(d) == 0) continue;
    place += position % index.size(d) * step;
    step *= index.size(d);
  }
  fail<IndexError>(running_call(), "index ", value, " at position ", place, " is not in [0, ", size,
                   ")");
}

namespace {

/// The result of a kernel that a backend does not have: the op runs its formula.
constexpr bool not_done(const auto&...) { return false; }

}  // namespace

#define KERNEL(name, backends, parameters, arguments) \
  bool Backend::name parameters { return not_done arguments; }
#include "tinygrad/kernels.def"

}  // namespace tinygrad
