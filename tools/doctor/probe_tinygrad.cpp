// SPDX-License-Identifier: MIT
// In a child process: computes with the library itself, through its public interface, so that any
// device will do.
#include <tinygrad/tinygrad.h>

#include <algorithm>
#include <chrono>
#include <stdexcept>

#include "probes.h"

namespace tinygrad::doctor {
namespace {

double seconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

/// The best time of a call: at least 3 of them and 0.3 s, after one that compiles and allocates.
template <class F> double best_seconds(const Device& device, const F& f) {
  double best = 1e9;
  f(), synchronize(device);
  const auto begin = std::chrono::steady_clock::now();
  for (int i = 0; i < 3 || (i < 1000 && seconds_since(begin) < 0.3); ++i) {
    const auto start = std::chrono::steady_clock::now();
    f(), synchronize(device);
    best = std::min(best, seconds_since(start));
  }
  return best;
}

/// Whole numbers from -3 to 3, so that float32 has every sum exactly. [rows, columns]
Tensor whole_numbers(std::int64_t rows, std::int64_t columns, const Device& device) {
  std::vector<float> values(std::size_t(rows * columns));
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = float(i * 5 % 7) - 3;
  return from_vector(values, {rows, columns}, device);
}

void require_equal(const std::vector<float>& got, const std::vector<float>& expected,
                   const char* what) {
  if (got != expected) throw std::runtime_error(std::string("wrong numbers in ") + what);
}

}  // namespace

void probe_devices() {
  say("call", "tinygrad::devices");
  for (const Device& device : devices()) say("device", to_string(device));
}

/// A step of learning: y = a b, loss = sum(y²), and the loss's gradient in b, against the same sums
/// on the host.
void probe_device(const std::string& name) {
  say("call", "tinygrad");
  const std::int64_t n = 33, m = 20, k = 65;  // not round, so that edges of tiles are met
  const Device device(name);
  Tensor a = whole_numbers(n, k, device), b = whole_numbers(k, m, device).requires_grad_();
  Tensor y = matmul(a, b);
  sum(y * y).backward();
  const auto va = a.to_vector<float>(), vb = b.to_vector<float>();
  std::vector<float> vy(std::size_t(n * m)), vdb(std::size_t(k * m));
  for (std::int64_t i = 0; i < n; ++i)
    for (std::int64_t l = 0; l < k; ++l)
      for (std::int64_t j = 0; j < m; ++j)
        vy[std::size_t(i * m + j)] += va[std::size_t(i * k + l)] * vb[std::size_t(l * m + j)];
  for (std::int64_t i = 0; i < n; ++i)
    for (std::int64_t l = 0; l < k; ++l)
      for (std::int64_t j = 0; j < m; ++j)
        vdb[std::size_t(l * m + j)] += va[std::size_t(i * k + l)] * 2 * vy[std::size_t(i * m + j)];
  require_equal(y.to_vector<float>(), vy, "a product");
  require_equal(b.grad().to_vector<float>(), vdb, "a gradient");
  say("works");
}

void probe_speed(const std::string& name) {
  say("call", "tinygrad");
  const Device device(name);
  NoGrad no_grad;
  const std::int64_t count = 1 << 24, n = 1024;
  const Tensor a = ones({count}, {.device = device}), b = ones({count}, {.device = device});
  say("bandwidth",
      std::to_string(3.0 * 4 * double(count) / best_seconds(device, [&] { a + b; }) / 1e9));
  const Tensor x = ones({n, n}, {.device = device});
  say("matmul",
      std::to_string(2.0 * double(n * n * n) / best_seconds(device, [&] { matmul(x, x); }) / 1e9));
}

}  // namespace tinygrad::doctor
