// SPDX-License-Identifier: MIT
// Matrix products: chooses the kernel (matmul.cl), whether to compute cᵀ = bᵀ aᵀ instead, and
// whether the sum over k is split.
#include "backends/opencl/matmul.h"

#include <algorithm>

#include "backends/common/views.h"
#include "backends/opencl/kernels.h"
#include "backends/opencl/rows.h"

namespace tinygrad::opencl {

// ------------------------------------------------------------ operands

namespace {

std::int64_t row(const View& v) { return v.stride(v.rank() - 2); }
std::int64_t column(const View& v) { return v.stride(v.rank() - 1); }

/// Returns whether 32 bits suffice to index the elements of all these blocks.
bool are_small(std::initializer_list<const View*> views) {
  return std::all_of(views.begin(), views.end(),
                     [](const View* v) { return fits_32_bits(std::int64_t(v->memory().bytes)); });
}

}  // namespace

Computed::Computed(Runtime& runtime, const View& x) : view_(x) {
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
      panels_(ceil_div(b.size(b.rank() - 1), columns)),
      matrices_(matrices_of(batch, k)),
      packed_(runtime, computed_dtype(b.dtype()), {matrices_, panels_, depth_, columns}) {
  Layout matrices = batch;
  if (matrices_ == 1) matrices.rank = 1, matrices.shape[0] = matrices.count = 1;
  std::copy_n(batch.strides[k], batch.rank, matrices.strides[0]);
  Launch launch(runtime, "matmul.cl", "pack");
  launch.type("T", b.dtype())
      .define("WIDTH", lanes_of(runtime, b.dtype()))
      .define("COLUMNS", columns)
      .indices(are_small({&b, &view()}));
  launch.view(b)
      .memory(packed_->memory())
      .index(b.size(b.rank() - 1))
      .index(depth_)
      .index(row(b))
      .index(column(b))
      .layout("batch", matrices, 1);
  launch.run({{ceil_div(depth_, 64), panels_, matrices_}, {1, 1, 1}}, packed_->count());
  std::int64_t step = panels_ * depth_ * columns;
  for (int d = batch.rank; d-- > 0; step *= batch.shape[d])
    batch.strides[k][d] = matrices_ == 1 ? 0 : step;
}

// ------------------------------------------------------------ products

namespace {

/// c [..., m, n] = a [..., m, k] b [..., k, n] (+ bias [m, n], which repeats by stride 0, or null).
class Product {
 public:
  Product(Runtime& runtime, const View& a, const View& b, const View& bias, const View& c)
      : runtime_(runtime),
        a_(a),
        b_(b),
        bias_(bias),
        c_(c),
        m_(c.size(c.rank() - 2)),
        n_(c.size(c.rank() - 1)),
        k_(a.size(a.rank() - 1)) {
    const Dims matrices = outer(c.shape()), c_strides = outer(c.strides()),
               a_strides = outer(a.strides()), b_strides = outer(b.strides());
    const int rank = matrices.rank();
    const Extents extents[] = {{rank, matrices.begin(), c_strides.begin()},
                               {rank, matrices.begin(), a_strides.begin()},
                               {rank, matrices.begin(), b_strides.begin()}};
    batch_ = make_layout(extents, 3, true);
  }

  void run() const {
    if (c_.count() == 0) return;
    if (k_ == 0) return bias_ ? copy(runtime_, bias_, c_) : fill(runtime_, c_, Scalar(0));
    const Product other(runtime_, transposed(b_), transposed(a_), transposed(bias_),
                        transposed(c_));
    if (batch_.count > 1 && is_long()) return one_by_one();
    if (is_dots()) return dots();
    if (other.is_dots()) return other.dots();
    (other.cost() < cost() ? other : *this).split_k();
  }

  // The two tiled kernels of the gpu form.
  void tiles() const {
    const std::size_t group = std::size_t(group_side());
    Launch launch(runtime_, "matmul.cl", "tiles");
    launch.define("GROUP_SIDE", group_side())
        .define("THREAD_TILE", thread_tile())
        .define("A_ALONG_K", column(a_) == 1)
        .define("B_ALONG_K", column(b_) != 1);
    arguments(launch, b_, row(b_), column(b_), batch_);
    launch.run(
        {{ceil_div(n_, tile()) * group_side(), ceil_div(m_, tile()) * group_side(), batch_.count},
         {group, group, 1}},
        work());
  }

  void sub_group_tiles(SubGroups kind) const {
    Launch launch(runtime_, "matmul.cl", "sub_group_tiles");
    if (kind == SubGroups::emulated) launch.define("EMULATED", "");
    launch.indices(are_small({&a_, &b_, &c_}))
        .view(a_)
        .view(b_)
        .view(bias_)
        .view(c_)
        .index(m_)
        .index(k_)
        .index(row(a_))
        .index(row(b_));
    launch.index(bias_ ? row(bias_) : 0)
        .index(bias_ ? column(bias_) : 0)
        .index(row(c_))
        .layout("batch", batch_, 3);
    launch.run({{n_ / 2, ceil_div(m_, 8), batch_.count}, {16, 1, 1}}, work());
  }

 private:
  static Dims outer(const Dims& dims) { return {dims.begin(), dims.rank() - 2}; }

  /// A rough estimate of the device's steps, which decides whether cᵀ = bᵀ aᵀ is computed instead.
  std::int64_t cost() const {
    if (!runtime_.is_cpu_form()) return column(c_) != 1;
    const std::int64_t filled = round_up(n_, columns()),
                       sums = round_up(m_, rows()) * filled * k_ / (2 * width());
    return batch_.count * (sums + (reads_b_in_place() ? 0 : 2 * k_ * filled) +
                           (column(c_) == 1 ? m_ * n_ / width() : 2 * m_ * n_));
  }

  // ------------------------------------------------------------ few columns
  /// Returns whether c has few columns, as when a layer is applied to one or a few rows: c is small
  /// compared with a or b, and packing panels would cost more than the product.
  bool is_dots() const {
    return n_ <= 4 && k_ >= 64 && batch_.count == 1 && column(a_) == 1 && row(b_) == 1 &&
           a_.dtype() == b_.dtype() && are_small({&a_, &b_, &c_});
  }
  void dots() const {
    LineLaunch launch(runtime_, "matmul.cl", "dots", c_.dtype(), {m_ * n_, k_});
    launch.view(a_).view(b_).view(bias_).view(c_).index(n_).index(row(a_)).index(column(b_));
    launch.index(bias_ ? row(bias_) : 0)
        .index(bias_ ? column(bias_) : 0)
        .index(row(c_))
        .index(column(c_));
    launch.run_lines();
  }

  // ------------------------------------------------------------ split sums
  /// The steps of k that are added one after the other if the sum is long: floats drift.
  static constexpr std::int64_t longest_sum = 8192;
  bool is_long() const { return k_ >= 2 * longest_sum; }
  void one_by_one() const {
    for (std::int64_t i = 0; i < c_.size(0); ++i)
      Product(runtime_, a_.select(0, i), b_.select(0, i), bias_, c_.select(0, i)).run();
  }
  /// Into how many parts the sum over k is split, if it is long or if a small product keeps few
  /// work-items busy. The partial products are added in order.
  std::int64_t splits() const {
    if (batch_.count > 1) return 1;
    const std::int64_t busy = runtime_.is_cpu_form() ? 8 : runtime_.traits().busy_groups,
                       min_depth = runtime_.is_cpu_form() ? 1024 : 128;
    return std::max(std::clamp<std::int64_t>(k_ / min_depth, 1, ceil_div(busy, tiles_of_c())),
                    is_long() ? k_ / longest_sum : 1);
  }
  std::int64_t tiles_of_c() const {
    return runtime_.is_cpu_form() ? ceil_div(m_, rows()) * ceil_div(n_, columns())
                                  : ceil_div(m_, tile()) * ceil_div(n_, tile());
  }
  void split_k() const {
    const std::int64_t splits = this->splits(), size = k_ / splits, remainder = k_ % splits ? 1 : 0;
    if (splits == 1) return compute();
    const ScratchView parts(runtime_, computed_dtype(c_.dtype()),
                            {splits + remainder + (bias_ ? 1 : 0), m_, n_});
    Product(runtime_, split(a_, 1, splits, size), split(b_, 0, splits, size), {},
            parts->narrow(0, 0, splits))
        .compute();
    if (remainder)
      Product(runtime_, last(a_, 1, k_ % splits), last(b_, 0, k_ % splits), {},
              parts->select(0, splits))
          .compute();
    if (bias_) copy(runtime_, bias_, parts->select(0, splits + remainder));
    reduce(runtime_, Reduce::sum, parts,
           c_.reshaped({1, m_, n_}, {0, row(c_), column(c_)}, c_.offset()));
  }
  /// split() returns the first splits * size rows (dim 0) or columns (dim 1) of v as `splits`
  /// matrices of `size` each; last() returns the last `size` rows or columns.
  static View split(const View& v, int dim, std::int64_t splits, std::int64_t size) {
    const std::int64_t step = dim ? column(v) : row(v);
    const Shape shape =
        dim ? Shape{splits, v.size(v.rank() - 2), size} : Shape{splits, size, v.size(v.rank() - 1)};
    return v.reshaped(shape, {size * step, row(v), column(v)}, v.offset());
  }
  static View last(const View& v, int dim, std::int64_t size) {
    const View matrix =
        v.reshaped({v.size(v.rank() - 2), v.size(v.rank() - 1)}, {row(v), column(v)}, v.offset());
    return matrix.narrow(dim, matrix.size(dim) - size, size);
  }

  // ------------------------------------------------------------ kernels
  void compute() const {
    if (takes_sub_groups() && sub_groups_pass(runtime_)) by_sub_groups();
    else if (!runtime_.is_cpu_form()) tiles();
    else if (a_.dtype() == computed_dtype(a_.dtype())) blocks();
    else
      Product(runtime_, Computed(runtime_, without_broadcast(a_)).view().broadcast_to(a_.shape()),
              b_, bias_, c_)
          .blocks();
  }
  /// As many rows as there are registers for their sums.
  int max_rows() const { return runtime_.traits().lanes >= 16 ? 8 : 6; }
  int rows() const { return m_ > 4 ? max_rows() : m_ > 2 ? 4 : int(m_); }
  int width() const { return lanes_of(runtime_, c_.dtype()); }
  int vectors() const { return n_ > width() ? 2 : 1; }
  int columns() const { return vectors() * width(); }
  /// Returns whether b is read without packing it. If c has many rows, b is packed, because its
  /// rows are too far apart for caches.
  bool reads_b_in_place() const {
    return column(b_) == 1 && b_.dtype() == computed_dtype(b_.dtype()) && n_ >= columns() &&
           m_ < 256;
  }

  void blocks() const {
    Layout batch = batch_;
    std::optional<Panels> panels;
    if (!reads_b_in_place()) panels.emplace(runtime_, b_, columns(), batch, 2);
    const View& b = panels ? panels->view() : b_;
    Launch launch(runtime_, "matmul.cl", "blocks");
    launch.define("WIDTH", width()).define("ROWS", rows()).define("VECTORS", vectors());
    arguments(launch, b, panels ? columns() : row(b_), panels ? k_ * columns() : 0, batch);
    launch.run({{ceil_div(m_, rows()), ceil_div(n_, columns()), batch.count}, {1, 1, 1}}, work());
  }

  int group_side() const { return runtime_.traits().group >= 64 ? 8 : 1; }
  int thread_tile() const { return thread_tile_size(c_.dtype(), m_, n_); }
  int tile() const { return group_side() * thread_tile(); }
  /// Returns whether the kernel with sub-groups can compute this product: only if it consists of
  /// whole blocks. The kernel `tiles` computes all others.
  bool takes_sub_groups() const {
    bool takes = runtime_.traits().sub_groups && m_ >= 8 && n_ % 32 == 0 && k_ % 16 == 0 &&
                 column(a_) && column(b_) && column(c_) == 1;
    for (const View* v : {&a_, &b_, &c_}) takes = takes && v->dtype() == DType::float32;
    return takes;
  }
  /// Operands whose rows are not contiguous are copied, which costs little compared with the
  /// product.
  void by_sub_groups() const {
    std::optional<Computed> a_copy, b_copy;
    const View& a =
        column(a_) == 1
            ? a_
            : a_copy.emplace(runtime_, without_broadcast(a_)).view().broadcast_to(a_.shape());
    const View& b =
        column(b_) == 1
            ? b_
            : b_copy.emplace(runtime_, without_broadcast(b_)).view().broadcast_to(b_.shape());
    Product(runtime_, a, b, bias_, c_).sub_group_tiles(SubGroups::native);
  }

  /// The arguments that tiles and blocks share. b_row is the step between rows of b, b_next the
  /// step between its columns (tiles) or panels (blocks).
  void arguments(Launch& launch, const View& b, std::int64_t b_row, std::int64_t b_next,
                 const Layout& batch) const {
    launch.type("T", c_.dtype()).indices(are_small({&a_, &b, &c_}) && fits_32_bits(k_));
    launch.view(a_)
        .view(b)
        .view(bias_)
        .view(c_)
        .index(m_)
        .index(n_)
        .index(k_)
        .index(row(a_))
        .index(column(a_))
        .index(b_row)
        .index(b_next);
    launch.index(bias_ ? row(bias_) : 0)
        .index(bias_ ? column(bias_) : 0)
        .index(row(c_))
        .index(column(c_))
        .layout("batch", batch, 3);
  }
  std::int64_t work() const { return m_ * n_ * k_ * batch_.count; }

  Runtime& runtime_;
  View a_, b_, bias_, c_;
  std::int64_t m_, n_, k_;
  Layout batch_;  // operands: c, a, b
};

}  // namespace

void product_by_tiles(Runtime& runtime, const View& a, const View& b, const View& bias,
                      const View& c) {
  Product(runtime, a, b, bias, c).tiles();
}
void product_by_sub_groups(Runtime& runtime, const View& a, const View& b, const View& bias,
                           const View& c, SubGroups kind) {
  Product(runtime, a, b, bias, c).sub_group_tiles(kind);
}

bool sub_groups_pass(Runtime& runtime) {
  return runtime.self_checks().passes("sub_group_tiles", program_source("matmul.cl"), [&] {
    constexpr std::int64_t m = 37, k = 80, n = 64;  // the last tile has five rows
    const ScratchView a(runtime, DType::float32, {m, k}), b(runtime, DType::float32, {k, n}),
        plain(runtime, DType::float32, {m, n}), other(runtime, DType::float32, {m, n});
    const auto fill_values =  // small integers, so that sums are exact in any order
        [&](const View& v, int step) {
          std::vector<float> values(std::size_t(v.count()));
          for (std::size_t i = 0; i < values.size(); ++i)
            values[i] = float(int(i * std::size_t(step) % 31) - 15);
          runtime.upload(values.data(), v.memory(), 0, values.size() * sizeof(float));
        };
    fill_values(a, 7), fill_values(b, 11);
    product_by_tiles(runtime, a, b, {}, plain);
    product_by_sub_groups(runtime, a, b, {}, other, SubGroups::native);
    std::vector<float> expected(m * n), found(m * n);
    runtime.read(plain->memory(), 0, expected.data(), expected.size() * sizeof(float));
    runtime.read(other->memory(), 0, found.data(), found.size() * sizeof(float));
    return found == expected;
  });
}

void matmul(Runtime& runtime, const View& a, const View& b, const View& out) {
  Product(runtime, a, b, {}, out).run();
}

bool linear(Runtime& runtime, const View& x, const View& w, const View& b, const View& y) {
  Product(runtime, x, transposed(w), b ? b.broadcast_to(y.shape()) : b, y).run();
  return true;
}

}  // namespace tinygrad::opencl
