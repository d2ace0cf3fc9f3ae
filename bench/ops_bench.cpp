// Single ops, for any device: ops_bench --device cpu [Google Benchmark's flags].
// Each case states what it moves or computes, so that results read as GB/s and GFLOP/s.
#include <benchmark/benchmark.h>
#include <tinygrad/tinygrad.h>

#include <string>

#include "device_argument.h"

namespace tg = tinygrad;
namespace {

void count_flops(benchmark::State& state, double flops) {
  state.counters["FLOP/s"] = benchmark::Counter(flops, benchmark::Counter::kIsIterationInvariantRate);
}
void count_bytes(benchmark::State& state, double bytes) {
  state.counters["B/s"] = benchmark::Counter(bytes, benchmark::Counter::kIsIterationInvariantRate, benchmark::Counter::kIs1024);
}

/// Runs f until the clock is content; waits for the device.
template <class F> void measure(benchmark::State& state, F f) {
  const tg::NoGrad off;
  for (auto _ : state) {
    benchmark::DoNotOptimize(f());
    tg::synchronize();
  }
}

/// [M, K] x [K, N].
void matmul(benchmark::State& state) {
  const auto m = state.range(0), k = state.range(1), n = state.range(2);
  const tg::Tensor a = tg::rand({m, k}), b = tg::rand({k, n});
  measure(state, [&] { return tg::matmul(a, b); });
  count_flops(state, 2. * double(m * k * n));
}
BENCHMARK(matmul)->Args({1024, 1024, 1024})->Args({64, 784, 512})->Args({512, 64, 784})->UseRealTime();

/// The two convolutions of the MNIST network: 64 images, 3x3, padding 1.
void conv2d(benchmark::State& state) {
  const auto in = state.range(0), out = state.range(1), side = state.range(2);
  const tg::Tensor x = tg::rand({64, in, side, side}), w = tg::rand({out, in, 3, 3}), b = tg::rand({out});
  measure(state, [&] { return tg::conv2d(x, w, b, {.padding = 1}); });
  count_flops(state, 2. * 64. * 9. * double(in * out * side * side));
}
BENCHMARK(conv2d)->Args({1, 32, 28})->Args({32, 64, 14})->UseRealTime();

constexpr std::int64_t many = 1 << 24;
/// Memory in full: two reads and a write, or one of each.
void add(benchmark::State& state) {
  const tg::Tensor a = tg::rand({many}), b = tg::rand({many});
  measure(state, [&] { return a + b; });
  count_bytes(state, 12. * double(many));
}
BENCHMARK(add)->UseRealTime();
void exp(benchmark::State& state) {
  const tg::Tensor a = tg::rand({many});
  measure(state, [&] { return tg::exp(a); });
  count_bytes(state, 8. * double(many));
}
BENCHMARK(exp)->UseRealTime();
void softmax(benchmark::State& state) {
  const tg::Tensor a = tg::rand({many / 1024, 1024});
  measure(state, [&] { return tg::softmax(a, 1); });
  count_bytes(state, 8. * double(many));
}
BENCHMARK(softmax)->UseRealTime();

/// What an op costs beside its arithmetic: four elements, without and with a node.
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

}  // namespace

int main(int argc, char** argv) try {
  benchmark::Initialize(&argc, argv);
  const std::string device = bench::device_argument(argc, argv);
  tg::set_default_device(device);
  benchmark::RunSpecifiedBenchmarks();
} catch (const tg::Error& e) { return std::fprintf(stderr, "ops_bench: %s\n", e.what()), 2; }
