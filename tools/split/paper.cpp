// SPDX-License-Identifier: MIT
// Reads a paper's table, and fits the constants of a cluster to it.
#include "paper.h"

#include <tinygrad/io/file.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <sstream>

namespace tinygrad::simulator {
namespace {

using Fields = std::map<std::string, double>;

std::vector<std::string> split_line(const std::string& line) {
  std::vector<std::string> all;
  std::istringstream in(line);
  for (std::string field; std::getline(in, field, ',');) all.push_back(field);
  return all;
}

/// The rows of a CSV file of numbers, by the names of the columns.
class Rows {
 public:
  explicit Rows(const std::string& path) : call_(path.c_str()) {
    const FileBytes file(path, false, "open");
    std::istringstream in(
        std::string(reinterpret_cast<const char*>(file.bytes().data()), file.bytes().size()));
    for (std::string line; std::getline(in, line);) {
      ++line_;
      if (!line.empty() && line.back() == '\r') line.pop_back();
      if (line.empty() || line[0] == '#') continue;
      if (header_.empty()) header_ = split_line(line);
      else add(split_line(line));
    }
    require<IoError>(!all_.empty(), call_, "expected a line of names and one of numbers");
  }
  const std::vector<Fields>& all() const { return all_; }
  /// A whole number above 0 of a row; `otherwise` if the column may be missing and is.
  int count(const Fields& row, const char* name, int otherwise = -1) const {
    const auto found = row.find(name);
    require<IoError>(found != row.end() || otherwise >= 0, call_, "expected a column ", name);
    if (found == row.end()) return otherwise;
    require<IoError>(
        found->second >= 1 && found->second <= 1e9 && found->second == std::floor(found->second),
        call_, name, ": expected whole numbers above 0, got ", found->second);
    return int(found->second);
  }

 private:
  void add(const std::vector<std::string>& fields) {
    require<IoError>(fields.size() == header_.size(), call_, "line ", line_, ": expected ",
                     header_.size(), " fields, got ", fields.size());
    Fields row;
    for (std::size_t i = 0; i < fields.size(); ++i) {
      char* end = nullptr;
      row[header_[i]] = std::strtod(fields[i].c_str(), &end);
      require<IoError>(end != fields[i].c_str() && *end == 0 && row[header_[i]] > 0, call_, "line ",
                       line_, ": expected a number above 0, got ", in_quotes(fields[i]));
    }
    all_.push_back(row);
  }
  Call call_;
  int line_ = 0;
  std::vector<std::string> header_;
  std::vector<Fields> all_;
};

Run run_of(const Rows& rows, const Fields& row, Transformer shape, const Cluster& cluster) {
  shape.layers = rows.count(row, "layers");
  shape.hidden = rows.count(row, "hidden_size");
  shape.heads = rows.count(row, "attention_heads");
  Run run{shape, cluster, {rows.count(row, "batch_size")}, {}};
  run.cluster.devices = rows.count(row, "gpus");
  Limits limits{.tensor = rows.count(row, "tensor_parallel"),
                .pipeline = rows.count(row, "pipeline_parallel"),
                .micro_batch = rows.count(row, "micro_batch_size", 0),
                .chunks = rows.count(row, "chunks", 0)};
  rows.count(row, "teraflops_per_gpu", 0);
  run.division = search(transformer(shape), run.cluster, run.job, limits).front().division;
  return run;
}

Cluster with_constants_of(const Cluster& cluster, Cluster other) {
  other.devices = cluster.devices;
  return other;
}

}  // namespace

std::vector<Run> read_runs(const std::string& path, const Transformer& shape,
                           const Cluster& cluster) {
  const Rows rows(path);
  std::vector<Run> runs;
  for (const Fields& row : rows.all()) {
    require<IoError>(row.contains("teraflops_per_gpu"), path.c_str(),
                     "expected a column teraflops_per_gpu");
    runs.push_back(run_of(rows, row, shape, cluster));
    runs.back().teraflops = row.at("teraflops_per_gpu");
  }
  return runs;
}

double teraflops(const Run& run, double seconds) {
  return flops_of(transformer(run.shape), run.job.batch) / run.cluster.devices / seconds / 1e12;
}

std::vector<double> errors(const std::vector<Run>& runs, const Cluster& cluster) {
  std::vector<double> all;
  for (const Run& run : runs) {
    const Prediction p = predict(transformer(run.shape), with_constants_of(run.cluster, cluster),
                                 run.job, run.division);
    all.push_back(teraflops(run, p.seconds) / run.teraflops - 1);
  }
  return all;
}

Deviation deviation(const std::vector<double>& errors) {
  Deviation d;
  const auto n = double(errors.size());
  for (const double error : errors) {
    d.most = std::max(d.most, std::abs(error));
    d.mean += std::abs(error) / n;
    d.root_mean_square += error * error / n;
  }
  d.root_mean_square = std::sqrt(d.root_mean_square);
  return d;
}

const std::vector<Constant>& constants() {
  constexpr double infinite = std::numeric_limits<double>::infinity();
  static const std::vector<Constant> all = {
      {"rate of products", &Cluster::flops_per_second, 312e12, 1e12, "TFLOP/s"},
      {"memory", &Cluster::memory_bytes_per_second, infinite, 1e9, "GB/s"},
      {"links in a node", &Cluster::link_bytes_per_second, infinite, 1e9, "GB/s"},
      {"network", &Cluster::network_bytes_per_second, infinite, 1e9, "GB/s"},
      {"latency", &Cluster::latency_seconds, 0, 1e-6, "us"}};
  return all;
}

/// Tries each constant larger and smaller by a factor that shrinks when neither is better.
Cluster fit(const std::vector<Run>& runs, Cluster cluster,
            const std::vector<double Cluster::*>& free) {
  const auto error = [&](const Cluster& c) { return deviation(errors(runs, c)).root_mean_square; };
  double least = error(cluster);
  for (double factor = 1.16; factor > 1.001;) {
    bool better = false;
    for (double Cluster::*constant : free)
      for (const double by : {factor, 1 / factor}) {
        Cluster other = cluster;
        other.*constant *= by;
        const double now = error(other);
        if (now < least) least = now, cluster = other, better = true;
      }
    if (!better) factor = std::sqrt(factor);
  }
  return cluster;
}

std::vector<Ablation> ablations(const std::vector<Run>& runs, const Cluster& cluster) {
  std::vector<Ablation> all;
  const auto add = [&](const std::string& name, Cluster c, bool refit) {
    if (refit) c = fit(runs, c, {&Cluster::flops_per_second});
    all.push_back({name, deviation(errors(runs, c)), c.flops_per_second});
  };
  add("all five", cluster, false);
  Cluster alone = cluster;
  for (const Constant& constant : constants()) {
    Cluster other = cluster;
    other.*constant.value = constant.without;
    const bool is_rate = constant.value == &Cluster::flops_per_second;
    add("without " + std::string(constant.name), other, !is_rate);
    if (!is_rate) alone.*constant.value = constant.without;
  }
  add("rate of products alone", alone, true);
  return all;
}

/// x / low - 1 = 1 - x / high.
SingleRate best_single_rate(const std::vector<Run>& runs) {
  const auto [low, high] = std::ranges::minmax_element(runs, {}, &Run::teraflops);
  const double rate = 2 / (1 / low->teraflops + 1 / high->teraflops);
  std::vector<double> all;
  for (const Run& run : runs) all.push_back(rate / run.teraflops - 1);
  return {rate, deviation(all)};
}

}  // namespace tinygrad::simulator
