// SPDX-License-Identifier: MIT
// Measures the limits of the machine, as lines of JSON: multiply-adds, and the bandwidth of copies,
// triads and reads of arrays of 128M, 16M (which a large cache holds) and 1M elements, with one
// thread and with all.
//   limits [THREADS [DEVICE]]     of another device than the CPU: products and copies
#include <tinygrad/device.h>
#include <tinygrad/error.h>
#include <tinygrad/trace/profile.h>

#include <cstdio>
#include <cstdlib>
#include <set>
#include <string>

namespace tg = tinygrad;

int main(int argc, char** argv) try {
  if (argc > 1) tg::set_num_threads(std::atoi(argv[1]));
  const tg::Device device = argc > 2 ? argv[2] : "cpu";
  if (device.name != "cpu") {
    const tg::DeviceLimits limits = tg::device_limits(device);
    std::printf("{\"flops\": %.4g, \"copy\": %.4g}\n", limits.flops_per_second,
                limits.bytes_per_second);
    return 0;
  }
  for (const int threads : std::set{1, tg::num_threads()})
    for (const int elements : {1 << 27, 1 << 24, 1 << 20}) {
      tg::set_num_threads(threads);
      const tg::HostLimits limits = tg::measure_host_limits(elements);
      std::printf(
          "{\"threads\": %d, \"elements\": %d, \"flops\": %.4g, \"copy\": %.4g, "
          "\"triad\": %.4g, \"read\": %.4g}\n",
          threads, elements, limits.flops_per_second, limits.copy, limits.triad, limits.read);
    }
} catch (const tg::Error& e) { return std::fprintf(stderr, "limits: %s\n", e.what()), 2; }
