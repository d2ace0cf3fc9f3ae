// Reductions: which of x's dimensions are kept, how they are walked, and in which pieces (reduce.cl).
#include "backends/opencl/kernels.h"
#include "backends/opencl/launch.h"

namespace tinygrad::opencl {
namespace {

constexpr std::int64_t piece = 65536;  // elements of one piece of a row: below two of them it is not cut
constexpr std::int64_t busy = 16384;   // work-items that keep a device busy: with fewer, columns are cut
constexpr std::size_t group_of_row = 64;

const char* const names[] = {"REDUCE_sum", "REDUCE_prod", "REDUCE_max", "REDUCE_min"};
std::int64_t pieces_of(std::int64_t n, std::int64_t size) { return (n + size - 1) / size; }
std::int64_t magnitude(std::int64_t n) { return n < 0 ? -n : n; }

class Reduction {
 public:
  Reduction(Runtime& runtime, Reduce op, const View& x, const View& out) : runtime_(runtime), op_(op), x_(x), out_(out) {
    Dims shape, size, of_x, of_out, along;
    for (int d = 0; d < x.rank(); ++d) {
      if (out.size(d) == 1) size.push_back(x.size(d)), along.push_back(x.stride(d));
      else shape.push_back(x.size(d)), of_x.push_back(x.stride(d)), of_out.push_back(out.stride(d));
    }
    const Extents kept[] = {{shape.rank(), shape.begin(), of_x.begin()}, {shape.rank(), shape.begin(), of_out.begin()}};
    const Extents reduced[] = {{size.rank(), size.begin(), along.begin()}};
    kept_ = make_layout(kept, 2, true), reduced_ = make_layout(reduced, 1, true);
  }

  void run() {
    if (out_.count() == 0) return;
    if (reduced_.count == 0) return fill_identity();
    const bool by_rows = kept_.count == 1 || (reduced_.count > 1 && magnitude(reduced_.inner_stride(0)) <= magnitude(kept_.inner_stride(0)));
    if (!by_rows) columns();
    else if (runtime_.is_cpu_form() || reduced_.count <= std::int64_t(group_of_row)) rows_of_items();
    else rows_of_groups();
  }

 private:
  void fill_identity() { fill(runtime_, out_, op_ == Reduce::prod ? Scalar(1) : Scalar(0)); }  // the op table's shapes leave no maximum of nothing

  Launch begin(const char* kernel, int width) const {
    Launch launch(runtime_, "reduce.cl", kernel);
    launch.define(names[int(op_)], "").type("T", x_.dtype()).define("WIDTH", width);
    launch.define("GROUP", int(group()));
    if (!is_floating(x_.dtype())) launch.define("INTEGERS", "");
    launch.indices(fits_32_bits(kept_, 2) && fits_32_bits(reduced_, 1) && fits_32_bits(x_.count()));
    return launch;
  }
  /// Pieces of `size` of what is reduced: one pass where there is one, otherwise a second that joins them.
  template <class Run> void in_pieces(const char* kernel, int width, std::int64_t size, const Run& run) {
    const std::int64_t pieces = pieces_of(reduced_.count, size);
    const Scratch parts(runtime_, pieces == 1 ? 0 : pieces * kept_.count * std::int64_t(sizeof(double)));
    Launch launch = begin(kernel, width);
    launch.view(x_).view(out_).memory(parts.memory()).index(kept_.count).index(pieces).index(size).index(reduced_.count);
    run(launch.walk(kept_, 2).walk(reduced_, 1), pieces);
    if (pieces > 1) begin("finish", 1).view(out_).memory(parts.memory()).index(kept_.count).index(pieces).walk(kept_, 2).run(kept_.count);
  }
  std::size_t group() const { return std::min(group_of_row, runtime_.traits().group); }
  std::int64_t row_piece() const { return reduced_.count < 2 * piece ? reduced_.count : piece; }
  void rows_of_items() {
    // An item with a long row is work for a thread: few of them are a group, so that all threads get some.
    const std::size_t few = std::min<std::size_t>(reduced_.count >= 512 ? 8 : 64, runtime_.traits().group);
    in_pieces("rows_of_items", runtime_.is_cpu_form() ? runtime_.traits().width : 1, row_piece(), [&](Launch& launch, std::int64_t pieces) {
      launch.run({{kept_.count * pieces, 1, 1}, {few, 1, 1}}, x_.count());
    });
  }
  void rows_of_groups() {
    in_pieces("rows_of_groups", 1, row_piece(), [&](Launch& launch, std::int64_t pieces) {
      launch.run({{kept_.count * pieces * std::int64_t(group()), 1, 1}, {group(), 1, 1}}, x_.count());
    });
  }
  void columns() {
    const int width = runtime_.is_cpu_form() ? runtime_.traits().width : 1;
    const std::int64_t inner = kept_.inner(), strips = kept_.count / inner * pieces_of(inner, width);
    const std::int64_t wanted = std::min(pieces_of(busy, strips), pieces_of(reduced_.count, 64));
    in_pieces("columns", width, pieces_of(reduced_.count, wanted), [&](Launch& launch, std::int64_t pieces) {
      launch.run({{strips, pieces, 1}, {runtime_.traits().group, 1, 1}}, x_.count());
    });
  }

  Runtime& runtime_;
  Reduce op_;
  const View &x_, &out_;
  Layout kept_, reduced_;  // kept: x, out; reduced: x
};

}  // namespace

void reduce(Runtime& runtime, Reduce op, const View& x, const View& out) { Reduction(runtime, op, x, out).run(); }

void arg_reduce(Runtime& runtime, ArgReduce op, const View& x, int dim, const View& out) {
  if (out.count() == 0 || x.count() == 0) return;
  const Extents extents[] = {{out.rank(), out.shape().begin(), x.strides().begin()}, {out.rank(), out.shape().begin(), out.strides().begin()}};
  const Layout lines = make_layout(extents, 2, false);
  const std::int64_t size = x.rank() ? x.size(dim) : 1, step = x.rank() ? x.stride(dim) : 0, outputs = out.count();
  const std::int64_t piece_size = outputs >= busy || size < 2048 ? size : 1024, pieces = pieces_of(size, piece_size);
  const Scratch parts(runtime, pieces == 1 ? 0 : pieces * outputs * std::int64_t(sizeof(double)));
  const Scratch places(runtime, pieces == 1 ? 0 : pieces * outputs * std::int64_t(sizeof(std::int64_t)));
  const auto begin = [&](const char* kernel) {
    Launch launch(runtime, "reduce.cl", kernel);
    launch.define(op == ArgReduce::max ? "REDUCE_max" : "REDUCE_min", "").type("T", x.dtype());
    launch.define("WIDTH", runtime.is_cpu_form() ? runtime.traits().width : 1);
    if (!is_floating(x.dtype())) launch.define("INTEGERS", "");
    launch.indices(fits_32_bits(lines, 2) && fits_32_bits(x.count()) && fits_32_bits(size * magnitude(step)));
    return launch;
  };
  Launch search = begin("search");
  search.view(x).view(out).memory(parts.memory()).memory(places.memory()).index(outputs).index(pieces).index(piece_size).index(size).index(step);
  search.walk(lines, 2).run(outputs * pieces, x.count());
  if (pieces > 1) begin("choose").view(out).memory(parts.memory()).memory(places.memory()).index(outputs).index(pieces).walk(lines, 2).run(outputs);
}

}  // namespace tinygrad::opencl
