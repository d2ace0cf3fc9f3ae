// SPDX-License-Identifier: MIT
// Prints predictions, for people and for programs.
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "../inspect/table.h"
#include "report.h"

namespace tinygrad::simulator {
namespace {

using Json = nlohmann::ordered_json;
using inspect::Table, inspect::grouped, inspect::to_text;

/// "1.23 s", "45.6 ms", "789 us".
std::string duration(double seconds) {
  if (seconds == 0) return ".";
  if (seconds >= 1) return fmt::format("{:.3g} s", seconds);
  return seconds >= 1e-3 ? fmt::format("{:.3g} ms", seconds * 1e3)
                         : fmt::format("{:.3g} us", seconds * 1e6);
}
std::string amount(double bytes) {
  if (bytes == 0) return ".";
  if (bytes >= 1e9) return fmt::format("{:.1f} GB", bytes / 1e9);
  return bytes >= 1e6 ? fmt::format("{:.1f} MB", bytes / 1e6)
                      : fmt::format("{:.1f} kB", bytes / 1e3);
}
/// "1.5 billion parameters".
std::string parameters(const Model& model) {
  const double n = parameters_of(model);
  if (n >= 1e9) return fmt::format("{:.4g} billion parameters", n / 1e9);
  return n >= 1e6 ? fmt::format("{:.4g} million parameters", n / 1e6)
                  : fmt::format("{:.0f} parameters", n);
}
std::string percent(double share) { return fmt::format("{:.1f} %", 100 * share); }

const std::vector<std::string> division_header = {"d", "t", "p", "b", "v"};
std::vector<std::string> cells(const Division& x) {
  return {std::to_string(x.data), std::to_string(x.tensor), std::to_string(x.pipeline),
          std::to_string(x.micro_batch), std::to_string(x.chunks)};
}

std::vector<std::string> operator+(std::vector<std::string> a, const std::vector<std::string>& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

std::string best_in_words(const Report& r) {
  const Prediction& best = r.all.front();
  const auto line = [](const char* name, double seconds, double bytes = -1) {
    const std::string sent = bytes < 0 ? "" : fmt::format("{:>11}", amount(bytes));
    return fmt::format("  {:<38}{:>9}{}\n", name, duration(seconds), sent);
  };
  const double work = best.compute_seconds + best.tensor_seconds + best.pipeline_seconds;
  std::string starts;
  for (const std::string& name : best.first_layers) starts += (starts.empty() ? "" : ", ") + name;
  if (best.first_layers.size() > 1) starts = "  its stages begin with the layers " + starts + "\n";
  return fmt::format("\nThe best, {}:\n", to_string(best.division)) + starts +
         line("compute", best.compute_seconds) +
         line("sums over tensor parts", best.tensor_seconds, best.traffic.tensor) +
         line("messages between stages", best.pipeline_seconds, best.traffic.pipeline) +
         line("waiting in the pipeline", best.bubble * work) +
         line("sum of gradients over copies", best.data_seconds, best.traffic.data) +
         line("optimizer", best.update_seconds);
}

Json json_of(const Division& x) {
  return {{"data", x.data},
          {"tensor", x.tensor},
          {"pipeline", x.pipeline},
          {"micro_batch", x.micro_batch},
          {"chunks", x.chunks}};
}
Json json_of(const Prediction& x) {
  Json json = json_of(x.division);
  json.update({{"seconds", x.seconds},
               {"bubble", x.bubble},
               {"memory_bytes", x.memory},
               {"compute_seconds", x.compute_seconds},
               {"tensor_seconds", x.tensor_seconds},
               {"pipeline_seconds", x.pipeline_seconds},
               {"data_seconds", x.data_seconds},
               {"update_seconds", x.update_seconds},
               {"tensor_bytes", x.traffic.tensor},
               {"pipeline_bytes", x.traffic.pipeline},
               {"data_bytes", x.traffic.data}});
  if (!x.first_layers.empty()) json["first_layers"] = x.first_layers;
  return json;
}
std::string text_of(const Json& json) {
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

/// Where a run's own division stands among all of the run.
struct Rank {
  std::size_t place = 0, of = 0;
  double slower = 0;  ///< than the best
  Division best;
};
Rank rank_of(const Run& run, const Cluster& cluster) {
  Cluster own = cluster;
  own.devices = run.cluster.devices;
  const auto all = search(transformer(run.shape), own, run.job);
  Rank rank{0, all.size(), 0, all.front().division};
  while (rank.place < all.size() && all[rank.place].division != run.division) ++rank.place;
  const Prediction mine = predict(transformer(run.shape), own, run.job, run.division);
  rank.slower = mine.seconds / all.front().seconds - 1;
  ++rank.place;
  return rank;
}

std::string ranks(const PaperReport& r) {
  Table table{{"parameters", "devices", "the paper's", "place", "of", "slower", "the best found"},
              1};
  for (const Run& run : r.runs) {
    const Rank rank = rank_of(run, r.cluster);
    table.rows.push_back({fmt::format("{:.1f}e9", parameters_of(transformer(run.shape)) / 1e9),
                          grouped(std::uint64_t(run.cluster.devices)), to_string(run.division),
                          grouped(rank.place), grouped(rank.of), percent(rank.slower),
                          to_string(rank.best)});
  }
  return "\nThe paper's division among all divisions of the run:\n" + to_text(table, 0);
}

std::string value_of(const Constant& constant, double value) {
  return fmt::format("{:.4g} {}", value / constant.unit, constant.unit_name);
}

}  // namespace

std::string as_text(const Report& r) {
  std::string text = fmt::format(
      "{}: {}, batch of {}, on {} devices ({}, {} in a node)\n\n", r.model.name,
      parameters(r.model), grouped(std::uint64_t(r.job.batch)),
      grouped(std::uint64_t(r.cluster.devices)), r.cluster.name, r.cluster.devices_per_node);
  const double flops = flops_of(r.model, r.job.batch) / r.cluster.devices;
  Table table{division_header + std::vector<std::string>{"step", "TFLOP/s", "bubble", "memory",
                                                         "tensor", "pipeline", "data"},
              0};
  for (std::size_t i = 0; i < std::min(r.top, r.all.size()); ++i) {
    const Prediction& x = r.all[i];
    table.rows.push_back(cells(x.division) +
                         std::vector<std::string>{
                             duration(x.seconds), fmt::format("{:.4g}", flops / x.seconds / 1e12),
                             percent(x.bubble), amount(x.memory), amount(x.traffic.tensor),
                             amount(x.traffic.pipeline), amount(x.traffic.data)});
  }
  text += to_text(table, inspect::terminal_width());
  if (r.top < r.all.size())
    text += fmt::format("  ... and {} slower ones\n", grouped(r.all.size() - r.top));
  return text +
         "\n  d copies of the model, each in p stages of t devices; micro-batches of b samples; v "
         "parts\n  of the model a stage; TFLOP/s a device; what a device sends in a step\n" +
         best_in_words(r);
}

std::string as_json(const Report& r) {
  Json divisions = Json::array();
  for (std::size_t i = 0; i < std::min(r.top, r.all.size()); ++i)
    divisions.push_back(json_of(r.all[i]));
  return text_of({{"model", r.model.name},
                  {"parameters", parameters_of(r.model)},
                  {"flops", flops_of(r.model, r.job.batch)},
                  {"batch", r.job.batch},
                  {"devices", r.cluster.devices},
                  {"found", r.all.size()},
                  {"divisions", divisions}});
}

std::string as_text(const PaperReport& r) {
  const std::vector<double> error = errors(r.runs, r.cluster);
  Table table{std::vector<std::string>{"parameters", "devices"} + division_header +
                  std::vector<std::string>{"measured", "predicted", "error"},
              0};
  for (std::size_t i = 0; i < r.runs.size(); ++i) {
    const Run& run = r.runs[i];
    table.rows.push_back(
        std::vector<std::string>{
            fmt::format("{:.1f}e9", parameters_of(transformer(run.shape)) / 1e9),
            std::to_string(run.cluster.devices)} +
        cells(run.division) +
        std::vector<std::string>{fmt::format("{:.0f}", run.teraflops),
                                 fmt::format("{:.1f}", run.teraflops * (1 + error[i])),
                                 fmt::format("{:+.1f} %", 100 * error[i])});
  }
  const Deviation all = deviation(error);
  std::string text = to_text(table, 0);
  text += fmt::format("  TFLOP/s a device: at most {} off, on the mean {}\n\n", percent(all.most),
                      percent(all.mean));
  Table five{{"constant", "value"}, 1};
  for (const Constant& c : constants())
    five.rows.push_back({c.name, value_of(c, r.cluster.*c.value)});
  text += to_text(five, 0) + "\n";
  Table buys{{"", "at most off", "on the mean", "rate of products"}, 1};
  for (const Ablation& x : ablations(r.runs, r.cluster))
    buys.rows.push_back({x.name, percent(x.deviation.most), percent(x.deviation.mean),
                         fmt::format("{:.0f} TFLOP/s", x.flops_per_second / 1e12)});
  const auto [rate, flat] = best_single_rate(r.runs);
  buys.rows.push_back({"no simulator: one rate for every run", percent(flat.most),
                       percent(flat.mean), fmt::format("{:.0f} TFLOP/s", rate)});
  text += to_text(buys, 0);
  return r.ranked ? text + ranks(r) : text;
}

std::string as_json(const PaperReport& r) {
  const std::vector<double> error = errors(r.runs, r.cluster);
  Json json = {{"runs", Json::array()}, {"constants", Json::object()}};
  for (std::size_t i = 0; i < r.runs.size(); ++i) {
    Json run = json_of(r.runs[i].division);
    run.update({{"devices", r.runs[i].cluster.devices},
                {"measured", r.runs[i].teraflops},
                {"predicted", r.runs[i].teraflops * (1 + error[i])},
                {"error", error[i]}});
    if (r.ranked) {
      const Rank rank = rank_of(r.runs[i], r.cluster);
      run.update({{"place", rank.place},
                  {"of", rank.of},
                  {"slower", rank.slower},
                  {"best", json_of(rank.best)}});
    }
    json["runs"].push_back(run);
  }
  for (const Constant& c : constants()) json["constants"][c.name] = r.cluster.*c.value;
  const Deviation all = deviation(error);
  json["most"] = all.most;
  json["mean"] = all.mean;
  return text_of(json);
}

}  // namespace tinygrad::simulator
