// SPDX-License-Identifier: MIT
// Prints tensors in PyTorch's form: values in aligned columns, long dimensions cut in the middle.
#include <algorithm>
#include <cmath>
#include <cstdio>

#include "tinygrad/autograd.h"
#include "tinygrad/ops.h"
#include "tinygrad/tensor.h"

namespace tinygrad {
namespace {

constexpr std::int64_t edge_items = 3, full_below = 1000;
constexpr int line_width = 80;

/// A Format says how the values of one tensor are written, all alike.
enum class Format { integral, fixed, scientific };

std::string number(double x, Format f) {
  char out[64];
  if (std::isnan(x)) return "nan";
  if (std::isinf(x)) return x > 0 ? "inf" : "-inf";
  const char* pattern = f == Format::integral ? "%.0f." : f == Format::fixed ? "%.4f" : "%.4e";
  std::snprintf(out, sizeof out, pattern, x);
  return out;
}

bool decides(double v) { return std::isfinite(v) && v != 0; }

/// PyTorch's rules: integral values as "3.", others with four decimals, a wide range in scientific
/// form. Values that are 0, infinite or NaN have no say.
Format choose_format(const std::vector<double>& values) {
  double smallest = INFINITY, largest = 0;
  bool whole = true;
  for (double v : values) {
    if (!decides(v)) continue;
    whole = whole && v == std::nearbyint(v);
    smallest = std::min(smallest, std::fabs(v)), largest = std::max(largest, std::fabs(v));
  }
  const bool wide = largest / smallest > 1000 || largest > 1e8 || (!whole && smallest < 1e-4);
  return wide ? Format::scientific : whole ? Format::integral : Format::fixed;
}

class Printer {
 public:
  explicit Printer(const Tensor& t) : tensor_(summarised(t)), shape_(t.shape()) {
    if (is_floating(t.dtype())) {
      const std::vector<double> values = tensor_.to_vector<double>();
      const Format f = choose_format(values);
      for (double v : values) {
        texts_.push_back(number(v, f));
        if (decides(v)) width_ = std::max(width_, texts_.back().size());
      }
      return;
    }
    if (t.dtype() == DType::boolean) {
      for (bool v : tensor_.to_vector<std::uint8_t>()) texts_.push_back(v ? "True" : "False");
    } else {
      for (std::int64_t v : tensor_.to_vector<std::int64_t>()) texts_.push_back(std::to_string(v));
    }
    for (auto& s : texts_) width_ = std::max(width_, s.size());
  }

  /// The text of the dimensions from `dim` on, whose elements begin at texts_[next_], indented for
  /// the brackets around them.
  std::string block(int dim, int indent) {
    if (dim == shape_.rank()) {
      const std::string& s = texts_[next_++];
      return std::string(width_ > s.size() ? width_ - s.size() : 0, ' ') + s;
    }
    const std::int64_t count = tensor_.shape()[dim];
    const bool innermost = dim + 1 == shape_.rank(), is_cut = count != shape_[dim];
    const std::string new_line =
        std::string(std::size_t(innermost ? 1 : shape_.rank() - dim - 1), '\n') +
        std::string(std::size_t(indent), ' ');
    const std::size_t per_line =
        std::max<std::size_t>(1, std::size_t(line_width + 1 - indent) / (width_ + 2));
    std::string s = "[";
    std::size_t on_line = 0;
    const auto separate = [&] {
      s += innermost && ++on_line % per_line != 0 ? ", " : "," + new_line;
    };
    for (std::int64_t i = 0; i < count; ++i) {
      if (i > 0) separate();
      if (is_cut && i == edge_items) s += innermost ? " ..." : "...", separate();
      s += block(dim + 1, indent + 1);
    }
    return s + "]";
  }

 private:
  /// The first and the last three elements along each long dimension.
  static Tensor summarised(Tensor t) {
    const NoGrad off;
    t = t.detach().to("cpu");
    if (t.numel() <= full_below) return t;
    for (int dim = 0; dim < t.dim(); ++dim)
      if (t.shape()[dim] > 2 * edge_items)
        t = cat({t.slice(dim, 0, edge_items), t.slice(dim, -edge_items)}, dim);
    return t;
  }

  Tensor tensor_;
  Shape shape_;
  std::vector<std::string> texts_;
  std::size_t width_ = 1, next_ = 0;
};

}  // namespace

std::string to_string(const Tensor& t) {
  if (!t.defined()) return "tensor(undefined)";
  std::string s = "tensor(";
  if (t.numel() == 0) s += "[]";
  else s += Printer(t).block(0, 8);
  s += ", shape=" + to_string(t.shape()) + ", dtype=" + to_string(t.dtype());
  s += ", device=" + to_string(t.device());
  if (t.requires_grad()) s += ", requires_grad=True";
  return s + ")";
}

}  // namespace tinygrad
