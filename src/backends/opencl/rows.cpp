// SPDX-License-Identifier: MIT
// Chooses how many work-items share a line and how large work-groups are.
#include "backends/opencl/rows.h"

namespace tinygrad::opencl {
namespace {

/// In the gpu form, a row of up to short_row elements has one work-item.
constexpr std::int64_t short_row = 32, long_row = 4096;
/// The largest number of work-items for a row, and for one of at least long_row elements.
constexpr std::int64_t max_items = 64, max_items_of_long_row = 256;
/// In the cpu form, a work-item with at least this many elements is a work-group of its own.
constexpr std::int64_t min_group_elements = 512;

/// Work-items per line: a power of two, at most the number of elements of a row, so that none is
/// idle.
std::int64_t group_for(const Runtime& runtime, const Lines& lines) {
  const std::int64_t line = lines.size * lines.repeats,
                     limit = std::int64_t(runtime.properties().max_items);
  if (runtime.is_cpu_form() || lines.inner != 1 || line <= short_row) return 1;
  std::int64_t group = 1;
  while (group * 2 <=
         std::min({lines.size, line < long_row ? max_items : max_items_of_long_row, limit}))
    group *= 2;
  return group;
}

}  // namespace

Lines lines_along(const View& x, int dim) {
  Lines lines;
  if (x.rank() == 0) return lines;
  lines.size = x.size(dim);
  for (int d = 0; d < dim; ++d) lines.outer *= x.size(d);
  for (int d = dim + 1; d < x.rank(); ++d) lines.inner *= x.size(d);
  return lines;
}

LineLaunch::LineLaunch(Runtime& runtime, const char* file, const char* kernel, DType dtype,
                       const Lines& lines)
    : Launch(runtime, file, kernel),
      lines_(lines),
      group_(group_for(runtime, lines)),
      width_(runtime.is_cpu_form() ? runtime.traits().width : 1) {
  const bool is_long =
      runtime.is_cpu_form() &&
      lines.size * lines.repeats * (lines.inner == 1 ? 1 : width_) >= min_group_elements;
  local_size_ = is_long ? 1 : runtime.traits().group;
  type("T", dtype).define("WIDTH", int(width_)).define("GROUP", int(group_));
  if (lines.inner != 1) define("COLUMNS", "");
  indices(fits_32_bits(lines.elements() + 256 * width_));
}

void LineLaunch::run_lines() {
  index(lines_.lines()).index(lines_.size).index(lines_.inner);
  const std::int64_t strips = lines_.inner == 1 ? 1 : ceil_div(lines_.inner, width_);
  run({{lines_.outer * strips * group_, 1, 1},
       {group_ > 1 ? std::size_t(group_) : local_size_, 1, 1}},
      lines_.elements());
}

}  // namespace tinygrad::opencl
