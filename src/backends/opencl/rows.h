// Which work-items walk along lines of numbers (rows.cl).
#pragma once
#include "backends/opencl/launch.h"

namespace tinygrad::opencl {

/// Dense x seen as [outer, size, inner]: outer * inner lines of `size` numbers. With inner 1 they
/// are rows, otherwise columns. Where a line is many such rows (a channel: one of each image),
/// `repeats` says how many.
struct Lines {
  std::int64_t outer = 1, size = 1, inner = 1, repeats = 1;
  std::int64_t lines() const { return outer * inner; }
  std::int64_t numbers() const { return outer * inner * size * repeats; }
};
Lines lines_along(const View& x, int dim);

/// Begins the call of a kernel of lines: compiled for the dtype's type, for rows or columns, and
/// for as many items to a line as suit.
class LineLaunch : public Launch {
 public:
  LineLaunch(Runtime& runtime, const char* file, const char* kernel, DType dtype,
             const Lines& lines);
  /// The last arguments, and the call.
  void run_lines();

 private:
  Lines lines_;
  std::int64_t group_, width_;  // work-items to a line, elements of a vector
  std::size_t alone_;           // work-items of a group where each has lines of its own
};

}  // namespace tinygrad::opencl
