// SPDX-License-Identifier: MIT
// Measures on the ranks of mpirun what tg-split predicts, and what it predicts from:
//
//   split_measure NET costs FILE        the time of each layer, as a model for tg-split
//   split_measure NET links FILE data   the rate of a sum of gradients, as a cluster
//   split_measure NET links FILE pipe   the rate of messages between two ranks, as a cluster
//   split_measure NET step HOW          prints the time of a step
//
// NET is mlp or cnn. All ranks work at a time, since they share memory and caches.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <memory>
#include <string>

#include "tinygrad/distributed/distributed.h"
#include "tinygrad/distributed/pipeline.h"
#include "tinygrad/tinygrad.h"

namespace {

namespace tg = tinygrad;
namespace td = tinygrad::distributed;
using tg::Tensor;

constexpr std::int64_t batch = 64;
constexpr int micro_batches = 4;

struct Dense : tg::nn::Module {
  tg::nn::Linear layer;
  bool is_last;
  Dense(std::int64_t in, std::int64_t out, bool last = false)
      : layer(add("layer", tg::nn::Linear(in, out))), is_last(last) {}
  Tensor forward(const Tensor& x) override {
    const Tensor y = layer(tg::flatten(x, 1));
    return is_last ? y : tg::relu(y);
  }
};
struct Conv : tg::nn::Module {
  tg::nn::Conv2d layer;
  Conv(std::int64_t in, std::int64_t out)
      : layer(add("layer", tg::nn::Conv2d(in, out, 3, {.padding = 1}))) {}
  Tensor forward(const Tensor& x) override { return tg::max_pool2d(tg::relu(layer(x)), 2); }
};

/// Layers [from, to) of a net of five.
struct Net {
  tg::nn::Sequential layers;
  tg::Shape sample;
  Net(const std::string& name, int from = 0, int to = 5) {
    const bool cnn = name == "cnn";
    sample = cnn ? tg::Shape{3, 32, 32} : tg::Shape{784};
    for (int i = from; i < to; ++i)
      if (cnn && i < 3) layers.push(Conv(i == 0 ? 3 : 32 * i, i == 0 ? 32 : 64));
      else if (cnn) layers.push(Dense(i == 3 ? 1024 : 512, i == 3 ? 512 : 10, i == 4));
      else layers.push(Dense(i == 0 ? 784 : 1024, i == 4 ? 10 : 1024, i == 4));
  }
};
double count_of(const tg::nn::Module& module) {
  double sum = 0;
  for (const Tensor& p : module.parameters()) sum += double(p.numel());
  return sum;
}

tg::Shape of_batch(std::int64_t n, const tg::Shape& sample) {
  std::vector<std::int64_t> sizes = {n};
  sizes.insert(sizes.end(), sample.begin(), sample.end());
  return tg::Shape(sizes.data(), int(sizes.size()));
}
Tensor loss_of(const Tensor& y, const Tensor& target) { return tg::cross_entropy(y, target); }

double now() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}
double median(std::vector<double> all) {
  std::ranges::sort(all);
  return all[all.size() / 2];
}
/// The mean over the ranks.
double of_ranks(double seconds) {
  return td::all_reduce(tg::full({1}, seconds, {.dtype = tg::float64}), td::Reduce::mean)
      .item<double>();
}

struct Times {
  double forward = 0, backward = 0;
};
/// The passes of a layer for a micro-batch, and of the loss if there is a target.
Times times_of(tg::nn::Module& layer, const Tensor& x, bool is_first, const Tensor& target) {
  std::vector<double> forward, backward;
  for (int i = 0; i < 60; ++i) {
    Tensor in = x.detach();
    if (!is_first) in.requires_grad_();
    const double start = now();
    Tensor y = layer(in);
    if (target.defined()) y = loss_of(y, target);
    const double middle = now();
    target.defined() ? y.backward() : y.backward(tg::ones_like(y));
    if (i >= 10) forward.push_back(middle - start), backward.push_back(now() - middle);
  }
  return {of_ranks(median(forward)), of_ranks(median(backward))};
}

/// {"seconds": of a sample, "start": of a pass} from the times of a small and a large micro-batch.
std::string cost(double small, double large, std::int64_t from, std::int64_t to) {
  const double each = std::max((large - small) / double(to - from), 0.);
  return "{\"seconds\": " + std::to_string(each * 1e9) +
         "e-9, \"start\": " + std::to_string(std::max(small - each * double(from), 0.) * 1e9) +
         "e-9}";
}

double update_seconds(Net& net) {
  tg::optim::SGD optimizer(net.layers.parameters(), {.lr = 1e-9});
  std::vector<double> all;
  for (int i = 0; i < 40; ++i) {
    const double start = now();
    optimizer.step();
    all.push_back(now() - start);
  }
  return of_ranks(median(all)) / count_of(net.layers);
}

