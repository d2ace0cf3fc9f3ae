// SPDX-License-Identifier: MIT
// Launches reductions (reduce.cl): finds the kept and the reduced dimensions, chooses the kernel,
// and splits the reduced elements into chunks.
#include "backends/opencl/kernels.h"
#include "backends/opencl/launch.h"

namespace tinygrad::opencl {
namespace {

constexpr std::size_t group_of_row = 64;

const char* const names[] = {"REDUCE_sum", "REDUCE_prod", "REDUCE_max", "REDUCE_min"};
std::size_t group_of(const Runtime& runtime) {
  return std::min(group_of_row, runtime.traits().group);
}
/// Work-items that combine the chunks of an output: a work-group in the gpu form if there are
/// enough chunks.
std::size_t group_of_chunks(const Runtime& runtime, std::int64_t chunks) {
  const std::size_t group = group_of(runtime);
  return runtime.is_cpu_form() || chunks < std::int64_t(group) ? 1 : group;
}
/// Runs `groups` work-groups of `group` items. Single items are run in work-groups of the default
/// size.
void run_groups(Launch& launch, std::int64_t groups, std::size_t group, std::int64_t work) {
  if (group == 1) launch.run(groups, work);
  else launch.run({{groups * std::int64_t(group), 1, 1}, {group, 1, 1}}, work);
}
std::int64_t magnitude(std::int64_t n) { return n < 0 ? -n : n; }

class Reduction {
 public:
  Reduction(Runtime& runtime, Reduce op, const View& x, const View& out)
      : runtime_(runtime), op_(op), x_(x), out_(out) {
    Dims shape, size, of_x, of_out, along;
    for (int d = 0; d < x.rank(); ++d) {
      if (out.size(d) == 1) size.push_back(x.size(d)), along.push_back(x.stride(d));
      else shape.push_back(x.size(d)), of_x.push_back(x.stride(d)), of_out.push_back(out.stride(d));
    }
    const Extents kept[] = {{shape.rank(), shape.begin(), of_x.begin()},
                            {shape.rank(), shape.begin(), of_out.begin()}};
    const Extents reduced[] = {{size.rank(), size.begin(), along.begin()}};
    kept_ = make_layout(kept, 2, true), reduced_ = make_layout(reduced, 1, true);
  }

  void run() {
    if (out_.count() == 0) return;
    if (reduced_.count == 0) return fill_identity();
    const bool by_rows = kept_.count == 1 ||
                         (reduced_.count > 1 &&
                          magnitude(reduced_.inner_stride(0)) <= magnitude(kept_.inner_stride(0)));
    if (!by_rows) columns();
    else if (runtime_.is_cpu_form() || reduced_.count <= std::int64_t(group_of_row))
      rows_by_items();
    else rows_by_groups();
  }

 private:
  /// For sum and prod; the ops reject a max or min of no elements.
  void fill_identity() { fill(runtime_, out_, op_ == Reduce::prod ? Scalar(1) : Scalar(0)); }

  Launch begin(const char* kernel, int width, std::size_t group) const {
    Launch launch(runtime_, "reduce.cl", kernel);
    launch.define(names[int(op_)], "")
        .type("T", x_.dtype())
        .define("WIDTH", width)
        .define("GROUP", int(group));
    if (!is_floating(x_.dtype())) launch.define("INTEGERS", "");
    launch.indices(fits_32_bits(kept_, 2) && fits_32_bits(reduced_, 1) && fits_32_bits(x_.count()));
    return launch;
  }
  /// Reduces chunks of `size` elements. If there is more than one chunk, a second pass combines
  /// their results.
  template <class Run>
  void in_chunks(const char* kernel, int width, std::int64_t size, const Run& run) {
    const std::int64_t chunks = ceil_div(reduced_.count, size);
    const Scratch partials(runtime_,
                           chunks == 1 ? 0 : chunks * kept_.count * std::int64_t(sizeof(double)));
    Launch launch = begin(kernel, width, group_of(runtime_));
    launch.view(x_)
        .view(out_)
        .memory(partials.memory())
        .index(kept_.count)
        .index(chunks)
        .index(size)
        .index(reduced_.count);
    run(launch.layout("kept", kept_, 2).layout("reduced", reduced_, 1), chunks);
    if (chunks > 1) finish(partials.memory(), chunks);
  }
  void finish(const Memory& partials, std::int64_t chunks) const {
    const std::size_t group = group_of_chunks(runtime_, chunks);
    Launch launch = begin("finish", 1, group);
    launch.view(out_).memory(partials).index(kept_.count).index(chunks).layout("kept", kept_, 2);
    run_groups(launch, kept_.count, group, kept_.count * chunks);
  }
  std::int64_t row_chunk() const {
    // A row of less than two chunks is not split.
    const std::int64_t chunk = runtime_.is_cpu_form() ? 65536 : 8192;
    return reduced_.count < 2 * chunk ? reduced_.count : chunk;
  }
  void rows_by_items() {
    // A work-item with a long row keeps a thread busy. Work-groups of such items are small, so that
    // all threads get some.
    const std::size_t group =
        std::min<std::size_t>(reduced_.count >= 512 ? 8 : 64, runtime_.traits().group);
    in_chunks("rows_by_items", runtime_.is_cpu_form() ? runtime_.traits().width : 1, row_chunk(),
              [&](Launch& launch, std::int64_t chunks) {
                launch.run({{kept_.count * chunks, 1, 1}, {group, 1, 1}}, x_.count());
              });
  }
  void rows_by_groups() {
    in_chunks("rows_by_groups", 1, row_chunk(), [&](Launch& launch, std::int64_t chunks) {
      run_groups(launch, kept_.count * chunks, group_of(runtime_), x_.count());
    });
  }
  void columns() {
    const int width = runtime_.is_cpu_form() ? runtime_.traits().width : 1;
    const std::int64_t inner = kept_.inner(), strips = kept_.count / inner * ceil_div(inner, width);
    const std::int64_t wanted =
        std::min(ceil_div(busy_items, strips), ceil_div(reduced_.count, 64));
    in_chunks("columns", width, ceil_div(reduced_.count, wanted),
              [&](Launch& launch, std::int64_t chunks) {
                launch.run({{strips, chunks, 1}, {runtime_.traits().group, 1, 1}}, x_.count());
              });
  }

