// SPDX-License-Identifier: MIT
// Launches scans (scan.cl), and cuts lines into chunks if there are few.
#include <cmath>

#include "backends/opencl/dense.h"
#include "backends/opencl/rows.h"

namespace tinygrad::opencl {
namespace {

/// Lines that keep a device busy.
constexpr std::int64_t busy_lines = 4096;

struct Scan {
  Runtime& runtime;
  Reduce op;
  DType dtype;
  Lines lines;
  bool reverse;

  /// The elements of a chunk: all of a line if there are enough lines, otherwise about as many as
  /// there are chunks.
  std::int64_t chunk() const {
    if (lines.lines() >= busy_lines || lines.size < 256) return lines.size;
    return std::int64_t(std::sqrt(double(lines.size)));
  }
  void run(const char* kernel, std::initializer_list<const View*> views) const {
    const std::int64_t chunks = ceil_div(lines.size, chunk());
    Launch launch(runtime, "scan.cl", kernel);
    launch.type("T", dtype).define(op == Reduce::sum ? "REDUCE_sum" : "REDUCE_prod", "");
    if (!is_floating(dtype)) launch.define("INTEGERS", "");
    launch.indices(fits_32_bits(lines.elements()));
    for (const View* view : views) launch.view(*view);
    launch.index(lines.lines() * chunks)
        .index(chunks)
        .index(chunk())
        .index(lines.size)
        .index(lines.inner)
        .index(reverse ? (lines.size - 1) * lines.inner : 0)
        .index(reverse ? -lines.inner : lines.inner)
        .run(lines.lines() * chunks, lines.elements());
  }
};

}  // namespace

bool scan(Runtime& runtime, Reduce op, const View& x, int dim, bool reverse, const View& y) {
  if (y.count() == 0) return true;
  const Input input(runtime, x);
  const Output output(runtime, y);
  const Scan each = {runtime, op, x.dtype(), lines_along(x, dim), reverse};
  const std::int64_t chunks = ceil_div(each.lines.size, each.chunk());
  if (chunks == 1) each.run("scan", {&input.view(), &input.view(), &output.view()});
  else {
    // Totals are stored as they are computed, not rounded to 16 bits.
    const DType total = is_half(x.dtype()) ? DType::float32 : x.dtype();
    const common::ScratchView<Runtime> totals(runtime, total, {each.lines.lines(), chunks}),
        starts(runtime, total, totals->shape());
    each.run("totals", {&input.view(), &static_cast<const View&>(totals)});
    if (!scan(runtime, op, totals, 1, false, starts)) return false;
    each.run("scan", {&input.view(), &static_cast<const View&>(starts), &output.view()});
  }
  output.finish();
  return true;
}

}  // namespace tinygrad::opencl
