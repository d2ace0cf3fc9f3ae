// SPDX-License-Identifier: MIT
// Predicts every division of a model among the devices of a cluster.
#include <algorithm>

#include "predict.h"
#include "stages.h"

namespace tinygrad::simulator {
namespace {

/// The divisors of n up to `most`; the one that is asked for alone if it is not 0.
std::vector<int> divisors(int n, int most, int asked) {
  std::vector<int> all;
  for (int k = 1; k <= std::min(n, most); ++k)
    if (n % k == 0 && (asked == 0 || asked == k)) all.push_back(k);
  return all;
}

/// Tensor groups lie in a node, or fill nodes.
bool fits_nodes(int tensor, int per_node) {
  return per_node % tensor == 0 || tensor % per_node == 0;
}

struct Search {
  const Model& model;
  const Cluster& cluster;
  const Job& job;
  const Limits& limits;
  std::vector<Prediction> all = {};
  double least_memory = 0;  // of those that do not fit

  void add(const Division& division) {
    const Prediction p = predict(model, cluster, job, division);
    if (p.fits) all.push_back(p);
    else least_memory = least_memory == 0 ? p.memory : std::min(least_memory, p.memory);
  }
  void add_micro_batches(Division division, const std::vector<Layer>& layers) {
    const auto& [d, t, p, b, v] = division;
    if (job.batch % d != 0) return;
    for (int size : divisors(job.batch / d, 64, limits.micro_batch)) {
      const bool interleaves = p > 1 && job.batch / d / size % p == 0 &&
                               job.schedule == distributed::ScheduleKind::one_f_one_b;
      for (int chunks = 1; chunks <= (interleaves ? 16 : 1); ++chunks)
        if (divides(layers, p * chunks) && (limits.chunks == 0 || limits.chunks == chunks))
          add({d, t, p, size, chunks});
    }
  }
  void run() {
    for (int t : divisors(cluster.devices, model.heads, limits.tensor)) {
      if (model.heads % t != 0 || !fits_nodes(t, cluster.devices_per_node)) continue;
      const std::vector<Layer> layers = model.layers(1, t);
      for (int p : divisors(cluster.devices / t, job.batch + cluster.devices, limits.pipeline)) {
        const int d = cluster.devices / t / p;
        if (divides(layers, p) && (limits.data == 0 || limits.data == d))
          add_micro_batches({d, t, p}, layers);
      }
    }
  }
};

}  // namespace

std::vector<Prediction> search(const Model& model, const Cluster& cluster, const Job& job,
                               const Limits& limits) {
  Search s{model, cluster, job, limits};
  s.run();
  require(!s.all.empty() || s.least_memory > 0, "search", "no division of ", cluster.devices,
          " devices that is asked for suits the model's layers, its heads and the batch of ",
          job.batch);
  require(!s.all.empty(), "search",
          "no division fits into the memory of a device: ", std::int64_t(s.least_memory / 1e6),
          " MB are needed, there are ", std::int64_t(cluster.memory_bytes / 1e6), " MB");
  std::ranges::stable_sort(s.all, {}, &Prediction::seconds);
  return std::move(s.all);
}

}  // namespace tinygrad::simulator
