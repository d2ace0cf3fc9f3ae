// SPDX-License-Identifier: MIT
// gather and scatter. A kernel of its own checks every index before the kernel that uses them,
// which skips the bad ones.
#include "backends/opencl/dense.h"
#include "backends/opencl/kernels.h"
#include "backends/opencl/launch.h"

namespace tinygrad::opencl {
namespace {

constexpr std::int64_t sources_at_once = 16384;  // that a work-item visits in one launch
/// Sources of a line from which on sums carry their rounding errors along: floats would drift.
constexpr std::int64_t many_sources = 1024;

/// The work-items that keep a device busy: lines are cut into segments until there are so many.
/// Each visits all sources of its line, so the few threads of a CPU do best with few work-items,
/// and with small work-groups, so that every thread gets some.
std::int64_t busy(const Runtime& runtime) { return runtime.is_cpu_form() ? 128 : 4096; }
std::size_t group_of_lines(const Runtime& runtime) {
  return std::min<std::size_t>(runtime.is_cpu_form() ? 8 : 64, runtime.traits().group);
}

/// The strides with 0 along dim.
Strides without(Strides strides, int dim) {
  strides[dim] = 0;
  return strides;
}
Launch begin(Runtime& runtime, const char* kernel, bool narrow) {
  Launch launch(runtime, "index.cl", kernel);
  launch.define("GROUP", int(runtime.traits().group)).indices(narrow);
  return launch;
}

}  // namespace

void check_index(Runtime& runtime, const View& index, std::int64_t size) {
  if (index.count() == 0) return;
  const Extents extents[] = {extents_of(index)};
  const Layout layout = make_layout(extents, 1, false);
  const std::int64_t group = std::int64_t(runtime.traits().group);
  const std::int64_t groups =
      std::min<std::int64_t>(BadIndices::max_groups, ceil_div(layout.count, 8 * group));
  const auto held = runtime.hold_indices();
  const int first = runtime.take_index_slots(index, size, int(groups));
  begin(runtime, "check", fits_32_bits(layout, 1))
      .view(index)
      .memory(runtime.index_ring())
      .value(cl_int(first))
      .value(cl_long(size))
      .index(layout.count)
      .layout("layout", layout, 1)
      .run(groups * group, 1);
}

void gather(Runtime& runtime, const View& x, int dim, const View& index, const View& out) {
  if (index.count() == 0) return;
  if (x.rank() == 0)
    return gather(runtime, x.reshaped({1}, {0}, x.offset()), 0,
                  index.reshaped({1}, {0}, index.offset()), out.reshaped({1}, {1}, out.offset()));
  check_index(runtime, index, x.size(dim));
  if (x.count() == 0) return;
  const Strides x_strides = without(x.strides(), dim);
  const Extents extents[] = {
      extents_of(out), extents_of(index), {x.rank(), out.shape().begin(), x_strides.begin()}};
  const Layout layout = make_layout(extents, 3, true);
  const std::int64_t step = x.stride(dim), reach = x.size(dim) * (step < 0 ? -step : step);
  begin(runtime, "gather",
        fits_32_bits(layout, 3) && fits_32_bits(reach) && fits_32_bits(x.memory().bytes))
      .view(x)
      .view(index)
      .view(out)
      .value(cl_int(size_of(x.dtype())))
      .value(cl_long(x.size(dim)))
      .index(step)
      .index(layout.count)
      .layout("layout", layout, 3)
      .run(layout.count);
}

void scatter(Runtime& runtime, const View& out, int dim, const View& index, const View& x,
             Write how) {
  if (index.count() == 0) return;
  check_index(runtime, index, out.size(dim));
  if (out.count() == 0) return;
  Shape shape = index.shape();
  const std::int64_t sources = shape[dim], size = out.size(dim);
  shape[dim] = 1;
  const Extents extents[] = {{shape.rank(), shape.begin(), out.strides().begin()},
                             {shape.rank(), shape.begin(), index.strides().begin()},
                             {shape.rank(), shape.begin(), x.strides().begin()}};
  const Layout lines = make_layout(extents, 3, true);
  const std::int64_t most = std::max<std::int64_t>(1, std::min(size, busy(runtime) / lines.count)),
                     segment = ceil_div(size, most);
  const std::int64_t segments = ceil_div(size, segment);
  const bool narrow =
      fits_32_bits(
          std::int64_t(std::max({out.memory().bytes, index.memory().bytes, x.memory().bytes}))) &&
      fits_32_bits(lines.count * segments);
  const bool compensated =
      how == Write::add && is_floating(x.dtype()) && sources > many_sources && out.is_dense();
  const ScratchView errors(runtime, computed_dtype(x.dtype()), {compensated ? out.count() : 0});
  if (compensated) fill(runtime, errors, Scalar(0));
  for (std::int64_t first = 0; first < sources; first += sources_at_once) {
    const std::int64_t end = std::min(sources, first + sources_at_once);
    Launch launch = begin(runtime, "scatter", narrow);
    launch.type("T", x.dtype());
    if (how == Write::add) launch.define("ADD", "");
    if (compensated) launch.define("COMPENSATED", "");
    launch.view(out)
        .view(index)
        .view(x)
        .index(lines.count)
        .index(segments)
        .index(segment)
        .value(cl_long(size))
        .index(first)
        .index(end);
    launch.index(out.stride(dim))
        .index(index.stride(dim))
        .index(x.stride(dim))
        .memory(errors->memory())
        .layout("layout", lines, 3);
    launch.run({{lines.count * segments, 1, 1}, {group_of_lines(runtime), 1, 1}}, 1);
  }
}

}  // namespace tinygrad::opencl
