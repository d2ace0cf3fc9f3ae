// SPDX-License-Identifier: MIT
// Launches argsort (sort.cl): sorted runs, and merges of them that alternate between two arrays.
#include "backends/opencl/dense.h"
#include "backends/opencl/rows.h"

namespace tinygrad::opencl {
namespace {

constexpr int run = 8;  // elements that a work-item sorts by insertion

}  // namespace

bool argsort(Runtime& runtime, const View& x, int dim, bool descending, const View& index) {
  if (index.count() == 0) return true;
  const Input input(runtime, x);
  const Output output(runtime, index);
  const common::ScratchView<Runtime> scratch(runtime, DType::int64, index.shape());
  const Lines lines = lines_along(x, dim);
  const auto begin = [&](const char* kernel) {
    Launch launch(runtime, "sort.cl", kernel);
    launch.type("T", x.dtype()).define("RUN", run).indices(fits_32_bits(2 * x.count()));
    if (descending) launch.define("DESCENDING", "");
    return launch.view(input);
  };
  const View *from = &output.view(), *to = &static_cast<const View&>(scratch);
  for (std::int64_t length = run; length < lines.size; length *= 2) std::swap(from, to);
  const std::int64_t runs = ceil_div(lines.size, run);
  begin("sort_runs")
      .view(*from)
      .index(lines.lines() * runs)
      .index(runs)
      .index(lines.size)
      .index(lines.inner)
      .run(lines.lines() * runs, x.count() * run);
  for (std::int64_t length = run; length < lines.size; length *= 2, std::swap(from, to))
    begin("merge_runs")
        .view(*from)
        .view(*to)
        .index(x.count())
        .index(length)
        .index(lines.size)
        .index(lines.inner)
        .run(x.count());
  output.finish();
  return true;
}

}  // namespace tinygrad::opencl
