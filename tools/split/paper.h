// SPDX-License-Identifier: MIT
// A paper's table of measured runs, beside what the simulator predicts for them, and the constants
// that suit it best.
#pragma once
#include "predict.h"

namespace tinygrad::simulator {

/// A run of a table.
struct Run {
  Transformer shape;
  Cluster cluster;
  Job job;
  Division division;
  double teraflops = 0;  ///< a second and device, as measured
};
/// Reads a CSV file with the columns attention_heads, hidden_size, layers, tensor_parallel,
/// pipeline_parallel, gpus, batch_size, teraflops_per_gpu. Where it has no columns micro_batch_size
/// and chunks, those that the simulator finds fastest are taken. Lines with # are comments. Throws
/// IoError with the line, and what search() throws.
std::vector<Run> read_runs(const std::string& path, const Transformer& shape,
                           const Cluster& cluster);

/// Operations a second and device of a step that takes `seconds`, in 10^12.
double teraflops(const Run& run, double seconds);
/// What is predicted for each run on such a cluster, divided by what was measured, less 1.
std::vector<double> errors(const std::vector<Run>& runs, const Cluster& cluster);

struct Deviation {
  double most = 0, mean = 0, root_mean_square = 0;  ///< of |error|
};
Deviation deviation(const std::vector<double>& errors);

/// A constant of a cluster, and the value that makes its effect vanish.
struct Constant {
  const char* name;
  double Cluster::*value;
  double without, unit;
  const char* unit_name;
};
const std::vector<Constant>& constants();

/// The cluster whose root mean square error is least if these constants change.
Cluster fit(const std::vector<Run>& runs, Cluster cluster,
            const std::vector<double Cluster::*>& free);
/// The errors without a constant, when the rate of products is fitted again.
struct Ablation {
  std::string name;
  Deviation deviation;
  double flops_per_second = 0;
};
std::vector<Ablation> ablations(const std::vector<Run>& runs, const Cluster& cluster);

/// The rate whose largest error is least if every run is said to have it, and its errors.
struct SingleRate {
  double teraflops = 0;
  Deviation deviation = {};
};
SingleRate best_single_rate(const std::vector<Run>& runs);

}  // namespace tinygrad::simulator
