// SPDX-License-Identifier: MIT
// The times of work and messages on a cluster, and its file.
#include "cluster.h"

#include <tinygrad/io/file.h>

#include <algorithm>
#include <cmath>

#include "read.h"

namespace tinygrad::simulator {

Cluster read_cluster(const std::string& path) {
  Cluster c;
  Reader reader(path);
  reader.text("name", c.name);
  reader.count("devices", c.devices);
  reader.count("devices_per_node", c.devices_per_node);
  reader.positive("flops_per_second", c.flops_per_second);
  reader.positive("memory_bytes_per_second", c.memory_bytes_per_second);
  reader.positive("link_bytes_per_second", c.link_bytes_per_second);
  reader.positive("network_bytes_per_second", c.network_bytes_per_second);
  reader.positive("memory_bytes", c.memory_bytes);
  reader.number("latency_seconds", c.latency_seconds);
  reader.finish();
  return c;
}

double time_of(const Cost& cost, const Cluster& c) {
  return std::max(cost.flops / c.flops_per_second, cost.bytes / c.memory_bytes_per_second) +
         cost.seconds;
}

double all_reduce_bytes(double bytes, int n) { return 2. * (n - 1) / n * bytes; }

double all_reduce_seconds(double bytes, const Ranks& ranks, const Cluster& c) {
  if (ranks.size == 1 || bytes == 0) return 0;
  const int in_node = std::clamp(c.devices_per_node / ranks.stride, 1, ranks.size);
  double rate = c.link_bytes_per_second;
  if (in_node < ranks.size) {
    const double out = in_node * c.network_bytes_per_second;
    rate = in_node == 1 ? out : std::min(rate, out);
  }
  return all_reduce_bytes(bytes, ranks.size) / rate +
         2 * std::ceil(std::log2(ranks.size)) * c.latency_seconds;
}

double send_seconds(double bytes, int tensor, bool same_node, const Cluster& c) {
  const double rate = same_node ? c.link_bytes_per_second : c.network_bytes_per_second;
  return bytes / tensor / rate + bytes * (tensor - 1) / tensor / c.link_bytes_per_second +
         c.latency_seconds;
}

}  // namespace tinygrad::simulator
