// SPDX-License-Identifier: MIT
// Tools for tests that call kernels through the Backend interface: arrays with any strides in a
// backend's memory, whose elements the test reads as doubles.
#pragma once
#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <random>
#include <vector>

#include "support/on_host.h"
#include "tinygrad/backend.h"

namespace kernel_tests {
using namespace tinygrad;

inline Backend& cpu() { return backend(Device("cpu")); }
/// The kernels that are tested: of the device that TINYGRAD_TESTED_DEVICE names, otherwise the
/// CPU's.
inline OnHost& tested() {
  const char* name = std::getenv("TINYGRAD_TESTED_DEVICE");
  static OnHost kernels(backend(Device(name ? name : "cpu")));
  return kernels;
}

/// A Layout describes the order of an array's elements in memory.
enum class Layout { dense, turned, sliced };

/// An array of random values, or of NaN if it is an output (what a kernel forgets to write shows).
class Data {
 public:
  Data(DType dtype, Shape shape, Layout layout = Layout::dense) {
    Shape outer = shape;
    if (layout == Layout::sliced)
      for (auto& n : outer) n = 2 * n + 1;
    Strides strides = dense_strides(outer);
    if (layout == Layout::turned) strides = turned_strides(shape);
    if (layout == Layout::sliced)
      for (auto& s : strides) s *= 2;
    bytes_ = std::size_t(outer.count()) * size_of(dtype);
    memory_ = cpu().allocate(bytes_);
    std::memset(memory_.handle, 0xFF, bytes_);
    view =
        View(memory_, dtype, shape, strides, layout == Layout::sliced && outer.count() > 0 ? 1 : 0);
  }
  ~Data() { cpu().release(memory_); }
  Data(const Data&) = delete;

  /// Random values: whole multiples of 1/64 in -2 ... 2 (exact in every floating dtype).
  Data& random(unsigned seed) {
    std::mt19937 words(seed);
    for (std::int64_t i = 0; i < view.count(); ++i) set(i, (int(words() % 257) - 128) / 64.0);
    return *this;
  }
  /// Element i, row-major.
  double at(std::int64_t i) const {
    return visit(view.dtype(),
                 [&](auto zero) { return double(view.data<decltype(zero)>()[place(i)]); });
  }
  void set(std::int64_t i, double value) {
    visit(view.dtype(), [&](auto zero) {
      using T = decltype(zero);
      if constexpr (std::is_integral_v<T>) view.data<T>()[place(i)] = T(value);
      else view.data<T>()[place(i)] = T(float(value));
    });
  }
  std::vector<char> bytes() const {
    const char* from = static_cast<const char*>(memory_.handle);
    return {from, from + bytes_};
  }
  View view;

 private:
  static Strides turned_strides(const Shape& shape) {  // column-major
    Strides strides = shape;
    std::int64_t stride = 1;
    for (int d = 0; d < shape.rank(); ++d) strides[d] = stride, stride *= shape[d];
    return strides;
  }
  std::int64_t place(std::int64_t i) const {
    std::int64_t at = 0;
    for (int d = view.rank(); d-- > 0; i /= view.size(d)) at += i % view.size(d) * view.stride(d);
    return at;
  }
  Memory memory_;
  std::size_t bytes_;
};

/// The worst difference allowed for a dtype, from the size of the values.
inline double tolerance(DType dtype, double size) {
  const double unit = dtype == float64   ? 1e-14
                      : dtype == float32 ? 2e-6
                      : dtype == float16 ? 1.1e-3
                                         : 8.5e-3;
  return unit * (1 + size);
}
/// Compares all elements with expected(i).
inline void expect_near(const Data& out, const std::function<double(std::int64_t)>& expected,
                        double size = 1) {
  for (std::int64_t i = 0; i < out.view.count(); ++i) {
    const double e = expected(i), o = out.at(i);
    if (std::isnan(e) && std::isnan(o)) continue;
    ASSERT_NEAR(o, e, tolerance(out.view.dtype(), std::fabs(e) + size))
        << "element " << i << " of " << to_string(out.view.shape());
  }
}
/// Runs f with 1, 2, 3 and 8 threads; `outs` must hold the same bits each time.
inline void expect_same_bits(const std::function<void()>& f,
                             std::initializer_list<const Data*> outs) {
  std::vector<std::vector<char>> first;
  for (int threads : {1, 2, 3, 8}) {
    set_num_threads(threads);
    f();
    std::size_t i = 0;
    for (const Data* out : outs) {
      if (threads == 1) first.push_back(out->bytes());
      else EXPECT_EQ(first[i], out->bytes()) << threads << " threads, output " << i;
      ++i;
    }
  }
  set_num_threads(2);
}

}  // namespace kernel_tests
