// SPDX-License-Identifier: MIT
// Times single ops on any device: ops_bench --device cpu [Google Benchmark's flags]. Each case
// states what it moves or computes, so that results read as GB/s and GFLOP/s.
#include <benchmark/benchmark.h>
#include <tinygrad/tinygrad.h>
#include <tinygrad/trace/profile.h>

#include <string>

#include "device_argument.h"

namespace tg = tinygrad;
namespace {

void count_flops(benchmark::State& state, double flops) {
  state.counters["FLOP/s"] =
      benchmark::Counter(flops, benchmark::Counter::kIsIterationInvariantRate);
}
void count_bytes(benchmark::State& state, double bytes) {
  state.counters["B/s"] = benchmark::Counter(bytes, benchmark::Counter::kIsIterationInvariantRate,
                                             benchmark::Counter::kIs1024);
}

/// Runs f until the clock is content; waits for the device. Two runs before bring kernels that are
/// compiled when first needed: the second step adds to gradients that the first has made.
template <class F> void measure_steps(benchmark::State& state, F f) {
  f(), f(), tg::synchronize();
  for (auto _ : state) f(), tg::synchronize();
}
template <class F> void measure(benchmark::State& state, F f) {
  const tg::NoGrad off;
  measure_steps(state, [&] { benchmark::DoNotOptimize(f()); });
}

/// [M, K] x [K, N].
void matmul(benchmark::State& state) {
  const auto m = state.range(0), k = state.range(1), n = state.range(2);
  const tg::Tensor a = tg::rand({m, k}), b = tg::rand({k, n});
  measure(state, [&] { return tg::matmul(a, b); });
  count_flops(state, 2. * double(m * k * n));
}
BENCHMARK(matmul)
    ->Args({1024, 1024, 1024})
    ->Args({64, 784, 512})
    ->Args({512, 64, 784})
    ->MeasureProcessCPUTime()
    ->UseRealTime();

/// A row times a transposed matrix, and a product so small that the call is most of it.
void linear(benchmark::State& state) {
  const auto n = state.range(0), k = state.range(1), m = state.range(2);
  const tg::Tensor x = tg::rand({n, k}), w = tg::rand({m, k}), b = tg::rand({m});
  measure(state, [&] { return tg::linear(x, w, b); });
  count_flops(state, 2. * double(n * k * m));
}
BENCHMARK(linear)
    ->Args({1, 2048, 2048})
    ->Args({64, 784, 512})
    ->Args({8, 16, 10})
    ->MeasureProcessCPUTime()
    ->UseRealTime();

/// The two convolutions of the MNIST network: 64 images, 3x3, padding 1.
void conv2d(benchmark::State& state) {
  const auto in = state.range(0), out = state.range(1), side = state.range(2);
  const tg::Tensor x = tg::rand({64, in, side, side}), w = tg::rand({out, in, 3, 3}),
                   b = tg::rand({out});
  measure(state, [&] { return tg::conv2d(x, w, b, {.padding = 1}); });
  count_flops(state, 2. * 64. * 9. * double(in * out * side * side));
}
BENCHMARK(conv2d)->Args({1, 32, 28})->Args({32, 64, 14})->MeasureProcessCPUTime()->UseRealTime();

/// Forward and backward of one layer: channels in and out, side, stride.
void conv2d_both(benchmark::State& state) {
  const auto in = state.range(0), out = state.range(1), side = state.range(2);
  const int stride = int(state.range(3));
  tg::Tensor x = tg::rand({64, in, side, side}).requires_grad_(),
             w = tg::rand({out, in, 3, 3}).requires_grad_();
  measure_steps(state, [&] {
    x.set_grad({}), w.set_grad({});
    const tg::Tensor y = tg::conv2d(x, w, {}, {.stride = stride, .padding = 1});
    y.backward(tg::ones_like(y));
  });
  count_flops(state, 6. * 64. * 9. * double(in * out * side * side / (stride * stride)));
}
BENCHMARK(conv2d_both)
    ->Args({32, 64, 14, 1})
    ->Args({32, 64, 28, 2})
    ->MeasureProcessCPUTime()
    ->UseRealTime();

constexpr std::int64_t many = 1 << 24;
/// Memory in full: two reads and a write, or one of each.
void add(benchmark::State& state) {
  const tg::Tensor a = tg::rand({many}), b = tg::rand({many});
  measure(state, [&] { return a + b; });
  count_bytes(state, 12. * double(many));
}
BENCHMARK(add)->MeasureProcessCPUTime()->UseRealTime();
void exp(benchmark::State& state) {
  const tg::Tensor a = tg::rand({many});
  measure(state, [&] { return tg::exp(a); });
  count_bytes(state, 8. * double(many));
}
BENCHMARK(exp)->MeasureProcessCPUTime()->UseRealTime();
void tanh(benchmark::State& state) {
  const tg::Tensor a = tg::rand({many});
  measure(state, [&] { return tg::tanh(a); });
  count_bytes(state, 8. * double(many));
}
BENCHMARK(tanh)->MeasureProcessCPUTime()->UseRealTime();
/// Rows become columns, and [N, C, H, W] becomes [N, H, W, C].
void transpose(benchmark::State& state) {
  const tg::Tensor a = tg::rand({many / 4096, 4096});
  measure(state, [&] { return a.t().contiguous(); });
  count_bytes(state, 8. * double(many));
}
BENCHMARK(transpose)->MeasureProcessCPUTime()->UseRealTime();
void channels_last(benchmark::State& state) {
  const tg::Tensor a = tg::rand({many / (64 * 32 * 32), 64, 32, 32});
  measure(state, [&] { return a.permute({0, 2, 3, 1}).contiguous(); });
  count_bytes(state, 8. * double(many));
}
BENCHMARK(channels_last)->MeasureProcessCPUTime()->UseRealTime();
/// To one number, along rows, and down columns.
void sum(benchmark::State& state) {
  const tg::Tensor a = tg::rand({many});
  measure(state, [&] { return a.sum(); });
  count_bytes(state, 4. * double(many));
}
BENCHMARK(sum)->MeasureProcessCPUTime()->UseRealTime();
void sum_along(benchmark::State& state) {
  const tg::Tensor a = tg::rand({many / 1024, 1024});
  measure(state, [&] { return a.sum({int(state.range(0))}); });
  count_bytes(state, 4. * double(many));
}
BENCHMARK(sum_along)->Arg(0)->Arg(1)->MeasureProcessCPUTime()->UseRealTime();
void rand(benchmark::State& state) {
  measure(state, [&] { return tg::rand({many}); });
  count_bytes(state, 4. * double(many));
}
BENCHMARK(rand)->MeasureProcessCPUTime()->UseRealTime();
void softmax(benchmark::State& state) {
  const tg::Tensor a = tg::rand({many / 1024, 1024});
  measure(state, [&] { return tg::softmax(a, 1); });
  count_bytes(state, 8. * double(many));
}
BENCHMARK(softmax)->MeasureProcessCPUTime()->UseRealTime();

void layer_norm(benchmark::State& state) {
  const tg::Tensor a = tg::rand({many / 1024, 1024}), w = tg::rand({1024}), b = tg::rand({1024});
  measure(state, [&] { return tg::layer_norm(a, {1024}, w, b); });
  count_bytes(state, 8. * double(many));
}
BENCHMARK(layer_norm)->MeasureProcessCPUTime()->UseRealTime();
void batch_norm(benchmark::State& state) {
  const tg::Tensor a = tg::rand({many / (64 * 32 * 32), 64, 32, 32}), w = tg::rand({64}),
                   b = tg::rand({64});
  measure(state, [&] { return tg::batch_norm(a, w, b).y; });
  count_bytes(state, 8. * double(many));
}
BENCHMARK(batch_norm)->MeasureProcessCPUTime()->UseRealTime();
void dropout(benchmark::State& state) {
  const tg::Tensor a = tg::rand({many});
  measure(state, [&] { return tg::dropout(a, 0.5); });
  count_bytes(state, 8. * double(many));
}
BENCHMARK(dropout)->MeasureProcessCPUTime()->UseRealTime();
void max_pool2d(benchmark::State& state) {
  const tg::Tensor a = tg::rand({many / (64 * 32 * 32), 64, 32, 32});
  measure(state, [&] { return tg::max_pool2d(a, 2); });
  count_bytes(state, 5. * double(many) + 2. * double(many));
}
BENCHMARK(max_pool2d)->MeasureProcessCPUTime()->UseRealTime();

/// Ops of order, of the sizes at which they were compared with PyTorch.
template <class Make, class F> void order(benchmark::State& state, Make make, F f) {
  const tg::Tensor x = make();
  measure(state, [&] { return f(x); });
}
tg::Tensor rows() { return tg::rand({64, 10000}); }
tg::Tensor square() { return tg::rand({1000, 1000}); }
tg::Tensor integers() { return tg::randint(0, 1 << 20, {1'000'000}); }
tg::Tensor two_vectors() { return tg::stack({tg::linspace(0, 1, 100'000), tg::rand({100'000})}); }
tg::Tensor images() { return tg::rand({16, 64, 56, 56}); }
tg::Tensor sequences() { return tg::rand({32, 64, 1024}); }
tg::Tensor reflected(const tg::Tensor& x) { return tg::pad(x, {3, 3, 3, 3}, tg::PadMode::reflect); }
#define ORDER(name, make, y) \
  BENCHMARK_CAPTURE(order, name, make, [](const tg::Tensor& x) { return y; })->UseRealTime()
