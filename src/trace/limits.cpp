// SPDX-License-Identifier: MIT
// Measures the limits of a device, and keeps what was measured in a file with a line for each
// device.
#include <fmt/format.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>

#include "tinygrad/numerics.h"
#include "tinygrad/op.h"
#include "tinygrad/ops/create.h"
#include "tinygrad/trace/profile.h"
#include "tinygrad/version.h"

namespace tinygrad {
namespace {

namespace fs = std::filesystem;

// ------------------------------------------------------------ the file

/// Empty if the machine has no such folder.
fs::path file_of_limits() {
  const char *cache = std::getenv("XDG_CACHE_HOME"), *home = std::getenv("HOME");
  if (cache && *cache == '/') return fs::path(cache) / "tinygrad" / "limits.txt";
  return home && *home ? fs::path(home) / ".cache" / "tinygrad" / "limits.txt" : fs::path();
}

/// What the limits of a device depend on.
std::string description(const Backend& on) {
  const bool is_tf32 = float32_precision() == Float32Precision::tf32;
  const CpuInfo cpu = cpu_info();
  return fmt::format("{} {} {}{} tinygrad {}", to_string(on.device()), on.description(),
                     on.is_host() ? fmt::format("{} {} threads", cpu.kernels, cpu.threads) : "",
                     is_tf32 ? "tf32" : "", version());
}

/// The limits in the last line that ends with the description.
std::optional<DeviceLimits> find(const fs::path& file, const std::string& description) {
  std::ifstream in(file);
  std::optional<DeviceLimits> found;
  for (std::string line; std::getline(in, line);) {
    DeviceLimits limits = {};
    int length = 0;
    const int read = std::sscanf(line.c_str(), "%lg %lg %n", &limits.flops_per_second,
                                 &limits.bytes_per_second, &length);
    const bool are_limits = read == 2 && limits.flops_per_second > 0 && limits.bytes_per_second > 0;
    if (are_limits && line.substr(std::size_t(length)) == description) found = limits;
  }
  return found;
}

/// Appends a line, at once, so that lines of several programs do not mix. A file that cannot be
/// written is no error: the next program measures again.
void keep(const fs::path& file, const DeviceLimits& limits, const std::string& description) {
  std::error_code ignored;
  fs::create_directories(file.parent_path(), ignored);
  std::ofstream(file, std::ios::app) << fmt::format("{:.4g} {:.4g} {}\n", limits.flops_per_second,
                                                    limits.bytes_per_second, description);
}

// ------------------------------------------------------------ the measurement

/// The shortest of some runs, in seconds; f queues a call of the backend.
template <class F> double shortest(Backend& on, const F& f) {
  double best = 1e9;
  for (int i = 0; i < 6; ++i) {  // the first one may compile a kernel
    on.synchronize();
    const auto begin = std::chrono::steady_clock::now();
    f();
    on.synchronize();
    best = std::min(
        best, std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count());
  }
  return best;
}

/// No op runs here: observers see nothing of it.
View ones(Backend& on, const Tensor& x) {
  on.fill(view_of(x), 1);
  return view_of(x);
}

double bytes_per_second(Backend& on) {
  const Tensor from = empty({1 << 25}, {.device = on.device()}), to = empty_like(from);
  const View a = ones(on, from), b = ones(on, to);
  return 2 * 4. * double(from.numel()) / shortest(on, [&] { on.copy(a, b); });
}

/// Products become larger until one takes some milliseconds.
double flops_per_second(Backend& on) {
  for (std::int64_t n = 1024;; n *= 2) {
    const TensorOptions options = {.device = on.device()};
    const Tensor a = empty({n, n}, options), b = empty({n, n}, options), c = empty({n, n}, options);
    const View x = ones(on, a), y = ones(on, b), z = ones(on, c);
    const double seconds = shortest(on, [&] { on.matmul(x, y, z); });
    if (seconds > 5e-3 || n == 8192) return 2 * double(n) * double(n) * double(n) / seconds;
  }
}

}  // namespace

DeviceLimits device_limits(const Device& device) {
  Backend& on = backend(device);
  const fs::path file = file_of_limits();
  const std::string described = description(on);
  if (const auto known = find(file, described)) return *known;
  const DeviceLimits limits = {flops_per_second(on), bytes_per_second(on)};
  if (!file.empty()) keep(file, limits, described);
  return limits;
}

}  // namespace tinygrad