std::string costs(Net net) {
  const std::int64_t small = batch / 8, large = batch;
  Tensor a = tg::randn(of_batch(small, net.sample)), b = tg::randn(of_batch(large, net.sample));
  std::string layers;
  for (std::size_t i = 0; i < net.layers.size(); ++i) {
    tg::nn::Module& layer = net.layers[i];
    const bool last = i + 1 == net.layers.size();
    const auto target = [&](std::int64_t n) { return last ? tg::randint(0, 10, {n}) : Tensor(); };
    const Times of_small = times_of(layer, a, i == 0, target(small));
    const Times of_large = times_of(layer, b, i == 0, target(large));
    a = layer(a).detach(), b = layer(b).detach();
    layers += std::string(i ? ",\n" : "") + "  {\"name\": \"" + std::to_string(i) +
              "\", \"parameters\": " + std::to_string(count_of(layer)) +
              ", \"output_bytes\": " + std::to_string(4 * b.numel() / batch) +
              ",\n   \"forward\": " + cost(of_small.forward, of_large.forward, small, large) +
              ",\n   \"backward\": " + cost(of_small.backward, of_large.backward, small, large) +
              "}";
  }
  return "{\"name\": \"net\", \"bytes_per_parameter\": 8, \"gradient_bytes\": 4,\n \"update\": "
         "{\"seconds\": " +
         std::to_string(update_seconds(net) * 1e12) + "e-12},\n \"layers\": [\n" + layers + "]}\n";
}

/// What a DataParallel adds to a step for so many gradients: it sums them as one bucket.
double sum_seconds(std::int64_t count) {
  struct Vector : tg::nn::Module {
    tg::nn::Parameter p;
    explicit Vector(std::int64_t n) : p(add("p", tg::zeros({n}))) {}
    Tensor forward(const Tensor& x) override { return x * p; }
  } vector(count);
  td::DataParallel parallel(vector, {.bucket_bytes = 1 << 28, .first_bucket_bytes = 1 << 28});
  const Tensor gradient = tg::ones({count});
  std::vector<double> all;
  for (int i = 0; i < 25; ++i) {
    vector.zero_grad();
    td::world().barrier();
    const double start = now();
    vector.p.backward(gradient);
    parallel.step_ready();
    if (i >= 5) all.push_back(now() - start);
  }
  return of_ranks(median(all));
}
double message_seconds(std::int64_t count) {
  const int rank = td::world().rank();
  const Tensor x = tg::ones({count});
  std::vector<double> all;
  for (int i = 0; i < 50; ++i) {
    td::world().barrier();
    const double start = now();
    for (int from : {0, 1})
      if (rank == from) td::send(x, 1 - from);
      else td::recv({count}, tg::float32, from);
    if (i >= 10) all.push_back((now() - start) / 2);
  }
  return of_ranks(median(all));
}

std::string links(const Net& net, bool data) {
  const std::int64_t large =
      data ? std::int64_t(count_of(net.layers)) : batch / micro_batches * 4096;
  const std::int64_t small = large / 8;
  const double a = data ? sum_seconds(small) : message_seconds(small);
  const double b = data ? sum_seconds(large) : message_seconds(large);
  const double rate = 4 * double(large - small) / std::max(b - a, 1e-9);
  const double latency = std::max(a - 4 * double(small) / rate, 0.) / (data ? 2 : 1);
  return "{\"name\": \"this machine\", \"devices\": 2, \"devices_per_node\": 2,\n "
         "\"link_bytes_per_second\": " +
         std::to_string(rate) + ", \"latency_seconds\": " + std::to_string(latency * 1e9) +
         "e-9}\n";
}

/// how: "data", or "gpipe:K" or "1f1b:K", where layer K is the first of the second stage.
double step_seconds(const std::string& name, const std::string& how) {
  const td::Group& world = td::world();
  const bool data = how == "data";
  const int cut = how.find(':') == how.npos ? 0 : std::stoi(how.substr(how.find(':') + 1));
  const bool divides = !data && world.size() == 2;
  Net net(name, divides && world.rank() == 1 ? cut : 0, divides && world.rank() == 0 ? cut : 5);
  const std::int64_t own = data ? batch / world.size() : batch;
  const Tensor x = tg::randn(of_batch(own, net.sample)), y = tg::randint(0, 10, {own});
  auto& chain = net.layers;
  tg::optim::SGD optimizer(chain.parameters(), {.lr = 1e-3});
  std::unique_ptr<td::DataParallel> parallel;
  std::unique_ptr<td::Pipeline> pipeline;
  if (data) parallel = std::make_unique<td::DataParallel>(chain);
  else
    pipeline = std::make_unique<td::Pipeline>(
        chain, td::PipelineOptions{how.starts_with("gpipe") ? td::ScheduleKind::gpipe
                                                            : td::ScheduleKind::one_f_one_b,
                                   micro_batches});
  std::vector<double> all;
  for (int i = 0; i < 60; ++i) {
    world.barrier();
    const double start = now();
    optimizer.zero_grad();
    if (data) {
      loss_of(chain(x), y).backward();
      parallel->step_ready();
    } else {
      pipeline->step(x, y, loss_of);
    }
    optimizer.step();
    if (i >= 10) all.push_back(now() - start);
  }
  return of_ranks(median(all));
}

}  // namespace

int main(int argc, char** argv) {
  const td::Group world = td::init();
  tg::manual_seed(1);
  const std::string net = argc > 1 ? argv[1] : "", what = argc > 2 ? argv[2] : "";
  if (argc < 4) return std::fputs("split_measure NET costs|links|step ...\n", stderr), 2;
  if (what == "step") {
    const double seconds = step_seconds(net, argv[3]);
    if (world.rank() == 0) std::printf("%.9f\n", seconds);
    return 0;
  }
  const std::string text = what == "costs"
                               ? costs(Net(net))
                               : links(Net(net), argc > 4 && argv[4] == std::string("data"));
  if (world.rank() == 0) std::ofstream(argv[3]) << text;
  return 0;
}
