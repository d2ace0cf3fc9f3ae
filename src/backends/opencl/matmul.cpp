// Products: in which form, which way around, and in which pieces (matmul.cl).
#include "backends/opencl/matmul.h"

#include <algorithm>

#include "backends/opencl/kernels.h"

namespace tinygrad::opencl {

// ------------------------------------------------------------ operands

ScratchView::ScratchView(Runtime& runtime, DType dtype, const Shape& shape)
    : scratch_(runtime, shape.count() * std::int64_t(size_of(dtype))), view_(scratch_.memory(), dtype, shape, dense_strides(shape)) {}

namespace {

/// What repeats (stride 0), once.
View without_repeats(const View& x) {
  Shape shape = x.shape();
  for (int d = 0; d < x.rank(); ++d)
    if (x.stride(d) == 0) shape[d] = std::min<std::int64_t>(shape[d], 1);
  return x.reshaped(shape, x.strides(), x.offset());
}
/// The matrices of v, transposed.
View turned(const View& v) {
  if (!v) return v;
  Shape shape = v.shape();
  Strides strides = v.strides();
  std::swap(shape[-1], shape[-2]), std::swap(strides[-1], strides[-2]);
  return v.reshaped(shape, strides, v.offset());
}
std::int64_t row(const View& v) { return v.stride(v.rank() - 2); }
std::int64_t column(const View& v) { return v.stride(v.rank() - 1); }

/// Whether 32 bits count the elements of all these blocks.
bool are_small(std::initializer_list<const View*> views) {
  return std::all_of(views.begin(), views.end(), [](const View* v) { return fits_32_bits(std::int64_t(v->memory().bytes)); });
}

}  // namespace

Dense::Dense(Runtime& runtime, const View& x) : view_(x) {
  if (x.is_dense() && x.dtype() == computed_dtype(x.dtype())) return;
  copy(runtime, x, copy_.emplace(runtime, computed_dtype(x.dtype()), x.shape()));
  view_ = *copy_;
}

namespace {
std::int64_t matrices_of(const Layout& batch, int k) {
  for (int d = 0; d < batch.rank; ++d)
    if (batch.strides[k][d] != 0) return batch.count;
  return 1;
}
}  // namespace

Panels::Panels(Runtime& runtime, const View& b, int columns, Layout& batch, int k)
    : depth_(b.size(b.rank() - 2)),
      panels_(pieces_of(b.size(b.rank() - 1), columns)),
      matrices_(matrices_of(batch, k)),
      packed_(runtime, computed_dtype(b.dtype()), {matrices_, panels_, depth_, columns}) {
  Layout walk = batch;
  if (matrices_ == 1) walk.rank = 1, walk.shape[0] = walk.count = 1;
  std::copy_n(batch.strides[k], batch.rank, walk.strides[0]);
  Launch launch(runtime, "matmul.cl", "pack");
  launch.type("T", b.dtype()).define("WIDTH", lanes_of(runtime, b.dtype())).define("COLUMNS", columns).indices(are_small({&b, &view()}));
  launch.view(b).memory(packed_->memory()).index(b.size(b.rank() - 1)).index(depth_).index(row(b)).index(column(b)).walk(walk, 1);
  launch.run({{pieces_of(depth_, 64), panels_, matrices_}, {1, 1, 1}}, packed_->count());
  std::int64_t step = panels_ * depth_ * columns;
  for (int d = batch.rank; d-- > 0; step *= batch.shape[d]) batch.strides[k][d] = matrices_ == 1 ? 0 : step;
}

// ------------------------------------------------------------ products

namespace {

/// c [..., m, n] = a [..., m, k] b [..., k, n] (+ bias [m, n], which repeats by stride 0, or null).
class Product {
 public:
  Product(Runtime& runtime, const View& a, const View& b, const View& bias, const View& c)
      : runtime_(runtime), a_(a), b_(b), bias_(bias), c_(c), m_(c.size(c.rank() - 2)), n_(c.size(c.rank() - 1)), k_(a.size(a.rank() - 1)) {
    const Dims matrices = outer(c.shape()), of_c = outer(c.strides()), of_a = outer(a.strides()), of_b = outer(b.strides());
    const int rank = matrices.rank();
    const Extents extents[] = {
        {rank, matrices.begin(), of_c.begin()}, {rank, matrices.begin(), of_a.begin()}, {rank, matrices.begin(), of_b.begin()}};
    batch_ = make_layout(extents, 3, true);
  }

  void run() const {
    if (c_.count() == 0) return;
    if (k_ == 0) return bias_ ? copy(runtime_, bias_, c_) : fill(runtime_, c_, Scalar(0));
    const Product other(runtime_, turned(b_), turned(a_), turned(bias_), turned(c_));
    (other.cost() < cost() ? other : *this).in_pieces();
  }

 private:
  static Dims outer(const Dims& dims) { return {dims.begin(), dims.rank() - 2}; }

  /// Steps of the device, roughly: to see whether cᵀ = bᵀ aᵀ is the better way.
  std::int64_t cost() const {
    if (!runtime_.is_cpu_form()) return column(c_) != 1;
    const std::int64_t filled = round_up(n_, columns()), sums = round_up(m_, rows()) * filled * k_ / (2 * width());
    return batch_.count * (sums + (takes_b_as_it_is() ? 0 : 2 * k_ * filled) + (column(c_) == 1 ? m_ * n_ / width() : 2 * m_ * n_));
  }