ORDER(topk, rows, tg::topk(x, 10).values);
ORDER(median, square, tg::median(x, 1).values);
ORDER(unique, integers, tg::unique(x).values);
ORDER(searchsorted, two_vectors, tg::searchsorted(x[0], x[1]));
ORDER(cummax, square, tg::cummax(x, 1).values);
ORDER(cummax_columns, square, tg::cummax(x, 0).values);
ORDER(pad_reflect, images, reflected(x));
ORDER(max_pool1d, sequences, tg::max_pool1d(x, 3));

/// Forward and backward, with a gradient of ones.
template <class F> void measure_both(benchmark::State& state, tg::Tensor x, F f) {
  x.requires_grad_();
  measure_steps(state, [&] {
    x.set_grad({});
    const tg::Tensor y = f(x);
    y.backward(tg::ones_like(y));
  });
}
void softmax_both(benchmark::State& state) {
  measure_both(state, tg::rand({many / 1024, 1024}),
               [](const tg::Tensor& x) { return tg::softmax(x, 1); });
}
BENCHMARK(softmax_both)->MeasureProcessCPUTime()->UseRealTime();
void pad_reflect_both(benchmark::State& state) { measure_both(state, images(), reflected); }
BENCHMARK(pad_reflect_both)->UseRealTime();
void layer_norm_both(benchmark::State& state) {
  const tg::Tensor w = tg::rand({1024}).requires_grad_();
  measure_both(state, tg::rand({many / 1024, 1024}),
               [&](const tg::Tensor& x) { return tg::layer_norm(x, {1024}, w); });
}
BENCHMARK(layer_norm_both)->MeasureProcessCPUTime()->UseRealTime();
void batch_norm_both(benchmark::State& state) {
  measure_both(state, tg::rand({many / (64 * 32 * 32), 64, 32, 32}),
               [](const tg::Tensor& x) { return tg::batch_norm(x).y; });
}
BENCHMARK(batch_norm_both)->MeasureProcessCPUTime()->UseRealTime();
void max_pool2d_both(benchmark::State& state) {
  measure_both(state, tg::rand({many / (64 * 32 * 32), 64, 32, 32}),
               [](const tg::Tensor& x) { return tg::max_pool2d(x, 2); });
}
BENCHMARK(max_pool2d_both)->MeasureProcessCPUTime()->UseRealTime();

