#include "backends/opencl/rows.h"

namespace tinygrad::opencl {
namespace {

constexpr std::int64_t short_row = 32,
                       long_row = 4096;       // of the gpu form: up to short_row one item a row
constexpr std::int64_t few = 64, many = 256;  // items to a row, and to a long one
constexpr std::int64_t busy =
    512;  // elements of an item of the cpu form: from there on it is a group of its own

/// Work-items to a line: a power of two, and no more than a row has numbers, so that none is idle.
std::int64_t group_for(const Runtime& runtime, const Lines& lines) {
  const std::int64_t line = lines.size * lines.repeats,
                     most = std::int64_t(runtime.properties().max_items);
  if (runtime.is_cpu_form() || lines.inner != 1 || line <= short_row) return 1;
  std::int64_t group = 1;
  while (group * 2 <= std::min({lines.size, line < long_row ? few : many, most})) group *= 2;
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
  const bool is_busy =
      runtime.is_cpu_form() && lines.size * lines.repeats * (lines.inner == 1 ? 1 : width_) >= busy;
  alone_ = is_busy ? 1 : runtime.traits().group;
  type("T", dtype).define("WIDTH", int(width_)).define("GROUP", int(group_));
  if (lines.inner != 1) define("COLUMNS", "");
  indices(fits_32_bits(lines.numbers() + 256 * width_));
}

void LineLaunch::run_lines() {
  index(lines_.lines()).index(lines_.size).index(lines_.inner);
  const std::int64_t across = lines_.inner == 1 ? 1 : (lines_.inner + width_ - 1) / width_;
  run({{lines_.outer * across * group_, 1, 1}, {group_ > 1 ? std::size_t(group_) : alone_, 1, 1}},
      lines_.numbers());
}

}  // namespace tinygrad::opencl
