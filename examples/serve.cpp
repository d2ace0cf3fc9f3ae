// SPDX-License-Identifier: MIT
// Serves one module from several threads at once: each thread sends one request after another, and
// the throughput and the percentiles of the latency are printed. Every answer is compared with that
// of a single thread, bit for bit.
#include <fmt/format.h>
#include <tinygrad/tinygrad.h>
#include <tinygrad/vision/datasets.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <atomic>
#include <chrono>
#include <nlohmann/json.hpp>
#include <thread>

#include "common/json_lines.h"
#include "common/program.h"
#include "mnist/nets.h"

namespace {

namespace tg = tinygrad;
using Clock = std::chrono::steady_clock;

struct Options {
  common::Options common = {.program = "serve"};
  int clients = 8, requests = 200, batch_size = 1;
  std::string weights = {};
};

bool parse(int argc, char** argv, Options& o) {
  CLI::App app("Answers requests of several threads with one network, and measures how fast.",
               o.common.program);
  app.add_option("--clients", o.clients, "threads that send requests")
      ->check(CLI::Range(1, 1024))
      ->capture_default_str();
  app.add_option("--requests", o.requests, "requests of each client")
      ->check(CLI::Range(1, 100000000))
      ->capture_default_str();
  app.add_option("--batch-size", o.batch_size, "images of a request")
      ->check(CLI::Range(1, 10000))
      ->capture_default_str();
  app.add_option("--weights", o.weights, "weights that mnist_cnn --save wrote; else random ones")
      ->type_name("FILE");
  common::add_options(app, o.common, /*trains=*/false);
  return common::parse(app, o.common, argc, argv);
}

/// A request, and the answer that a single thread gave.
struct Request {
  tg::Tensor images;
  std::vector<float> scores;
};

std::vector<float> answer(mnist::Cnn& net, const tg::Tensor& images) {
  const tg::NoGrad off;
  return net(images).to_vector<float>();
}

std::vector<Request> requests(mnist::Cnn& net, const Options& o) {
  std::vector<Request> all;
  for (std::uint64_t i = 0; i < 16; ++i) {
    const tg::Tensor images =
        tg::vision::digits(o.batch_size, o.common.seed + i).x.to(tg::default_device());
    all.push_back({images, answer(net, images)});
  }
  return all;
}

/// The latencies of all requests in milliseconds, ascending.
struct Measured {
  std::vector<double> latencies;
  double seconds = 0;
  int wrong = 0;  ///< answers that differ from those of a single thread
  double percentile(double p) const {
    return latencies[std::min(latencies.size() - 1,
                              std::size_t(p / 100 * double(latencies.size())))];
  }
};

Measured serve(mnist::Cnn& net, const std::vector<Request>& all, const Options& o) {
  std::atomic<int> wrong = 0;
  std::vector<std::vector<double>> latencies(std::size_t(o.clients));
  const auto client = [&](std::size_t number) {
    for (std::size_t i = 0; i < std::size_t(o.requests); ++i) {
      const Request& request = all[(number + i) % all.size()];
      const auto sent = Clock::now();
      if (answer(net, request.images) != request.scores) ++wrong;
      latencies[number].push_back(
          std::chrono::duration<double, std::milli>(Clock::now() - sent).count());
    }
  };
  const auto begun = Clock::now();
  std::vector<std::thread> clients;
  for (std::size_t i = 0; i < latencies.size(); ++i) clients.emplace_back(client, i);
  for (auto& thread : clients) thread.join();
  Measured m{{}, std::chrono::duration<double>(Clock::now() - begun).count(), wrong};
  for (auto& some : latencies) m.latencies.insert(m.latencies.end(), some.begin(), some.end());
  std::sort(m.latencies.begin(), m.latencies.end());
  return m;
}

int run(const Options& o) {
  tg::manual_seed(o.common.seed);
  mnist::Cnn net;
  if (!o.weights.empty()) net.load_state_dict(tg::load(o.weights));
  net.to(tg::default_device());
  net.eval();
  const std::vector<Request> all = requests(net, o);
  const Measured m = serve(net, all, o);
  const double throughput = double(m.latencies.size()) / m.seconds;
  if (!o.common.quiet)
    fmt::print(
        "{} clients, {} requests of {} images in {:.2f} s\n"
        "throughput {:.0f} requests/s, {:.0f} images/s\n"
        "latency ms  p50 {:.2f}  p90 {:.2f}  p99 {:.2f}  max {:.2f}\n"
        "{} answers differ from those of a single thread\n",
        o.clients, m.latencies.size(), o.batch_size, m.seconds, throughput,
        throughput * o.batch_size, m.percentile(50), m.percentile(90), m.percentile(99),
        m.latencies.back(), m.wrong);
  common::JsonLines(o.common, 1)
      .write_final({{"clients", o.clients},
                    {"requests", m.latencies.size()},
                    {"requests_per_second", throughput},
                    {"latency_ms_p50", m.percentile(50)},
                    {"latency_ms_p90", m.percentile(90)},
                    {"latency_ms_p99", m.percentile(99)},
                    {"wrong", m.wrong}},
                   o.common.seed);
  return m.wrong ? 1 : 0;
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  return common::run(options.common, [&] { return parse(argc, argv, options) ? run(options) : 0; });
}
