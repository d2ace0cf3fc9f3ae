// Reductions: which of x's dimensions are kept, how they are walked, and in which pieces
// (reduce.cl).
#include "backends/opencl/kernels.h"
#include "backends/opencl/launch.h"

namespace tinygrad::opencl {
namespace {

constexpr std::int64_t busy =
    16384;  // work-items that keep a device busy: with fewer, rows and columns are cut
constexpr std::size_t group_of_row = 64;

const char* const names[] = {"REDUCE_sum", "REDUCE_prod", "REDUCE_max", "REDUCE_min"};
std::int64_t ceil_div(std::int64_t n, std::int64_t size) { return (n + size - 1) / size; }
std::size_t group_of(const Runtime& runtime) {
  return std::min(group_of_row, runtime.traits().group);
}
/// Work-items that join the pieces of an output: a group in the gpu form, where there are enough.
std::size_t group_of_pieces(const Runtime& runtime, std::int64_t pieces) {
  const std::size_t group = group_of(runtime);
  return runtime.is_cpu_form() || pieces < std::int64_t(group) ? 1 : group;
}
/// Groups of one item are as good in groups of the usual size.
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
      rows_of_items();
    else rows_of_groups();
  }

 private:
  void fill_identity() {
    fill(runtime_, out_, op_ == Reduce::prod ? Scalar(1) : Scalar(0));
  }  // the op table's shapes leave no maximum of nothing

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
  /// Pieces of `size` of what is reduced: one pass where there is one, otherwise a second that
  /// joins them.
  template <class Run>
  void in_pieces(const char* kernel, int width, std::int64_t size, const Run& run) {
    const std::int64_t pieces = ceil_div(reduced_.count, size);
    const Scratch parts(runtime_,
                        pieces == 1 ? 0 : pieces * kept_.count * std::int64_t(sizeof(double)));
    Launch launch = begin(kernel, width, group_of(runtime_));
    launch.view(x_)
        .view(out_)
        .memory(parts.memory())
        .index(kept_.count)
        .index(pieces)
        .index(size)
        .index(reduced_.count);
    run(launch.walk("kept", kept_, 2).walk("reduced", reduced_, 1), pieces);
    if (pieces > 1) finish(parts.memory(), pieces);
  }
  void finish(const Memory& parts, std::int64_t pieces) const {
    const std::size_t group = group_of_pieces(runtime_, pieces);
    Launch launch = begin("finish", 1, group);
    launch.view(out_).memory(parts).index(kept_.count).index(pieces).walk("kept", kept_, 2);
    run_groups(launch, kept_.count, group, kept_.count * pieces);
  }
  std::int64_t row_piece() const {
    const std::int64_t piece =
        runtime_.is_cpu_form() ? 65536 : 8192;  // below two of them a row is not cut
    return reduced_.count < 2 * piece ? reduced_.count : piece;
  }
  void rows_of_items() {
    // An item with a long row is work for a thread: few of them are a group, so that all threads
    // get some.
    const std::size_t few =
        std::min<std::size_t>(reduced_.count >= 512 ? 8 : 64, runtime_.traits().group);
    in_pieces("rows_of_items", runtime_.is_cpu_form() ? runtime_.traits().width : 1, row_piece(),
              [&](Launch& launch, std::int64_t pieces) {
                launch.run({{kept_.count * pieces, 1, 1}, {few, 1, 1}}, x_.count());
              });
  }
  void rows_of_groups() {
    in_pieces("rows_of_groups", 1, row_piece(), [&](Launch& launch, std::int64_t pieces) {
      run_groups(launch, kept_.count * pieces, group_of(runtime_), x_.count());
    });
  }
  void columns() {
    const int width = runtime_.is_cpu_form() ? runtime_.traits().width : 1;
    const std::int64_t inner = kept_.inner(), strips = kept_.count / inner * ceil_div(inner, width);
    const std::int64_t wanted = std::min(ceil_div(busy, strips), ceil_div(reduced_.count, 64));
    in_pieces("columns", width, ceil_div(reduced_.count, wanted),
              [&](Launch& launch, std::int64_t pieces) {
                launch.run({{strips, pieces, 1}, {runtime_.traits().group, 1, 1}}, x_.count());
              });
  }

  Runtime& runtime_;
  Reduce op_;
  const View &x_, &out_;
  Layout kept_, reduced_;  // kept: x, out; reduced: x
};

// ------------------------------------------------------------ the place of an extreme

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
    const std::int64_t piece = this->piece(), pieces = ceil_div(size_, piece),
                       parts = pieces == 1 ? 0 : pieces * outputs_;
    const Scratch values(runtime_, parts * std::int64_t(sizeof(double))),
        places(runtime_, parts * std::int64_t(sizeof(std::int64_t)));
    Launch launch = begin(by_groups_ ? "search_of_groups" : "search", group_);
    launch.view(x_)
        .view(out_)
        .memory(values.memory())
        .memory(places.memory())
        .index(outputs_)
        .index(pieces)
        .index(piece)
        .index(size_)
        .index(step_);
    run_groups(launch.walk("lines", lines_, 2), outputs_ * pieces, group_, x_.count());
    if (pieces > 1) choose(values.memory(), places.memory(), pieces);
  }

 private:
  /// Elements of a piece: all, where there are lines enough, or few elements.
  std::int64_t piece() const {
    const std::int64_t piece = by_groups_ ? 4096 : 1024;
    return outputs_ * std::int64_t(group_) >= busy || size_ < 2 * piece ? size_ : piece;
  }
  void choose(const Memory& values, const Memory& places, std::int64_t pieces) const {
    const std::size_t group = group_of_pieces(runtime_, pieces);
    Launch launch = begin("choose", group);
    launch.view(out_).memory(values).memory(places).index(outputs_).index(pieces).walk("lines",
                                                                                       lines_, 2);
    run_groups(launch, outputs_, group, outputs_ * pieces);
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
  Layout lines_;  // x, out
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
