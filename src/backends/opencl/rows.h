// SPDX-License-Identifier: MIT
// Launches kernels along the lines of an array (rows.cl).
#pragma once
#include "backends/opencl/launch.h"

namespace tinygrad::opencl {

/// The lines of a dense array that is seen as [outer, size, inner]: outer * inner lines of `size`
/// elements. If inner is 1 they are rows, otherwise columns. If a line consists of several such
/// rows (a channel has one in each image), `repeats` is their number.
struct Lines {
  std::int64_t outer = 1, size = 1, inner = 1, repeats = 1;
  std::int64_t lines() const { return outer * inner; }
  std::int64_t elements() const { return outer * inner * size * repeats; }
};
Lines lines_along(const View& x, int dim);

/// The launch of a kernel along lines, compiled for the type of a dtype, for rows or columns, and
/// for a suitable number of work-items per line.
class LineLaunch : public Launch {
 public:
  LineLaunch(Runtime& runtime, const char* file, const char* kernel, DType dtype,
             const Lines& lines);
  /// Passes the last arguments (LINES) and runs the kernel.
  void run_lines();

 private:
  Lines lines_;
  std::int64_t group_, width_;  // work-items per line, elements per vector
  std::size_t local_size_;      // size of a work-group whose items have lines of their own
};

}  // namespace tinygrad::opencl
