// SPDX-License-Identifier: MIT
// Cluster: devices, the links between them, and the time that work and messages take on them.
#pragma once
#include <string>

namespace tinygrad::simulator {

/// Work that a device does at a stretch, such as one op.
struct Cost {
  double flops = 0;    ///< floating-point operations
  double bytes = 0;    ///< read from and written to the device's memory
  double seconds = 0;  ///< measured, or of starting it
};

/// Equal devices in nodes of `devices_per_node`. Rates are those that programs reach, which is less
/// than what a data sheet says.
struct Cluster {
  std::string name = "A100";
  int devices = 8, devices_per_node = 8;
  // The five constants of an A100 cluster, as `tg-split --table --fit` finds them (paper.cpp);
  // the latency is NCCL's order of magnitude, which a table of large models does not show.
  double flops_per_second = 206e12;         ///< of products; 312e12 is the peak in float16
  double memory_bytes_per_second = 1.6e12;  ///< 2.04e12 is the peak
  double link_bytes_per_second = 280e9;     ///< from a device to others of its node (NVLink: 300e9)
  double network_bytes_per_second = 18e9;   ///< from a device to other nodes (InfiniBand: 25e9)
  double latency_seconds = 5e-6;            ///< of a message
  double memory_bytes = 80e9;               ///< of a device
};
/// Reads a JSON object whose keys are the names above; what it lacks is that of an A100. Throws
/// IoError or ArgumentError, which name the file and the key.
Cluster read_cluster(const std::string& path);

/// max(flops / flops_per_second, bytes / memory_bytes_per_second) + seconds (a roofline; Williams
/// et al. 2009).
double time_of(const Cost& cost, const Cluster& cluster);

/// Devices first, first + stride, first + 2 stride, ... of a cluster.
struct Ranks {
  int size = 1, stride = 1;
};
/// The time in which the ranks sum an array of `bytes`: a ring moves 2 (n - 1) / n of it over the
/// slowest link; a tree has 2 ⌈log2 n⌉ messages one after another (NCCL). In a node that has k of
/// the ranks, as many rings leave it by different adapters.
double all_reduce_seconds(double bytes, const Ranks& ranks, const Cluster& cluster);
/// What each of n ranks sends in a ring all_reduce: 2 (n - 1) / n of the array.
double all_reduce_bytes(double bytes, int n);

/// The time in which `tensor` devices send an array, which each of them has, to as many of the next
/// stage: each sends its part, and the receivers gather the parts (Narayanan et al. 2021, section
/// 4.1, "scatter/gather").
double send_seconds(double bytes, int tensor, bool same_node, const Cluster& cluster);

}  // namespace tinygrad::simulator
