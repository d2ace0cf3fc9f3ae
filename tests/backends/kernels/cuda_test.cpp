// SPDX-License-Identifier: MIT
// Tests the CUDA backend's own kernels, on the emulated device or the one that
// TINYGRAD_TESTED_DEVICE names, at sizes that take different code paths: vectors and their tails,
// rows in registers and long rows, partial results that a second pass combines.
#include "support/as_on_cpu.h"
#include "support/tested_device.h"

namespace tinygrad {
namespace {

using kernel_tests::Data;
using kernel_tests::OnHost;

const Device gpu = tested_device("emulated_cuda");
constexpr DType shorts[] = {float32, float16, bfloat16},
                reals[] = {float32, float16, bfloat16, float64};

using kernel_tests::expect_near;
using kernel_tests::Function;
using kernel_tests::numbers;

void expect_as_on_cpu(const Function& f, const std::vector<Shape>& shapes, DType dtype,
                      double size = 1, bool derive = false) {
  kernel_tests::expect_as_on_cpu(gpu, f, shapes, dtype, size, derive);
}

// ------------------------------------------------------------ element by element

TEST(CudaElementwise, ReadsVectorsTailsAndRows) {
  const Function affine = [](const Tensors& in) { return in[0] * in[1] + in[0]; };
  for (DType dtype : reals)
    for (const auto& [a, b] : std::vector<std::pair<Shape, Shape>>{{{1}, {1}},
                                                                   {{4099}, {4099}},
                                                                   {{8192}, {8192}},
                                                                   {{5, 1028}, {1028}},
                                                                   {{5, 1028}, {5, 1}},
                                                                   {{5, 1027}, {1027}},
                                                                   {{2, 3, 4, 8}, {3, 1, 1}},
                                                                   {{3, 1, 8}, {2, 1}}})
      expect_as_on_cpu(affine, {a, b}, dtype, 4);
}
TEST(CudaElementwise, TakesWhatIsDenseInPiecesOfSixteenBytes) {
  for (DType dtype : shorts)
    for (std::int64_t n : {8, 4096, 4104}) {
      expect_as_on_cpu([](const Tensors& in) { return exp(in[0]) * 2 - in[1] / 3; }, {{n}, {n}},
                       dtype, 8, true);
      expect_as_on_cpu([](const Tensors& in) { return 3 - maximum(in[0], in[1]) * in[1]; },
                       {{n}, {n}}, dtype, 4, true);
    }
}
TEST(CudaElementwise, TakesWhatBeginsBetweenVectors) {
  for (DType dtype : shorts) {
    expect_as_on_cpu([](const Tensors& in) { return exp(slice(in[0], 0, 1, 1001)); }, {{1003}},
                     dtype, 8);
    expect_as_on_cpu(
        [](const Tensors& in) { return slice(in[0], 1, 3, 11) + slice(in[0], 1, 8, 16); },
        {{7, 20}}, dtype, 4);
    expect_as_on_cpu([](const Tensors& in) { return in[0] + in[1].t(); }, {{40, 36}, {36, 40}},
                     dtype, 4);
  }
}
TEST(CudaElementwise, ReadsBooleansBesideFloats) {
  for (DType dtype : shorts) {
    expect_as_on_cpu([](const Tensors& in) { return where(in[0] < in[1], in[0], in[1] * 2); },
                     {{1030}, {1030}}, dtype, 4);
    expect_as_on_cpu([](const Tensors& in) { return (in[0] > 0).to(in[0].dtype()); }, {{6, 20}},
                     dtype);
    expect_as_on_cpu(
        [](const Tensors& in) { return where(unsqueeze(select(in[0], 1, 0), 1) < 0, in[0], 7); },
        {{6, 20}}, dtype);
  }
}
TEST(CudaElementwise, DerivesInRowsAndOtherwise) {
  for (DType dtype : shorts) {
    expect_as_on_cpu([](const Tensors& in) { return gelu(in[0]); }, {{1003}}, dtype, 2, true);
    expect_as_on_cpu([](const Tensors& in) { return tanh(in[0].t()); }, {{30, 20}}, dtype, 1, true);
    expect_as_on_cpu([](const Tensors& in) { return in[0] / (in[1] * in[1] + 1); },
                     {{12, 20}, {20}}, dtype, 4, true);
  }
}

/// Every dtype to every other, with values that overflow some dtypes.
TEST(CudaCopy, ConvertsAsTheCpuDoes) {
  const Tensor x =
      from_vector(std::vector<double>{0, -0.5, 1, 1.75, -3, 255, 256, -129, 70000, 1e9, 3e9, -3e9,
                                      1e19, -1e19, INFINITY, -INFINITY, NAN, 40, 50});
  for (DType from : all_dtypes)
    for (DType to : all_dtypes)
      for (std::int64_t begin : {0, 1}) {
        const Tensor part = slice(x.to(from), 0, begin);
        expect_near(slice(x.to(from).to(gpu), 0, begin).to(to).to(float64),
                    part.to(to).to(float64));
      }
}
TEST(CudaCopy, MovesWordsOfAnyWidth) {
  for (DType dtype : {float64, float32, bfloat16, uint8})
    for (const auto& [begin, end] :
         std::vector<std::pair<int, int>>{{0, 48}, {16, 48}, {8, 40}, {4, 44}, {2, 46}, {1, 48}}) {
      const Tensor x = abs(numbers({5, 3, 48}, 1) * 60).to(dtype), y = x.to(gpu);
      EXPECT_EQ(contiguous(slice(y, 2, begin, end)).to("cpu").to(float64).to_vector<double>(),
                slice(x, 2, begin, end).to(float64).to_vector<double>());
    }
}
TEST(CudaCopy, TransposesTileByTile) {
  for (DType dtype : {float64, float32, float16, uint8})
    for (const Shape& shape : {Shape{3, 70, 41}, Shape{3, 70, 20}, Shape{2, 9, 129}}) {
      const Tensor x = abs(numbers(shape, 1) * 60).to(dtype), y = x.to(gpu);
      for (const Dims& order : {Dims{0, 2, 1}, Dims{2, 1, 0}, Dims{1, 2, 0}})
        EXPECT_EQ(contiguous(permute(y, order)).to("cpu").to(float64).to_vector<double>(),
                  permute(x, order).to(float64).to_vector<double>());
    }
}
TEST(CudaCopy, FillsWithAnyNumber) {
  for (DType dtype : {float64, float32, float16, int32, int64, uint8, boolean})
    for (double value : {0.0, 1.0, 2.0}) {
      const Tensor x = full({3, 7}, value, {.dtype = dtype, .device = gpu});
      EXPECT_EQ(x.to("cpu").to(float64).to_vector<double>(),
                std::vector<double>(21, dtype == boolean ? value != 0 : value));
    }
  EXPECT_TRUE(std::signbit(full({1}, -0.0, {.device = gpu}).item<float>()));
}
TEST(CudaCopy, UploadsWhatFitsIntoArgumentsAndWhatDoesNot) {
  for (std::int64_t n : {1, 3, 255, 1023, 1024, 1025, 5000, 4 << 20, (4 << 20) + 1, 20'000'003}) {
    std::vector<std::uint8_t> bytes(std::size_t(n), 0);
    for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = std::uint8_t(i * 31 + (i >> 12));
    const Tensor x = from_vector(bytes, {n}, gpu);
    const std::vector<std::uint8_t> sent = bytes;
    std::fill(bytes.begin(), bytes.end(), 0);  // the host's memory may be reused
    EXPECT_EQ(x.to_vector<std::uint8_t>(), sent) << n;
  }
}

// ------------------------------------------------------------ reductions

TEST(CudaReduce, GoesAlongRowsOfAnyLength) {
  for (std::int64_t size : {1, 3, 4, 31, 64, 127, 128, 500, 1024, 1025, 4096, 5001})
    for (DType dtype : {float32, bfloat16, float64}) {
      expect_as_on_cpu([](const Tensors& in) { return sum(in[0], 1); }, {{5, size}}, dtype,
                       std::sqrt(double(size)) * 4);
      expect_as_on_cpu([](const Tensors& in) { return amax(in[0], 1); }, {{5, size}}, dtype);
    }
}
TEST(CudaReduce, GoesDownColumnsOfAnyLength) {
  for (const Shape& shape :
       {Shape{1, 5}, Shape{3, 132}, Shape{300, 7}, Shape{1000, 260}, Shape{9000, 3}})
    for (DType dtype : {float32, float16, float64}) {
      expect_as_on_cpu([](const Tensors& in) { return sum(in[0], 0); }, {shape}, dtype,
                       std::sqrt(double(shape[0])) * 4);
      expect_as_on_cpu([](const Tensors& in) { return amin(in[0], 0); }, {shape}, dtype);
    }
}
TEST(CudaReduce, JoinsPiecesOfWhatIsLong) {
  for (std::int64_t n : {32767, 32768, 100'003, 300'000}) {
    expect_as_on_cpu([](const Tensors& in) { return sum(in[0]); }, {{n}}, float32,
                     2 * std::sqrt(double(n)));
    expect_as_on_cpu([](const Tensors& in) { return sum(slice(in[0], 0, 0, INT64_MAX, 3)); }, {{n}},
                     float32, 2 * std::sqrt(double(n)));
  }
  expect_as_on_cpu(
      [](const Tensors& in) {
        return sum(in[0], {0, 2, 3});
      },
      {{6, 3, 40, 44}}, float32, 200);
  expect_as_on_cpu([](const Tensors& in) { return sum(in[0], {1}); }, {{3, 400, 20}}, float32, 40);
  expect_as_on_cpu(
      [](const Tensors& in) {
        return sum(permute(in[0], {2, 0, 1}), {0, 2});
      },
      {{7, 30, 50}}, float32, 80);
}
TEST(CudaReduce, KeepsManyFloatsExact) {
  const Tensor x = full({1'000'000}, 0.1f, {.device = gpu});
  EXPECT_NEAR(sum(x).item<float>(), 100000.0015, 0.02);  // of the sum, 2e-7
}
TEST(CudaReduce, WrapsIntegersAndLetsNaNThrough) {
  const Tensor large = full({100}, INT64_MAX / 8, {.dtype = int64});
  EXPECT_EQ(sum(large.to(gpu)).item<std::int64_t>(), sum(large).item<std::int64_t>());
  EXPECT_EQ(prod((numbers({6, 5}, 1).to(int64) + 3).to(gpu)).item<std::int64_t>(),
            prod(numbers({6, 5}, 1).to(int64) + 3).item<std::int64_t>());
  EXPECT_EQ(sum((numbers({5000}, 1) < 0).to(gpu)).item<std::int64_t>(),
            sum(numbers({5000}, 1) < 0).item<std::int64_t>());
  std::vector<float> values(5000, 1);
  values[4321] = NAN;
  EXPECT_TRUE(std::isnan(max(from_vector(values, {5000}, gpu)).item<float>()));
  EXPECT_TRUE(std::isnan(min(from_vector(values, {5000}, gpu)).item<float>()));
}

TEST(CudaArgReduce, FindsTheFirstOfEqualsInPiecesToo) {
  for (const auto& [shape, dim] : std::vector<std::pair<Shape, int>>{{{5, 7}, 1},
                                                                     {{5, 100}, 1},
                                                                     {{3, 3000}, 1},
                                                                     {{2, 70'000}, 1},
                                                                     {{2000, 5}, 0},
                                                                     {{4, 600, 3}, 1}})
    for (DType dtype : {float32, float16, float64, int64}) {
      const Tensor x = numbers(shape, 1).to(dtype);  // 257 values: the extremes come often
      EXPECT_EQ(argmax(x.to(gpu), dim).to_vector<std::int64_t>(),
                argmax(x, dim).to_vector<std::int64_t>());
      EXPECT_EQ(argmin(x.to(gpu), dim).to_vector<std::int64_t>(),
                argmin(x, dim).to_vector<std::int64_t>());
    }
  std::vector<float> values(70'000, 1);
  values[69'000] = 5, values[50'000] = values[60'000] = NAN;
  EXPECT_EQ(argmax(from_vector(values, {70'000}, gpu)).item<std::int64_t>(), 50'000);
  EXPECT_EQ(argmin(from_vector(values, {70'000}, gpu)).item<std::int64_t>(), 50'000);
}

// ------------------------------------------------------------ random numbers

TEST(CudaRandom, DrawsTheBitsOfTheCpu) {
  for (DType dtype : {float32, float64})
    for (std::int64_t n : {1, 2, 1003, 5000}) {
      std::vector<Tensor> drawn[2];
      for (int on_gpu : {0, 1}) {
        manual_seed(11);
        const TensorOptions there = {.dtype = dtype, .device = on_gpu ? gpu : Device("cpu")};
        for (int call = 0; call < 2; ++call) drawn[on_gpu].push_back(rand({n}, there));
        drawn[on_gpu].push_back(randn({n}, there));
      }
      for (int call : {0, 1})
        EXPECT_EQ(drawn[1][call].to("cpu").to(float64).to_vector<double>(),
                  drawn[0][call].to(float64).to_vector<double>());
      expect_near(drawn[1][2], drawn[0][2]);
    }
  for (std::int64_t high : {std::int64_t(10), std::int64_t(1) << 62}) {
    manual_seed(5);
    const auto on_cpu = randint(-3, high, {777}).to_vector<std::int64_t>();
    manual_seed(5);
    EXPECT_EQ(randint(-3, high, {777}, {.dtype = int64, .device = gpu}).to_vector<std::int64_t>(),
              on_cpu);
  }
}
TEST(CudaDropout, DropsWhatTheCpuDrops) {
  for (DType dtype : reals) {
    const Tensor x = numbers({1003}, 1).to(dtype);
    EXPECT_EQ(dropout(x.to(gpu), 0.25, Generator{3, 4}).to("cpu").to(float64).to_vector<double>(),
              dropout(x, 0.25, Generator{3, 4}).to(float64).to_vector<double>());
  }
}
TEST(CudaDropout, ReadsTheCallFromTheDevice) {
  Data of_number(float32, {3003}), of_view(float32, {3003}), on_cpu(float32, {3003});
  Data ones_there(float32, {3003}), number(int64, {});
  for (int i = 0; i < 3003; ++i) ones_there.set(i, 1);
  const Scalar call = std::int64_t(1) << 40 | 5;
  number.set(0, call.real());
  OnHost kernels(backend(gpu));
  ASSERT_TRUE(kernels.dropout(ones_there.view, 0.4, {7, call}, of_number.view));
  ASSERT_TRUE(kernels.dropout(ones_there.view, 0.4, {7, number.view}, of_view.view));
  ASSERT_TRUE(kernel_tests::cpu().dropout(ones_there.view, 0.4, {7, call}, on_cpu.view));
  EXPECT_EQ(of_number.bytes(), of_view.bytes());
  EXPECT_EQ(of_number.bytes(), on_cpu.bytes());
}

// ------------------------------------------------------------ indices

Tensor places(const Shape& shape, std::int64_t below, unsigned seed) {
  std::mt19937 words(seed);
  std::vector<std::int64_t> index(std::size_t(shape.count()));
  for (auto& i : index) i = words() % std::uint64_t(below);
  return from_vector(index, shape);
}
TEST(CudaGather, TakesRowsInWordsOfAnyWidth) {
  const Tensor index = places({90}, 50, 1);
  for (DType dtype : {float64, float32, bfloat16, uint8})
    for (std::int64_t width : {1, 2, 6, 64, 65}) {
      const Tensor x = abs(numbers({50, width}, 2) * 60).to(dtype);
      EXPECT_EQ(index_select(x.to(gpu), 0, index.to(gpu)).to("cpu").to(float64).to_vector<double>(),
                index_select(x, 0, index).to(float64).to_vector<double>());
      const Tensor own = places({20, width}, 50, 3);
      EXPECT_EQ(gather(x.to(gpu), 0, own.to(gpu)).to("cpu").to(float64).to_vector<double>(),
                gather(x, 0, own).to(float64).to_vector<double>());
    }
}
TEST(CudaScatter, AddsInOrderAndLetsTheLastWin) {
  using Case = std::tuple<std::int64_t, std::int64_t, std::int64_t>;  // entries, sources, columns
  for (const auto& [entries, sources, lines] : {Case{40, 100, 30}, Case{7, 3000, 3}, Case{3, 5, 50},
                                                Case{2000, 2500, 1}, Case{1100, 40, 300}})
    for (bool shared : {false, true})  // by all lines
      for (DType dtype : {float32, float64, int64}) {
        const Tensor x = numbers({entries, lines}, 3).to(dtype),
                     source = numbers({sources, lines}, 4).to(dtype);
        const Tensor index = places({sources, shared ? 1 : lines}, entries, 1);
        const auto on = [&, sources = sources, lines = lines](const Device& device, auto scatter) {
          return scatter(x.to(device), expand(index.to(device), {sources, lines}),
                         source.to(device))
              .to("cpu")
              .to(float64)
              .template to_vector<double>();
        };
        const auto set = [](const Tensor& x, const Tensor& index, const Tensor& source) {
          return scatter(x, 0, index, source);
        };
        const auto add = [](const Tensor& x, const Tensor& index, const Tensor& source) {
          return scatter_add(x, 0, index, source);
        };
        EXPECT_EQ(on(gpu, set), on("cpu", set));
        EXPECT_EQ(on(gpu, add), on("cpu", add));
      }
}

// ------------------------------------------------------------ whole rows

TEST(CudaSoftmax, TakesLinesOfAnyLength) {
  for (std::int64_t size :
       {1, 10, 16, 17, 100, 128, 300, 512, 700, 1024, 1025, 2048, 4096, 5000, 8192, 8200, 9001})
    for (DType dtype : {float32, bfloat16, float64}) {
      expect_as_on_cpu([](const Tensors& in) { return softmax(in[0], 1); }, {{3, size}}, dtype, 1,
                       true);
      expect_as_on_cpu([](const Tensors& in) { return log_softmax(in[0], 1); }, {{3, size}}, dtype,
                       8, true);
    }
  for (const Shape& shape : {Shape{3, 5, 40}, Shape{2, 700, 3}, Shape{1, 2, 33}})
    for (DType dtype : {float32, float16, float64}) {
      expect_as_on_cpu([](const Tensors& in) { return softmax(in[0], 1); }, {shape}, dtype, 1,
                       true);
      expect_as_on_cpu([](const Tensors& in) { return log_softmax(in[0], 1); }, {shape}, dtype, 8,
                       true);
    }
}
TEST(CudaSoftmax, TakesManyRowsOfAWarpEach) {
  for (std::int64_t size : {1027, 1500})
    for (DType dtype : {float32, bfloat16}) {
      expect_as_on_cpu([](const Tensors& in) { return softmax(in[0], 1); }, {{2050, size}}, dtype);
      expect_as_on_cpu([](const Tensors& in) { return log_softmax(in[0], 1); }, {{2050, size}},
                       dtype, 8);
    }
}
/// Large negative, infinite and NaN logits, in each code path.
TEST(CudaSoftmax, KeepsTheRulesOfInfinities) {
  const double inf = INFINITY;
  for (const auto& [shape, dim] : std::vector<std::pair<Shape, int>>{
           {{6, 12}, 1}, {{6, 300}, 1}, {{6, 3000}, 1}, {{6, 9000}, 1}, {{5, 6}, 0}, {{3, 6}, 0}}) {
    const std::int64_t size = shape[dim], step = dim ? 1 : shape[1];
    std::vector<double> values(std::size_t(shape.count()));
    for (std::int64_t line = 0; line < 6; ++line)
      for (std::int64_t i = 0; i < size; ++i) {
        double& v = values[std::size_t(line * (dim ? size : 1) + i * step)];
        v = -1e5 - double(i % 3);
        if (line == 1) v = -inf;
        if (line == 2 && i == size / 2) v = inf;
        if (line == 3 && i == size - 1) v = NAN;
        if (line == 4 && i % 2 == 0) v = -inf;
        if (line == 5) v = 80 + double(i % 2) * 20;
      }
    const Tensor x = from_vector(values, shape);
    for (DType dtype : {float32, float64}) {
      expect_near(softmax(x.to(dtype).to(gpu), dim), softmax(x, dim));
      expect_near(log_softmax(x.to(dtype).to(gpu), dim), log_softmax(x, dim), 1e5);
      if (dim == 1) expect_near(logsumexp(x.to(dtype).to(gpu), 1), logsumexp(x, 1), 1e5);
    }
  }
}

TEST(CudaCrossEntropy, TakesRowsOfAnyLength) {
  for (const Shape& shape :
       {Shape{70, 10}, Shape{9, 300}, Shape{300, 3}, Shape{3, 2000}, Shape{2, 9001}})
    for (DType dtype : {float32, bfloat16, float64}) {
      const Tensor target = places({shape[0]}, shape[1], 7);
      expect_as_on_cpu(
          [&](const Tensors& in) { return cross_entropy(in[0], target.to(in[0].device())); },
          {shape}, dtype, 8, true);
    }
}
TEST(CudaCrossEntropy, LetsInfinitiesThrough) {
  for (std::int64_t size : {10, 300, 3000}) {
    const auto row = [&](double value) { return full({1, size}, value, {.dtype = float64}); };
    const auto column = [](double value) { return full({6, 1}, value, {.dtype = float64}); };
    Tensor x = cat({row(-1e5), numbers({4, size}, 1), row(-INFINITY)});
    x = cat({column(-INFINITY), x, where(unsqueeze(arange(6), 1) == 2, column(INFINITY), -3.0)}, 1);
    const Tensor target = places({6}, size, 3) + 1;
    for (std::int64_t row = 0; row < 6; ++row) {
      const Tensor one = slice(x, 0, row, row + 1), label = slice(target, 0, row, row + 1);
      for (DType dtype : {float32, float64})
        expect_near(cross_entropy(one.to(dtype).to(gpu), label.to(gpu)),
                    logsumexp(one) - sum(gather(one, 1, unsqueeze(label, 1))), 1e5);
    }
  }
}
TEST(CudaCrossEntropy, ABadTargetIsReportedByTheNextRead) {
  const Tensor x = rand({300, 4}, {.device = gpu}).requires_grad_();
  std::vector<std::int64_t> labels(300, 1);
  labels[77] = 4, labels[210] = -1;
  const Tensor loss = cross_entropy(x, from_vector(labels, {300}, gpu));
  loss.backward();
  try {
    loss.item<float>();
    FAIL() << "no error";
  } catch (const IndexError& e) {
    EXPECT_EQ(
        std::string(e.what()).rfind("cross_entropy: index 4 at position 77 is not in [0, 4)", 0),
        0u)
        << e.what();
  }
  EXPECT_TRUE(std::isnan(loss.item<float>()));  // reported once
}

TEST(CudaLayerNorm, TakesRowsOfAnyLength) {
  for (const Shape& shape :
       {Shape{70, 10}, Shape{5, 64}, Shape{3, 100}, Shape{3, 768}, Shape{2, 1001}, Shape{3, 2000},
        Shape{2, 8192}, Shape{2, 9000}, Shape{4200, 20}})
    for (DType dtype : {float32, bfloat16, float64})
      for (int given : {0, 1}) {
        const std::int64_t d = shape[1];
        const Function f = [=](const Tensors& in) {
          return given ? layer_norm(in[0], {d}, in[1], in[2]) : layer_norm(in[0], {d});
        };
        expect_as_on_cpu(f, {shape, {d}, {d}}, dtype, 8, true);
        const Function by_w = [=](const Tensors& in) {
          return layer_norm(in[1], {d}, in[0], in[2]);
        };
        if (given)
          expect_as_on_cpu(by_w, {{d}, shape, {d}}, dtype, 8 * std::sqrt(double(shape[0])), true);
      }
}
TEST(CudaBatchNorm, TakesChannelsOfAnyLength) {
  for (const Shape& shape : {Shape{4, 3, 17}, Shape{4, 2, 16}, Shape{2, 3, 30, 30},
                             Shape{8, 3, 40, 40}, Shape{3, 2, 77, 41}, Shape{600, 5}})
    for (DType dtype : {float32, float16, float64}) {
      const Shape channels = {shape[1]};
      expect_as_on_cpu([](const Tensors& in) { return batch_norm(in[0], in[1], in[2]).y; },
                       {shape, channels, channels}, dtype, 8, true);
      expect_as_on_cpu([](const Tensors& in) { return batch_norm(in[0]).y; }, {shape}, dtype, 8,
                       true);
      const double sums = 8 * std::sqrt(double(shape.count() / shape[1]));
      expect_as_on_cpu([](const Tensors& in) { return batch_norm(in[1], in[0], in[2]).y; },
                       {channels, shape, channels}, dtype, sums, true);
    }
}
TEST(CudaBatchNorm, KeepsTheDigitsOfASmallVarianceBesideALargeMean) {
  for (const Shape& shape : {Shape{8, 2, 100}, Shape{8, 2, 80, 80}})
    expect_as_on_cpu([](const Tensors& in) { return batch_norm(in[0] + 512).y; }, {shape}, float32,
                     60);  // 2 units of 512 in the last place
}

// ------------------------------------------------------------ windows

TEST(CudaPool, MovesAnyWindow) {
  for (const auto& [kernel, args] : std::vector<std::pair<Pair, MaxPool2dOptions>>{
           {2, {}},
           {{3, 2}, {}},
           {3, {.stride = 2, .padding = 1}},
           {3, {.stride = 1, .padding = 1}},
           {2, {.stride = 3}},
           {{5, 1}, {.stride = {2, 1}, .padding = {2, 0}}},
           {{2, 3}, {.ceil_mode = true}}})
    for (DType dtype : {float32, bfloat16, float64}) {
      expect_as_on_cpu([kernel = kernel,
                        args = args](const Tensors& in) { return max_pool2d(in[0], kernel, args); },
                       {{2, 3, 11, 14}}, dtype, 1, true);
      expect_as_on_cpu(
          [kernel = kernel, args = args](const Tensors& in) {
            return avg_pool2d(
                in[0], kernel,
                {.stride = args.stride, .padding = args.padding, .ceil_mode = args.ceil_mode});
          },
          {{2, 3, 11, 14}}, dtype, 1, true);
    }
}

// ------------------------------------------------------------ optimizer steps

/// Parameters of many sizes, more than one launch takes; every seventh is not aligned for vectors.
struct Parameters {
  std::vector<std::unique_ptr<Data>> data;
  std::vector<View> views;
  Parameters(DType dtype, unsigned seed, bool positive = false) {
    for (int i = 0; i < 70; ++i) {
      const std::int64_t n = i == 40 ? 20'000 : i % 5 == 0 ? 8192 + i : i % 3 == 0 ? 0 : 1 + i * 13;
      Data& d = *data.emplace_back(std::make_unique<Data>(dtype, Shape{n + 1}));
      d.random(seed + unsigned(i));
      for (std::int64_t k = 0; positive && k <= n; ++k) d.set(k, std::fabs(d.at(k)));
      views.push_back(d.view.narrow(0, i >= 64, n));
    }
  }
};
void expect_near(const Parameters& a, const Parameters& b) {
  for (std::size_t i = 0; i < a.data.size(); ++i)
    kernel_tests::expect_near(*a.data[i], [&](std::int64_t k) { return b.data[i]->at(k); });
}

TEST(CudaOptimizers, StepAsTheCpuDoes) {
  for (DType dtype : reals)
    for (const SgdStep& step : {SgdStep{.lr = Scalar(0.25)},
                                SgdStep{.lr = Scalar(0.25),
                                .momentum = 0.5,
                                .weight_decay = 0.125,
                                .dampening = 0.25,
                                .nesterov = true},
                                SgdStep{.lr = Scalar(0.25), .momentum = 0.5, .first = true}}) {
      Parameters w(dtype, 1), g(dtype, 100), m(dtype, 200), g_cpu(float64, 100), w_cpu(float64, 1),
          m_cpu(float64, 200);
      ASSERT_TRUE(OnHost(backend(gpu)).sgd(w.views, g.views, m.views, step));
      ASSERT_TRUE(kernel_tests::cpu().sgd(w_cpu.views, g_cpu.views, m_cpu.views, step));
      expect_near(w, w_cpu), expect_near(m, m_cpu);
    }
  for (DType dtype : reals)
    for (const AdamStep& step :
         {AdamStep{.lr = Scalar(0.25), .step = Scalar(3)},
          AdamStep{.lr = Scalar(0.25), .step = Scalar(1), .weight_decay = 0.125},
          AdamStep{
              .lr = Scalar(0.25), .step = Scalar(7), .weight_decay = 0.125, .decoupled = true}}) {
      Parameters w(dtype, 1), g(dtype, 100), m(dtype, 200), v(dtype, 300, true),
          g_cpu(float64, 100), w_cpu(float64, 1), m_cpu(float64, 200), v_cpu(float64, 300, true);
      ASSERT_TRUE(OnHost(backend(gpu)).adam(w.views, g.views, m.views, v.views, step));
      ASSERT_TRUE(
          kernel_tests::cpu().adam(w_cpu.views, g_cpu.views, m_cpu.views, v_cpu.views, step));
      expect_near(w, w_cpu), expect_near(m, m_cpu), expect_near(v, v_cpu);
    }
}
TEST(CudaOptimizers, ReadWhatChangesFromTheDevice) {
  Data lr(float32, {1}), number(int64, {});
  lr.set(0, 0.25), number.set(0, 3);
  std::vector<char> results[2][2];
  for (int from_device : {0, 1}) {
    Data w(float32, {5000}), g(float32, {5000}), m(float32, {5000}), v(float32, {5000});
    w.random(1), g.random(2), m.random(3), v.random(4);
    for (int i = 0; i < 5000; ++i) v.set(i, std::fabs(v.at(i)));
    const View ws[] = {w.view}, gs[] = {g.view}, ms[] = {m.view}, vs[] = {v.view};
    OnHost kernels(backend(gpu));
    const Operand rate = from_device ? Operand(lr.view) : Operand(Scalar(0.25)),
                  step = from_device ? Operand(number.view) : Operand(Scalar(3));
    ASSERT_TRUE(kernels.sgd(ws, gs, ms, {.lr = rate, .momentum = 0.5}));
    results[from_device][0] = w.bytes();
    ASSERT_TRUE(kernels.adam(ws, gs, ms, vs, {.lr = rate, .step = step}));
    results[from_device][1] = w.bytes();
  }
  EXPECT_EQ(results[0][0], results[1][0]);
  EXPECT_EQ(results[0][1], results[1][1]);
}

TEST(CudaOptimizers, LeaveOutWhatOverflowed) {
  for (double number : {0., 1., double(NAN)}) {
    Data overflow(float32, {}), w(float32, {5000}), g(float32, {5000}), m(float32, {5000}),
        v(float32, {5000});
    overflow.set(0, number);
    w.random(1), g.random(2), m.random(3), v.random(4);
    for (int i = 0; i < 5000; ++i) v.set(i, std::fabs(v.at(i)));
    const View ws[] = {w.view}, gs[] = {g.view}, ms[] = {m.view}, vs[] = {v.view};
    OnHost kernels(backend(gpu));
    const auto all = [&] { return std::vector{w.bytes(), m.bytes(), v.bytes()}; };
    const auto before = all();
    ASSERT_TRUE(
        kernels.sgd(ws, gs, ms, {.lr = Scalar(0.25), .momentum = 0.5, .overflow = overflow.view}));
    const auto after_sgd = all();
    EXPECT_EQ(after_sgd == before, number != 0) << number;
    ASSERT_TRUE(kernels.adam(ws, gs, ms, vs,
                             {.lr = Scalar(0.25), .step = Scalar(2), .overflow = overflow.view}));
    EXPECT_EQ(all() == after_sgd, number != 0) << number;
  }
}

}  // namespace
}  // namespace tinygrad