/// A step over 16M parameters.
template <class Optimizer, class Options>
void measure_step(benchmark::State& state, const Options& options) {
  tg::Tensor w = tg::rand({many}).requires_grad_();
  w.set_grad(tg::rand({many}));
  Optimizer optimizer({w}, options);
  measure_steps(state, [&] { optimizer.step(); });
}
void sgd(benchmark::State& state) {
  measure_step<tg::optim::SGD>(state, tg::optim::SgdOptions{.lr = 0.01, .momentum = 0.9});
}
BENCHMARK(sgd)->MeasureProcessCPUTime()->UseRealTime();
void adam(benchmark::State& state) {
  measure_step<tg::optim::Adam>(state, tg::optim::AdamOptions{});
}
BENCHMARK(adam)->MeasureProcessCPUTime()->UseRealTime();

/// Times an op apart from its arithmetic: four elements, without and with a node.
void overhead(benchmark::State& state) {
  const tg::Tensor a = tg::rand({4}), b = tg::rand({4});
  const tg::NoGrad off;
  for (auto _ : state) benchmark::DoNotOptimize(a + b);
}
BENCHMARK(overhead);
void overhead_with_node(benchmark::State& state) {
  const tg::Tensor a = tg::rand({4}).requires_grad_(), b = tg::rand({4});
  for (auto _ : state) benchmark::DoNotOptimize(a * b);
}
BENCHMARK(overhead_with_node);
/// The first while it is profiled.
void overhead_profiled(benchmark::State& state) {
  const tg::Tensor a = tg::rand({4}), b = tg::rand({4});
  const tg::NoGrad off;
  const tg::ProfileScope scope;
  for (auto _ : state) benchmark::DoNotOptimize(a + b);
}
BENCHMARK(overhead_profiled)->Iterations(1 << 18);

}  // namespace

int main(int argc, char** argv) try {
  benchmark::Initialize(&argc, argv);
  const std::string device = bench::device_argument(argc, argv);
  tg::set_default_device(device);
  benchmark::RunSpecifiedBenchmarks();
} catch (const tg::Error& e) { return std::fprintf(stderr, "ops_bench: %s\n", e.what()), 2; }