  Runtime& runtime_;
  Reduce op_;
  const View &x_, &out_;
  Layout kept_, reduced_;  // operands of kept: x, out; of reduced: x
};

// ------------------------------------------------------------ the index of a maximum or minimum

class Search {
 public:
  Search(Runtime& runtime, ArgReduce op, const View& x, int dim, const View& out)
      : runtime_(runtime), op_(op), x_(x), out_(out) {
    const Extents extents[] = {{out.rank(), out.shape().begin(), x.strides().begin()},
                               {out.rank(), out.shape().begin(), out.strides().begin()}};
    lines_ = make_layout(extents, 2, false);
    size_ = x.rank() ? x.size(dim) : 1, step_ = x.rank() ? x.stride(dim) : 0,
    outputs_ = out.count();
    by_groups_ = !runtime.is_cpu_form() && step_ == 1 && size_ > std::int64_t(group_of_row);
    group_ = by_groups_ ? group_of(runtime) : 1;
  }

  void run() const {
    const std::int64_t chunk = this->chunk(), chunks = ceil_div(size_, chunk),
                       partials = chunks == 1 ? 0 : chunks * outputs_;
    const Scratch values(runtime_, partials * std::int64_t(sizeof(double))),
        indices(runtime_, partials * std::int64_t(sizeof(std::int64_t)));
    Launch launch = begin(by_groups_ ? "search_by_groups" : "search", group_);
    launch.view(x_)
        .view(out_)
        .memory(values.memory())
        .memory(indices.memory())
        .index(outputs_)
        .index(chunks)
        .index(chunk)
        .index(size_)
        .index(step_);
    run_groups(launch.layout("lines", lines_, 2), outputs_ * chunks, group_, x_.count());
    if (chunks > 1) finish_search(values.memory(), indices.memory(), chunks);
  }

 private:
  /// The elements of a chunk: all of a line if there are enough lines, or if a line is short.
  std::int64_t chunk() const {
    const std::int64_t chunk = by_groups_ ? 4096 : 1024;
    return outputs_ * std::int64_t(group_) >= busy_items || size_ < 2 * chunk ? size_ : chunk;
  }
  void finish_search(const Memory& values, const Memory& indices, std::int64_t chunks) const {
    const std::size_t group = group_of_chunks(runtime_, chunks);
    Launch launch = begin("finish_search", group);
    launch.view(out_).memory(values).memory(indices).index(outputs_).index(chunks).layout(
        "lines", lines_, 2);
    run_groups(launch, outputs_, group, outputs_ * chunks);
  }
  Launch begin(const char* kernel, std::size_t group) const {
    Launch launch(runtime_, "reduce.cl", kernel);
    launch.define(op_ == ArgReduce::max ? "REDUCE_max" : "REDUCE_min", "").type("T", x_.dtype());
    launch.define("WIDTH", runtime_.is_cpu_form() ? runtime_.traits().width : 1)
        .define("GROUP", int(group));
    if (!is_floating(x_.dtype())) launch.define("INTEGERS", "");
    launch.indices(fits_32_bits(lines_, 2) && fits_32_bits(x_.count()) &&
                   fits_32_bits(size_ * magnitude(step_)));
    return launch;
  }

  Runtime& runtime_;
  ArgReduce op_;
  const View &x_, &out_;
  Layout lines_;  // operands: x, out
  std::int64_t size_, step_, outputs_;
  bool by_groups_;
  std::size_t group_;
};

}  // namespace

void reduce(Runtime& runtime, Reduce op, const View& x, const View& out) {
  Reduction(runtime, op, x, out).run();
}

void arg_reduce(Runtime& runtime, ArgReduce op, const View& x, int dim, const View& out) {
  if (out.count() > 0 && x.count() > 0) Search(runtime, op, x, dim, out).run();
}

}  // namespace tinygrad::opencl
