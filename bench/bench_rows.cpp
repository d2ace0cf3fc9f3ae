// SPDX-License-Identifier: MIT
// Times one row of bench/compare_cuda, an op or a training step, on a device.
// - bench_rows ROW float32|bfloat16 DEVICE [tiny] prints milliseconds, bytes moved (0: not bound by
//   memory), and the most bytes that were reserved
// - bench_rows --list prints the rows
//
// With bfloat16, single ops have bfloat16 inputs, and training steps run under Autocast. tiny
// selects sizes for a test of this program.
#include <tinygrad/models/gpt2.h>
#include <tinygrad/models/resnet.h>
#include <tinygrad/tinygrad.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <functional>
#include <map>
#include <string>

#include "mnist/nets.h"

namespace {

namespace tg = tinygrad;
using tg::Tensor;

struct Setting {
  tg::DType dtype = tg::float32;
  tg::Device device = "cpu";
  bool tiny = false;
  std::int64_t size(std::int64_t n, std::int64_t small) const { return tiny ? small : n; }
  Tensor rand(const tg::Shape& shape) const {
    return tg::rand(shape, {.device = device}).to(dtype);
  }
};
/// The work that is timed, and the bytes that it must move.
struct Work {
  std::function<void()> step;
  double bytes = 0;
};
using Row = std::function<Work(const Setting&)>;

double bytes_of(const Tensor& x) { return double(x.numel()) * double(tg::size_of(x.dtype())); }

// ------------------------------------------------------------ single ops

Row matmul_row() {
  return [](const Setting& s) {
    const std::int64_t n = s.size(4096, 64);
    const Tensor a = s.rand({n, n}), b = s.rand({n, n});
    return Work{[=] { tg::matmul(a, b); }};
  };
}
/// f of inputs of these shapes, with its gradients if `backward` is set.
Row op_row(std::vector<tg::Shape> shapes, bool backward,
           std::function<Tensor(const tg::Tensors&)> f) {
  return [=](const Setting& s) {
    tg::Tensors in;
    for (const tg::Shape& shape : shapes) in.push_back(s.rand(shape));
    if (!backward) return Work{[=] { f(in); }};
    for (Tensor& x : in) x.requires_grad_();
    const Tensor dy = tg::ones_like(f(in).detach());
    return Work{[=]() mutable {
      for (Tensor& x : in) x.set_grad({});
      f(in).backward(dy);
    }};
  };
}
Row conv_row(int in, int out, int side, int kernel, bool backward, tg::Conv2dOptions options = {}) {
  return [=](const Setting& s) mutable {
    options.padding = kernel / 2 * options.dilation.x;
    return op_row(
        {{s.size(256, 2), in, side, side}, {out, in / options.groups, kernel, kernel}}, backward,
        [options](const tg::Tensors& x) { return tg::conv2d(x[0], x[1], {}, options); })(s);
  };
}
Row resize_row(tg::InterpolationMode mode) {
  return [=](const Setting& s) {
    return op_row({{s.size(64, 2), 64, 32, 32}}, true, [mode](const tg::Tensors& x) {
      return tg::interpolate(x[0], {.scale_factor = {2}, .mode = mode});
    })(s);
  };
}
/// f on `rows` x `columns` elements; passes: the number of times that memory moves that many.
Row memory_row(std::int64_t rows, std::int64_t columns, double passes,
               std::function<Tensor(const Tensor&)> f) {
  return [=](const Setting& s) {
    const Tensor x = s.rand({s.size(rows, 8), s.size(columns, 64)});
    return Work{[=] { f(x); }, passes * bytes_of(x)};
  };
}
constexpr std::int64_t side = 8192;  // 64M elements
Row add_row() {
  return [](const Setting& s) {
    const Tensor a = s.rand({s.size(side, 8), s.size(side, 64)}), b = s.rand(a.shape());
    return Work{[=] { (void)(a + b); }, 3 * bytes_of(a)};
  };
}
Row batch_norm_row() {
  return [](const Setting& s) {
    const Tensor x = s.rand({s.size(256, 2), 64, 56, 56}), w = s.rand({64}), b = s.rand({64});
    return Work{[=] { (void)tg::batch_norm(x, w, b).y; }, 3 * bytes_of(x)};
  };
}
/// A step over 100M float32 parameters in 100 tensors; streams: arrays read or written.
template <class Optimizer, class Options>
Row optimizer_row(const Options& options, double streams) {
  return [=](const Setting& s) {
    std::vector<Tensor> all;
    for (int i = 0; i < 100; ++i) {
      all.push_back(tg::rand({s.size(1'000'000, 100)}, {.device = s.device}).requires_grad_());
      all.back().set_grad(tg::rand_like(all.back().detach()));
    }
    auto optimizer = std::make_shared<Optimizer>(all, options);
    return Work{[=] { optimizer->step(); }, streams * 100 * bytes_of(all[0])};
  };
}

// ------------------------------------------------------------ training steps

/// A step of SGD on fixed data, captured if the device records.
Row training_row(std::function<std::shared_ptr<tg::nn::Module>(const Setting&)> make,
                 std::function<std::pair<Tensor, Tensor>(const Setting&)> data) {
  return [=](const Setting& s) {
    const std::shared_ptr<tg::nn::Module> net = make(s);
    net->to(s.device);
    auto sgd = std::make_shared<tg::optim::SGD>(net->parameters(),
                                                tg::optim::SgdOptions{.lr = 0.01, .momentum = 0.9});
    const auto [x, y] = data(s);
    auto step = [=, x = x, y = y] {
      sgd->zero_grad();
      Tensor loss;
      {
        const tg::Autocast autocast(s.dtype);
        const Tensor scores = (*net)(x);
        loss = tg::cross_entropy(scores.reshape({-1, scores.size(-1)}), y);
      }
      loss.backward();
      sgd->step();
      return loss;
    };
    auto captured =
        std::make_shared<decltype(tg::capture(step))>(tg::capture(step, {.device = s.device}));
    return Work{[=] { (*captured)(); }};
  };
}
std::pair<Tensor, Tensor> images(const Setting& s, const tg::Shape& shape, int classes) {
  return {tg::rand(shape, {.device = s.device}),
          tg::randint(0, classes, {shape[0]}, {.dtype = tg::int64, .device = s.device})};
}
Row gpt_row() {
  const auto options = [](const Setting& s) {
    return tg::models::GPT2Options{.vocab_size = s.size(50304, 32),
                                   .n_positions = s.size(1024, 8),
                                   .n_embd = s.size(768, 16),
                                   .n_layer = s.size(12, 2),
                                   .n_head = s.size(12, 2)};
  };
  return training_row(
      [=](const Setting& s) { return std::make_shared<tg::models::GPT2>(options(s)); },
      [=](const Setting& s) {
        const std::int64_t n = s.size(8, 2), t = options(s).n_positions;
        const auto words = [&](const tg::Shape& shape) {
          return tg::randint(0, options(s).vocab_size, shape,
                             {.dtype = tg::int64, .device = s.device});
        };
        return std::pair{words({n, t}), words({n * t})};
      });
}

const std::map<std::string, Row>& rows() {
  static const std::map<std::string, Row> all = {
      {"matmul 4096", matmul_row()},
      {"conv 32-64 28x28", conv_row(32, 64, 28, 3, false)},
      {"conv 64-128 14x14", conv_row(64, 128, 14, 3, false)},
      {"conv 3-64 32x32", conv_row(3, 64, 32, 3, false)},
      {"conv 64-64 56x56", conv_row(64, 64, 56, 3, false)},
      {"conv 256-256 14x14 1x1", conv_row(256, 256, 14, 1, false)},
      {"conv 32-64 28x28 with backward", conv_row(32, 64, 28, 3, true)},
      {"conv 64-128 14x14 with backward", conv_row(64, 128, 14, 3, true)},
      {"conv 3-64 32x32 with backward", conv_row(3, 64, 32, 3, true)},
      {"conv 64-64 56x56 with backward", conv_row(64, 64, 56, 3, true)},
      {"conv 256-256 14x14 1x1 with backward", conv_row(256, 256, 14, 1, true)},
      {"conv 64-64 32x32 depthwise with backward", conv_row(64, 64, 32, 3, true, {.groups = 64})},
      {"conv 128-128 28x28 grouped with backward", conv_row(128, 128, 28, 3, true, {.groups = 32})},
      {"conv 64-64 28x28 dilated with backward", conv_row(64, 64, 28, 3, true, {.dilation = 2})},
      {"conv 64-128 56x56 strided with backward", conv_row(64, 128, 56, 3, true, {.stride = 2})},
      {"nearest 32x32 to 64x64 with backward", resize_row(tg::InterpolationMode::nearest)},
      {"bilinear 32x32 to 64x64 with backward", resize_row(tg::InterpolationMode::bilinear)},
      {"copy", memory_row(side, side, 2, [](const Tensor& x) { return x.clone(); })},
      {"add", add_row()},
      {"exp", memory_row(side, side, 2, [](const Tensor& x) { return tg::exp(x); })},
      {"gelu", memory_row(side, side, 2, [](const Tensor& x) { return tg::gelu(x); })},
      {"transpose", memory_row(side, side, 2, [](const Tensor& x) { return x.t().contiguous(); })},
      {"sum", memory_row(side, side, 1, [](const Tensor& x) { return tg::sum(x); })},
      {"sum of rows", memory_row(side, side, 1, [](const Tensor& x) { return tg::sum(x, 1); })},
      {"sum of columns", memory_row(side, side, 1, [](const Tensor& x) { return tg::sum(x, 0); })},
      {"sum of rows of 4",
       memory_row(side * side / 4, 4, 1, [](const Tensor& x) { return tg::sum(x, 1); })},
      {"softmax",
       memory_row(4 * side, side / 4, 2, [](const Tensor& x) { return tg::softmax(x, 1); })},
      {"layer_norm", memory_row(16 * side, side / 16, 2,
                                [](const Tensor& x) { return tg::layer_norm(x, {x.size(1)}); })},
      {"batch_norm", batch_norm_row()},
      {"sgd 100M",
       optimizer_row<tg::optim::SGD>(tg::optim::SgdOptions{.lr = 0.01, .momentum = 0.9}, 5)},
      {"adam 100M", optimizer_row<tg::optim::Adam>(tg::optim::AdamOptions{}, 7)},
      {"train mlp", training_row([](const Setting&) { return std::make_shared<mnist::Mlp>(); },
                                 [](const Setting& s) {
                                   return images(s, {64, 1, 28, 28}, 10);
                                 })},
      {"train cnn", training_row([](const Setting&) { return std::make_shared<mnist::Cnn>(); },
                                 [](const Setting& s) {
                                   return images(s, {64, 1, 28, 28}, 10);
                                 })},
      {"train resnet18",
       training_row([](const Setting&) { return std::make_shared<tg::models::ResNet18>(); },
                    [](const Setting& s) {
                      return images(s, {s.size(128, 2), 3, s.size(224, 32), s.size(224, 32)}, 1000);
                    })},
      {"train gpt", gpt_row()},
  };
  return all;
}

// ------------------------------------------------------------ time

/// The median of ten stretches, each of some steps and a wait: at least 10 ms if a step is short.
double milliseconds(const std::function<void()>& step, const tg::Device& device) {
  using Clock = std::chrono::steady_clock;
  const auto stretch = [&](int steps) {
    const auto start = Clock::now();
    for (int i = 0; i < steps; ++i) step();
    tg::synchronize(device);
    return std::chrono::duration<double, std::milli>(Clock::now() - start).count() / steps;
  };
  for (int i = 0; i < 5; ++i) stretch(1);
  const int steps = std::max(1, int(10 / std::max(stretch(2), 0.001)));
  std::vector<double> times;
  for (int i = 0; i < 10; ++i) times.push_back(stretch(steps));
  std::sort(times.begin(), times.end());
  return (times[4] + times[5]) / 2;
}

}  // namespace

int main(int argc, char** argv) try {
  if (argc == 2 && std::string(argv[1]) == "--list") {
    for (auto& [name, row] : rows()) std::printf("%s\n", name.c_str());
    return 0;
  }
  tg::require(argc >= 4 && rows().count(argv[1]), "bench_rows",
              "takes a row (--list), float32 or bfloat16, a device, and perhaps tiny");
  const std::string dtype = argv[2];
  tg::require(dtype == "float32" || dtype == "bfloat16", "bench_rows",
              "takes float32 or bfloat16, not ", dtype);
  const Setting setting = {dtype == "float32" ? tg::float32 : tg::bfloat16, argv[3], argc > 4};
  tg::manual_seed(1);
  tg::use_deterministic_algorithms(false);  // as PyTorch's default and cudnn.benchmark
  const Work work = rows().at(argv[1])(setting);
  const double time = milliseconds(work.step, setting.device);
  std::printf("%.6f %.0f %lld\n", time, work.bytes,
              static_cast<long long>(tg::memory_stats(setting.device).peak_reserved));
} catch (const tg::Error& e) { return std::fprintf(stderr, "bench_rows: %s\n", e.what()), 2; }
