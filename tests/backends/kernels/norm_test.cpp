// SPDX-License-Identifier: MIT
// Compares softmax, losses, norms and optimizer steps with loops in double: the CPU's, and those of
// other devices (TINYGRAD_TESTED_DEVICE).
#include "support/kernel_tools.h"

using namespace kernel_tests;

namespace {

const DType dtypes[] = {float32, float64, float16, bfloat16};
const Layout layouts[] = {Layout::dense, Layout::turned, Layout::sliced};

template <class F> void each_kind(const F& f) {
  for (DType dtype : dtypes)
    for (Layout layout : layouts) {
      SCOPED_TRACE(std::string(to_string(dtype)) + " layout " + std::to_string(int(layout)));
      f(dtype, layout);
    }
}

// ---------------------------------------------------------------- softmax
struct Line {  // element i's line along dim
  std::int64_t size, inner, first;
  Line(const View& x, int dim, std::int64_t i) : size(x.size(dim)), inner(1) {
    for (int d = dim + 1; d < x.rank(); ++d) inner *= x.size(d);
    first = i / (size * inner) * size * inner + i % inner;
  }
  double sum(const std::function<double(std::int64_t)>& f) const {
    double total = 0;
    for (std::int64_t k = 0; k < size; ++k) total += f(first + k * inner);
    return total;
  }
};

TEST(Softmax, AlongAnyDimension) {
  each_kind([](DType dtype, Layout layout) {
    for (int dim : {0, 1, 2}) {
      Data x(dtype, {5, 37, 19}, layout), y(dtype, {5, 37, 19}, layout),
          dy(dtype, {5, 37, 19}, layout), dx(dtype, {5, 37, 19}, layout);
      x.random(1), dy.random(2);
      const auto lse = [&](std::int64_t i) {
        return std::log(Line(x.view, dim, i).sum([&](auto k) { return std::exp(x.at(k)); }));
      };
      ASSERT_TRUE(tested().softmax(x.view, dim, y.view));
      expect_near(y, [&](auto i) { return std::exp(x.at(i) - lse(i)); });
      ASSERT_TRUE(tested().softmax_grad(dy.view, y.view, dim, dx.view));
      expect_near(
          dx,
          [&](auto i) {
            return y.at(i) * (dy.at(i) -
                              Line(x.view, dim, i).sum([&](auto k) { return dy.at(k) * y.at(k); }));
          },
          4);
      ASSERT_TRUE(tested().log_softmax(x.view, dim, y.view));
      expect_near(y, [&](auto i) { return x.at(i) - lse(i); });
      ASSERT_TRUE(tested().log_softmax_grad(dy.view, y.view, dim, dx.view));
      expect_near(
          dx,
          [&](auto i) {
            return dy.at(i) -
                   std::exp(y.at(i)) * Line(x.view, dim, i).sum([&](auto k) { return dy.at(k); });
          },
          4);
    }
  });
}

TEST(Softmax, LargeNumbersAndNan) {
  Data x(float32, {3, 20}), y(float32, {3, 20});
  x.random(1);
  for (int i = 0; i < 20; ++i) x.set(i, 1000 + i);
  x.set(19, -INFINITY), x.set(25, NAN);
  ASSERT_TRUE(tested().softmax(x.view, 1, y.view));
  EXPECT_EQ(y.at(19), 0);
  EXPECT_NEAR(y.at(18), 1 - std::exp(-1.), 1e-5);
  for (int i = 20; i < 40; ++i) EXPECT_TRUE(std::isnan(y.at(i)));
  for (int i = 40; i < 60; ++i) EXPECT_FALSE(std::isnan(y.at(i)));
}

// ---------------------------------------------------------------- cross entropy
TEST(CrossEntropy, ValueAndGrad) {
  for (DType dtype : {float32, float64})
    for (Layout layout : layouts) {
      Data x(dtype, {67, 10}, layout), target(int64, {67}, layout), loss(dtype, {}),
          lse(dtype, {67}, layout);
      Data dx(dtype, {67, 10}, layout), dy(dtype, {});
      x.random(1), dy.set(0, 3);
      double expected = 0;
      const auto expected_lse = [&](std::int64_t n) {
        double sum = 0;
        for (int c = 0; c < 10; ++c) sum += std::exp(x.at(n * 10 + c));
        return std::log(sum);
      };
      for (int n = 0; n < 67; ++n)
        target.set(n, n * 7 % 10), expected += (expected_lse(n) - x.at(n * 10 + n * 7 % 10)) / 67;
      ASSERT_TRUE(tested().cross_entropy(x.view, target.view, loss.view, lse.view));
      EXPECT_NEAR(loss.at(0), expected, tolerance(dtype, 4));
      expect_near(lse, expected_lse);
      ASSERT_TRUE(tested().cross_entropy_grad(dy.view, x.view, target.view, lse.view, dx.view));
      expect_near(dx, [&](auto i) {
        return 3. / 67 * (std::exp(x.at(i) - expected_lse(i / 10)) - (i % 10 == i / 10 * 7 % 10));
      });
    }
}

TEST(CrossEntropy, NamesTheFirstBadTarget) {
  Data x(float32, {3, 4}), target(int64, {3}), loss(float32, {}), lse(float32, {3});
  x.random(1), target.set(0, 1), target.set(1, -1), target.set(2, 4);
  EXPECT_ANY_THROW((void)tested().cross_entropy(x.view, target.view, loss.view, lse.view));
}

// ---------------------------------------------------------------- norms
/// mean and 1 / sqrt(variance + eps) of the elements of a group.
struct Moments {
  double mean = 0, rstd = 0;
  Moments(const Data& x, const std::vector<std::int64_t>& group) {
    double squares = 0;
    for (auto i : group) mean += x.at(i) / double(group.size());
    for (auto i : group) squares += (x.at(i) - mean) * (x.at(i) - mean);
    rstd = 1 / std::sqrt(squares / double(group.size()) + 1e-5);
  }
};
/// Groups elements by f(i).
std::vector<std::vector<std::int64_t>> grouped(const Data& x, std::int64_t groups,
                                               const std::function<std::int64_t(std::int64_t)>& f) {
  std::vector<std::vector<std::int64_t>> all(static_cast<std::size_t>(groups));
  for (std::int64_t i = 0; i < x.view.count(); ++i) all[std::size_t(f(i))].push_back(i);
  return all;
}

/// Checks a norm and its derivative. group(i): whose mean; weight(i): which of w and b.
using Norm = std::function<void(const Data& x, const View& w, const View& b, const Data& y,
                                const Data& mean, const Data& rstd)>;
using NormGrad =
    std::function<void(const Data& dy, const Data& x, const View& w, const Data& mean,
                       const Data& rstd, const Data& dx, const View& dw, const View& db)>;
using Index = std::function<std::int64_t(std::int64_t)>;
void check_norm(DType dtype, Layout layout, Shape shape, std::int64_t groups, const Index& group,
                std::int64_t weights, const Index& weight, const Norm& norm,
                const NormGrad& norm_grad) {
  for (bool with : {true, false}) {
    Data x(dtype, shape, layout), y(dtype, shape, layout), dy(dtype, shape, layout),
        dx(dtype, shape, layout);
    Data w(dtype, {weights}, layout), b(dtype, {weights}, layout), dw(dtype, {weights}, layout),
        db(dtype, {weights}, layout);
    Data mean(dtype, {groups}), rstd(dtype, {groups});
    x.random(1), w.random(2), b.random(3), dy.random(4);
    const auto members = grouped(x, groups, group);
    std::vector<Moments> moments;
    for (const auto& g : members) moments.emplace_back(x, g);
    const auto normal = [&](std::int64_t i) {
      const Moments& m = moments[std::size_t(group(i))];
      return (x.at(i) - m.mean) * m.rstd;
    };
    const auto scale = [&](std::int64_t i) { return with ? w.at(weight(i)) : 1; };
    norm(x, with ? w.view : View(), with ? b.view : View(), y, mean, rstd);
    expect_near(
        y, [&](auto i) { return normal(i) * scale(i) + (with ? b.at(weight(i)) : 0); }, 4);
    expect_near(mean, [&](auto g) { return moments[std::size_t(g)].mean; });
    expect_near(rstd, [&](auto g) { return moments[std::size_t(g)].rstd; });
    norm_grad(dy, x, with ? w.view : View(), mean, rstd, dx, with ? dw.view : View(),
              with ? db.view : View());
    const bool coarse = is_half(dtype);  // mean and rstd were rounded
    std::vector<double> mean_dy(members.size()), mean_dy_normal(members.size());
    for (std::size_t g = 0; g < members.size(); ++g)
      for (auto i : members[g]) {
        mean_dy[g] += dy.at(i) * scale(i) / double(members[g].size());
        mean_dy_normal[g] += dy.at(i) * scale(i) * normal(i) / double(members[g].size());
      }
    expect_near(
        dx,
        [&](auto i) {
          const auto g = std::size_t(group(i));
          return moments[g].rstd *
                 (dy.at(i) * scale(i) - mean_dy[g] - normal(i) * mean_dy_normal[g]);
        },
        coarse ? 16 : 4);
    if (!with) continue;
    std::vector<double> expected_w(static_cast<std::size_t>(weights)),
        expected_b(static_cast<std::size_t>(weights));
    for (std::int64_t i = 0; i < x.view.count(); ++i)
      expected_w[std::size_t(weight(i))] += dy.at(i) * normal(i),
          expected_b[std::size_t(weight(i))] += dy.at(i);
    expect_near(
        dw, [&](auto i) { return expected_w[std::size_t(i)]; }, 60);
    expect_near(
        db, [&](auto i) { return expected_b[std::size_t(i)]; }, 60);
  }
}

TEST(BatchNorm, AndItsGrad) {
  each_kind([](DType dtype, Layout layout) {
    for (Shape shape : {Shape{6, 5, 7, 9}, Shape{50, 21}, Shape{4, 3, 20}, Shape{9, 4, 1, 1}}) {
      std::int64_t inner = 1, channels = shape[1];
      for (int d = 2; d < shape.rank(); ++d) inner *= shape[d];
      const Index channel = [=](std::int64_t i) { return i / inner % channels; };
      check_norm(
          dtype, layout, shape, channels, channel, channels, channel,
          [](auto& x, auto& w, auto& b, auto& y, auto& mean, auto& rstd) {
            ASSERT_TRUE(tested().batch_norm(x.view, w, b, 1e-5, y.view, mean.view, rstd.view));
          },
          [](auto& dy, auto& x, auto& w, auto& mean, auto& rstd, auto& dx, auto& dw, auto& db) {
            ASSERT_TRUE(tested().batch_norm_grad(dy.view, x.view, w, mean.view, rstd.view, dx.view,
                                                 dw, db));
          });
    }
  });
}

TEST(LayerNorm, AndItsGrad) {
  each_kind([](DType dtype, Layout layout) {
    for (Shape shape : {Shape{9, 37}, Shape{130, 16}, Shape{3, 500}, Shape{5, 3}}) {
      check_norm(
          dtype, layout, shape, shape[0], [=](auto i) { return i / shape[1]; }, shape[1],
          [=](auto i) { return i % shape[1]; },
          [](auto& x, auto& w, auto& b, auto& y, auto& mean, auto& rstd) {
            ASSERT_TRUE(tested().layer_norm(x.view, w, b, 1e-5, y.view, mean.view, rstd.view));
          },
          [](auto& dy, auto& x, auto& w, auto& mean, auto& rstd, auto& dx, auto& dw, auto& db) {
            ASSERT_TRUE(tested().layer_norm_grad(dy.view, x.view, w, mean.view, rstd.view, dx.view,
                                                 dw, db));
          });
    }
  });
}

TEST(Norms, KeepDigitsBesideALargeMean) {
  Data x(float32, {1, 1024}), y(float32, {1, 1024}), mean(float32, {1}), rstd(float32, {1});
  for (int i = 0; i < 1024; ++i) x.set(i, 4096 + i % 2);
  ASSERT_TRUE(tested().layer_norm(x.view, {}, {}, 0, y.view, mean.view, rstd.view));
  EXPECT_NEAR(rstd.at(0), 2, 1e-6);
  EXPECT_NEAR(y.at(1), 1, 1e-6);
}

// ---------------------------------------------------------------- optimizers
TEST(Optimizers, SgdAsInPyTorch) {
  for (DType dtype : {float32, float64})
    for (bool nesterov : {false, true})
      for (bool first : {false, true})
        for (double momentum : {0., 0.9}) {
          Data w(dtype, {40001}), g(dtype, {40001}), m(dtype, {40001});
          w.random(1), g.random(2), m.random(3);
          std::vector<double> expected_w, expected_m;
          const SgdStep step = {.lr = Scalar(0.1),
                                .momentum = momentum,
                                .weight_decay = 0.01,
                                .dampening = nesterov ? 0 : 0.25,
                                .nesterov = nesterov && momentum > 0,
                                .first = first};
          for (int i = 0; i < 40001; ++i) {
            double d = g.at(i) + 0.01 * w.at(i),
                   moved = first ? d : momentum * m.at(i) + (1 - step.dampening) * d;
            if (momentum > 0) d = step.nesterov ? d + momentum * moved : moved;
            expected_w.push_back(w.at(i) - 0.1 * d), expected_m.push_back(moved);
          }
          const View ws[] = {w.view}, gs[] = {g.view}, ms[] = {m.view};
          ASSERT_TRUE(tested().sgd(ws, gs, momentum > 0 ? Views(ms) : Views(), step));
          expect_near(w, [&](auto i) { return expected_w[std::size_t(i)]; });
          if (momentum > 0) expect_near(m, [&](auto i) { return expected_m[std::size_t(i)]; });
        }
}

TEST(Optimizers, AdamAsInPyTorch) {
  for (DType dtype : {float32, float64})
    for (bool decoupled : {false, true}) {
      Data w(dtype, {1001}), g(dtype, {1001}), m(dtype, {1001}), v(dtype, {1001}), none(dtype, {0});
      w.random(1), g.random(2), m.random(3), v.random(4);
      std::vector<double> expected;
      for (int i = 0; i < 1001; ++i) v.set(i, std::fabs(v.at(i)));
      for (int i = 0; i < 1001; ++i) {
        const double p = decoupled ? w.at(i) * (1 - 0.1 * 0.02) : w.at(i),
                     d = decoupled ? g.at(i) : g.at(i) + 0.02 * w.at(i);
        const double first = 0.9 * m.at(i) + 0.1 * d, second = 0.999 * v.at(i) + 0.001 * d * d;
        expected.push_back(p - 0.1 / (1 - std::pow(0.9, 3)) * first /
                                   (std::sqrt(second) / std::sqrt(1 - std::pow(0.999, 3)) + 1e-3));
      }
      const View ws[] = {none.view, w.view}, gs[] = {none.view, g.view}, ms[] = {none.view, m.view},
                 vs[] = {none.view, v.view};
      const AdamStep step = {.lr = Scalar(0.1),
                             .step = Scalar(3),
                             .eps = 1e-3,
                             .weight_decay = 0.02,
                             .decoupled = decoupled};
      ASSERT_TRUE(tested().adam(ws, gs, ms, vs, step));
      expect_near(w, [&](auto i) { return expected[std::size_t(i)]; });
    }
}

TEST(Norms, SameBitsWithAnyThreads) {
  Data x(float32, {70, 33, 9}), y(float32, {70, 33, 9}), mean(float32, {33}), rstd(float32, {33});
  x.random(1);
  expect_same_bits([&] { EXPECT_TRUE(tested().softmax(x.view, 1, y.view)); }, {&y});
  expect_same_bits([&] { EXPECT_TRUE(tested().log_softmax(x.view, 2, y.view)); }, {&y});
  expect_same_bits(
      [&] { EXPECT_TRUE(tested().batch_norm(x.view, {}, {}, 1e-5, y.view, mean.view, rstd.view)); },
      {&y, &mean, &rstd});
  Data rows(float32, {300, 77}), out(float32, {300, 77}), means(float32, {300}),
      rstds(float32, {300});
  rows.random(1);
  expect_same_bits(
      [&] {
        EXPECT_TRUE(tested().layer_norm(rows.view, {}, {}, 1e-5, out.view, means.view, rstds.view));
      },
      {&out, &means, &rstds});
}

}  // namespace