  // ------------------------------------------------------------ pieces
  /// A small product with a long sum keeps few items busy: the sum is cut, and its parts are added in order.
  std::int64_t pieces() const {
    if (batch_.count > 1) return 1;
    const std::int64_t busy = runtime_.is_cpu_form() ? 8 : 64, least = runtime_.is_cpu_form() ? 1024 : 128;
    return std::clamp<std::int64_t>(k_ / least, 1, pieces_of(busy, groups()));
  }
  std::int64_t groups() const {
    return runtime_.is_cpu_form() ? pieces_of(m_, rows()) * pieces_of(n_, columns()) : pieces_of(m_, tile()) * pieces_of(n_, tile());
  }
  void in_pieces() const {
    const std::int64_t pieces = this->pieces(), size = k_ / pieces, rest = k_ % pieces ? 1 : 0;
    if (pieces == 1) return whole();
    const ScratchView parts(runtime_, computed_dtype(c_.dtype()), {pieces + rest + (bias_ ? 1 : 0), m_, n_});
    Product(runtime_, cut(a_, 1, pieces, size), cut(b_, 0, pieces, size), {}, parts->narrow(0, 0, pieces)).whole();
    if (rest) Product(runtime_, last(a_, 1, k_ % pieces), last(b_, 0, k_ % pieces), {}, parts->select(0, pieces)).whole();
    if (bias_) copy(runtime_, bias_, parts->select(0, pieces + rest));
    reduce(runtime_, Reduce::sum, parts, c_.reshaped({1, m_, n_}, {0, row(c_), column(c_)}, c_.offset()));
  }
  /// The first of v's rows (side 0) or columns (1) as `pieces` matrices of `size` each; and the last of them.
  static View cut(const View& v, int side, std::int64_t pieces, std::int64_t size) {
    const std::int64_t step = side ? column(v) : row(v);
    const Shape shape = side ? Shape{pieces, v.size(v.rank() - 2), size} : Shape{pieces, size, v.size(v.rank() - 1)};
    return v.reshaped(shape, {size * step, row(v), column(v)}, v.offset());
  }
  static View last(const View& v, int side, std::int64_t size) {
    const View matrix = v.reshaped({v.size(v.rank() - 2), v.size(v.rank() - 1)}, {row(v), column(v)}, v.offset());
    return matrix.narrow(side, matrix.size(side) - size, size);
  }

  // ------------------------------------------------------------ kernels
  void whole() const {
    if (!runtime_.is_cpu_form()) tiles();
    else if (a_.dtype() == computed_dtype(a_.dtype())) blocks();
    else Product(runtime_, Dense(runtime_, without_repeats(a_)).view().broadcast_to(a_.shape()), b_, bias_, c_).blocks();
  }
  int most_rows() const { return runtime_.traits().lanes >= 16 ? 8 : 6; }  // as many as there are registers for
  int rows() const { return m_ > 4 ? most_rows() : m_ > 2 ? 4 : int(m_); }
  int width() const { return lanes_of(runtime_, c_.dtype()); }
  int vectors() const { return n_ > width() ? 2 : 1; }
  int columns() const { return vectors() * width(); }
  /// Whether rows of b are read where they lie. Those of many rows of c are not: they are too far apart for caches.
  bool takes_b_as_it_is() const { return column(b_) == 1 && b_.dtype() == computed_dtype(b_.dtype()) && n_ >= columns() && m_ < 256; }

  void blocks() const {
    Layout batch = batch_;
    std::optional<Panels> panels;
    if (!takes_b_as_it_is()) panels.emplace(runtime_, b_, columns(), batch, 2);
    const View& b = panels ? panels->view() : b_;
    Launch launch(runtime_, "matmul.cl", "blocks");
    launch.define("WIDTH", width()).define("ROWS", rows()).define("VECTORS", vectors());
    arguments(launch, b, panels ? columns() : row(b_), panels ? k_ * columns() : 0, batch);
    launch.run({{pieces_of(m_, rows()), pieces_of(n_, columns()), batch.count}, {1, 1, 1}}, work());
  }

  int side() const { return runtime_.traits().group >= 64 ? 8 : 1; }
  int item() const { return tile_item(c_.dtype(), m_, n_); }
  int tile() const { return side() * item(); }
  void tiles() const {
    const std::size_t group = std::size_t(side());
    Launch launch(runtime_, "matmul.cl", "tiles");
    launch.define("SIDE", side()).define("ITEM", item()).define("LEFT_ALONG_K", column(a_) == 1).define("RIGHT_ALONG_K", column(b_) != 1);
    arguments(launch, b_, row(b_), column(b_), batch_);
    launch.run({{pieces_of(n_, tile()) * side(), pieces_of(m_, tile()) * side(), batch_.count}, {group, group, 1}}, work());
  }

  /// What both kernels take. b: from one row to the next, and from one column (tiles) or panel (blocks).
  void arguments(Launch& launch, const View& b, std::int64_t b_row, std::int64_t b_next, const Layout& batch) const {
    launch.type("T", c_.dtype()).indices(are_small({&a_, &b, &c_}) && fits_32_bits(k_));
    launch.view(a_).view(b).view(bias_).view(c_).index(m_).index(n_).index(k_).index(row(a_)).index(column(a_)).index(b_row).index(b_next);
    launch.index(bias_ ? row(bias_) : 0).index(bias_ ? column(bias_) : 0).index(row(c_)).index(column(c_)).walk(batch, 3);
  }
  std::int64_t work() const { return m_ * n_ * k_ * batch_.count; }

  Runtime& runtime_;
  View a_, b_, bias_, c_;
  std::int64_t m_, n_, k_;
  Layout batch_;  // c, a, b
};

}  // namespace

void matmul(Runtime& runtime, const View& a, const View& b, const View& out) { Product(runtime, a, b, {}, out).run(); }

bool linear(Runtime& runtime, const View& x, const View& w, const View& b, const View& y) {
  Product(runtime, x, turned(w), b ? b.broadcast_to(y.shape()) : b, y).run();
  return true;
}

}  // namespace tinygrad::opencl
