// SPDX-License-Identifier: MIT
// Times rows of the benchmark (rows/row.h): our half of bench/compare.
//   bench_rows DEVICE THREADS [tiny]   answers each line of the standard input with one of JSON:
//     time <tab> ROW <tab> float32|bfloat16     seconds, peak bytes, and what bounds the row
//     export <tab> ROW <tab> FILE               writes the row's network as an ONNX file
//   bench_rows --kinds                 prints the kinds of rows
// With bfloat16, single ops have bfloat16 inputs, and networks run under Autocast.
#include <sys/resource.h>
#include <tinygrad/onnx/save.h>
#include <tinygrad/trace/profile.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <iostream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "rows/row.h"

namespace {

namespace tg = tinygrad;
using Json = nlohmann::ordered_json;

const bench::Kinds& kinds() {
  static const bench::Kinds all = [] {
    bench::Kinds kinds = bench::elementwise_kinds();
    kinds.merge(bench::layer_kinds()), kinds.merge(bench::order_kinds());
    kinds.merge(bench::step_kinds()), kinds.merge(bench::language_kinds());
    return kinds;
  }();
  return all;
}

/// The median of ten stretches, or of as many as a second allows, at least three. A stretch is some
/// steps and a wait: `length` seconds if a step is shorter.
double seconds_of(const std::function<void()>& step, const tg::Device& device, double length) {
  using Clock = std::chrono::steady_clock;
  const auto stretch = [&](int steps) {
    const auto start = Clock::now();
    for (int i = 0; i < steps; ++i) step();
    tg::synchronize(device);
    return std::chrono::duration<double>(Clock::now() - start).count() / steps;
  };
  const double first = stretch(1);
  for (int i = 0; i < (first > 0.1 ? 1 : 4); ++i) stretch(1);
  const int steps = std::max(1, int(length / std::max(stretch(2), 1e-7)));
  std::vector<double> times;
  const auto start = Clock::now();
  while (times.size() < 3 || (times.size() < 10 && Clock::now() - start < std::chrono::seconds(1)))
    times.push_back(stretch(steps));
  std::sort(times.begin(), times.end());
  return (times[(times.size() - 1) / 2] + times[times.size() / 2]) / 2;
}

/// Of the process: its memory if the device is the host, else what was reserved on the device.
double peak_bytes(const tg::Device& device) {
  if (device.name != "cpu") return double(tg::memory_stats(device).peak_reserved);
  rusage usage = {};
  getrusage(RUSAGE_SELF, &usage);
  return 1024. * double(usage.ru_maxrss);
}

double flops_of(const std::function<void()>& step) {
  double flops = 0;
  for (const tg::ProfileRow& row : tg::profile([&] { step(); }).by_op()) flops += row.flops;
  return flops;
}

class Server {
 public:
  Server(bench::Setting setting, bool tiny) : setting_(std::move(setting)), tiny_(tiny) {}
  Json answer(const std::string& line) try {
    std::istringstream in(line);
    std::string what, row, argument;
    std::getline(in, what, '\t'), std::getline(in, row, '\t'), std::getline(in, argument, '\t');
    if (what == "export") return save(bench::parse(row, tiny_), argument);
    tg::require(what == "time" && (argument == "float32" || argument == "bfloat16"), "bench_rows",
                "takes lines of time, a row and a dtype, not ", line);
    return time(row, argument);
  } catch (const tg::Error& e) { return {{"error", e.what()}}; }

 private:
  /// The work is kept for the next round of the same row.
  Json time(const std::string& text, const std::string& dtype) {
    if (const std::string name = text + dtype; name != made_) {
      work_ = {}, made_.clear();
      tg::empty_cache(setting_.device);
      setting_.dtype = dtype == "float32" ? tg::float32 : tg::bfloat16;
      const bench::Row row = bench::parse(text, tiny_);
      tg::require(kinds().count(row.kind) > 0, "bench_rows", "knows no kind ", row.kind);
      tg::manual_seed(1);
      work_ = kinds().at(row.kind)(row, setting_), made_ = name;
      for (int i = 0; i < 4; ++i) work_.step();  // a captured step is recorded
      flops_ = flops_of(work_.step);
    }
    const double seconds = seconds_of(work_.step, setting_.device, tiny_ ? 0 : 0.01);
    return {{"seconds", seconds},
            {"flops", flops_},
            {"bytes_read", work_.bytes_read},
            {"bytes_written", work_.bytes_written},
            {"peak_bytes", peak_bytes(setting_.device)}};
  }
  Json save(const bench::Row& row, const std::string& path) {
    const bench::Task task = bench::task_of(row, setting_);
    task.net->eval();
    tg::onnx::save(*task.net, task.x, path, {.dynamic_batch = false});
    return {{"file", path}};
  }
  bench::Setting setting_;
  bool tiny_;
  bench::Work work_;
  std::string made_;
  double flops_ = 0;
};

}  // namespace

int main(int argc, char** argv) try {
  if (argc == 2 && std::string(argv[1]) == "--kinds") {
    for (auto& [name, kind] : kinds()) std::printf("%s\n", name.c_str());
    return 0;
  }
  tg::require(argc >= 3, "bench_rows", "takes a device, a number of threads, and perhaps tiny");
  tg::set_num_threads(std::atoi(argv[2]));
  Server server({.device = argv[1]}, argc > 3);
  tg::use_deterministic_algorithms(false);  // as PyTorch's default and cudnn.benchmark
  const tg::CpuInfo cpu = tg::cpu_info();
  std::cout << "tinygrad " << tg::version() << ", " << argv[1] << ", " << cpu.kernels
            << " kernels, " << (cpu.blas.empty() ? "own products" : cpu.blas) << std::endl;
  for (std::string line; std::getline(std::cin, line);)
    std::cout << server.answer(line).dump() << std::endl;
} catch (const tg::Error& e) { return std::fprintf(stderr, "bench_rows: %s\n", e.what()), 2; }
