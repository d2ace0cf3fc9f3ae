// SPDX-License-Identifier: MIT
// Tests that explain() finds the largest paths with the right factors, that all paths together give
// autograd's value, and that it changes nothing.
#include "tinygrad/trace/explain.h"

#include <algorithm>
#include <cmath>

#include "support/nn_help.h"
#include "tinygrad/amp.h"
#include "tinygrad/functional.h"
#include "tinygrad/random.h"

namespace tinygrad {
namespace {

Tensor leaf(const Nested& values) {
  return tensor(values, {.dtype = float64, .requires_grad = true});
}
Tensor random64(const Shape& shape) { return randn(shape, {.dtype = float64}); }

double product_of(const GradientPath& path) {
  double product = 1;
  for (const PathFactor& f : path.factors) product *= f.value;
  return product;
}
double sum_of(const Explanation& e) {
  double sum = 0;
  for (const GradientPath& path : e.paths) sum += path.product;
  return sum;
}
void expect_consistent(const Explanation& e, double tolerance = 1e-12) {
  for (std::size_t i = 0; i < e.paths.size(); ++i) {
    EXPECT_NEAR(product_of(e.paths[i]), e.paths[i].product, 1e-14 * std::abs(e.paths[i].product));
    if (i > 0) { EXPECT_GE(std::abs(e.paths[i - 1].product), std::abs(e.paths[i].product)); }
  }
  EXPECT_NEAR(sum_of(e) + e.rest, e.autograd, tolerance);
  EXPECT_NEAR(e.numeric, e.autograd, 1e-7 * std::max(1., std::abs(e.autograd)));
}
/// Expects that all paths are listed, and that their sum is autograd's value.
void expect_complete(const Explanation& e, double tolerance = 1e-12) {
  expect_consistent(e, tolerance);
  EXPECT_EQ(e.count, double(e.paths.size()));
  EXPECT_NEAR(e.rest, 0, tolerance);
  EXPECT_TRUE(e.cuts.empty());
}

TEST(Explain, IsTheChainRuleByHand) {
  const Tensor w = leaf({0.5, 2}), x = tensor({1.5}, {.dtype = float64});
  const auto loss = [&] { return square(w[1] * tanh(w[0] * x) + 3 * w[0]); };
  const Explanation e = explain(loss, w, {0}, {.name = "w"});
  expect_complete(e);
  const double t = std::tanh(0.75), y = 2 * t + 1.5;
  ASSERT_EQ(e.paths.size(), 2u);
  EXPECT_NEAR(e.paths[0].product, 2 * y * 3, 1e-12);
  EXPECT_NEAR(e.paths[1].product, 2 * y * 2 * (1 - t * t) * 1.5, 1e-12);
  const auto& factors = e.paths[1].factors;
  ASSERT_GE(factors.size(), 4u);
  std::vector<std::string> ops;
  for (auto& f : factors) ops.push_back(f.op);
  EXPECT_EQ(ops, (std::vector<std::string>{"select", "mul", "tanh", "mul", "add", "square"}));
  EXPECT_NEAR(factors[1].value, 1.5, 1e-15);
  EXPECT_NEAR(factors[2].value, 1 - t * t, 1e-15);
  EXPECT_EQ(factors[3].value, 2);
  EXPECT_EQ(factors[3].input, 1);
  EXPECT_EQ(factors[4].value, 1);
  EXPECT_EQ(factors[4].element, (Dims{0}));
  EXPECT_NEAR(factors[5].value, 2 * y, 1e-15);
  EXPECT_GT(factors[2].location.line, 0);
}

/// All products of one weight's paths through a net of two layers, from the Jacobians of
/// functional.h.
std::vector<double> products(const Tensor& x, const Tensor& w1, const Tensor& w2, const Tensor& y,
                             std::int64_t i, std::int64_t j) {
  const auto single = [](const TensorFunction& f, const Tensor& at) {
    return jacobian(f, at)[0].to_vector<double>();
  };
  const Tensor h = matmul(x, w1.detach()), a = tanh(h), s = matmul(a, w2.detach());
  const auto by_w = single([&](const Tensors& in) { return matmul(x, in[0]); }, w1.detach());
  const auto by_h = single([](const Tensors& in) { return tanh(in[0]); }, h);
  const auto by_a = single([&](const Tensors& in) { return matmul(in[0], w2.detach()); }, a);
  const auto by_s = single([&](const Tensors& in) { return cross_entropy(in[0], y); }, s);
  const std::int64_t nw = w1.numel(), nh = h.numel(), ns = s.numel(), w = i * w1.size(1) + j;
  std::vector<double> all;
  for (std::int64_t p = 0; p < nh; ++p)
    for (std::int64_t q = 0; q < nh; ++q)
      for (std::int64_t r = 0; r < ns; ++r)
        all.push_back(by_w[std::size_t(p * nw + w)] * by_h[std::size_t(q * nh + p)] *
                      by_a[std::size_t(r * nh + q)] * by_s[std::size_t(r)]);
  std::erase(all, 0);
  std::sort(all.begin(), all.end(), [](double a, double b) { return std::abs(a) > std::abs(b); });
  return all;
}

TEST(Explain, FindsTheLargestOfAllPaths) {
  manual_seed(3);
  for (std::int64_t batch : {1, 4}) {
    const Tensor x = random64({batch, 3}), y = randint(0, 5, {batch});
    const Tensor w1 = random64({3, 4}).requires_grad_(), w2 = random64({4, 5}).requires_grad_();
    const auto loss = [&] { return cross_entropy(matmul(tanh(matmul(x, w1)), w2), y); };
    const std::vector<double> expected = products(x, w1, w2, y, 2, 1);
    EXPECT_EQ(expected.size(), std::size_t(batch * 5));
    const Explanation all = explain(loss, w1, {2, 1}, {.paths = 1000});
    expect_complete(all);
    ASSERT_EQ(all.paths.size(), expected.size());
    const Explanation few = explain(loss, w1, {2, 1}, {.paths = 3});
    expect_consistent(few);
    ASSERT_EQ(few.paths.size(), 3u);
    EXPECT_EQ(few.count, all.count);
    for (std::size_t i = 0; i < expected.size(); ++i) {
      EXPECT_NEAR(all.paths[i].product, expected[i], 1e-13);
      if (i < 3) { EXPECT_NEAR(few.paths[i].product, expected[i], 1e-13); }
    }
    EXPECT_GT(std::abs(few.rest), 0);
  }
}

struct SmallCnn : nn::Module {
  nn::Conv2d conv1 = add("conv1", nn::Conv2d(1, 2, 3, {.padding = 1}));
  nn::Conv2d conv2 = add("conv2", nn::Conv2d(2, 2, 3));
  nn::Dropout drop = add("drop", nn::Dropout(0.3));
  nn::Linear fc = add("fc", nn::Linear(8, 3));
  SmallCnn() { to(float64); }
  Tensor forward(const Tensor& x) override {
    const Tensor h = max_pool2d(relu(conv1(x)), 2);
    return fc(drop(flatten(relu(conv2(h)), 1)));
  }
};

TEST(Explain, AllPathsOfAConvolutionalNetAreItsGradient) {
  manual_seed(5);
  SmallCnn net;
  const Tensor x = random64({2, 1, 8, 8}), y = tensor({0, 2});
  const auto loss = [&] { return cross_entropy(net(x), y); };
  for (const auto& [weight, index] :
       std::vector<std::pair<Tensor, Dims>>{{net.conv1.weight, {1, 0, 0, 2}},
                                            {net.conv1.bias, {1}},
                                            {net.conv2.weight, {0, 1, 1, 1}},
                                            {net.fc.weight, {2, 1}},
                                            {net.fc.bias, {0}}}) {
    const Explanation e = explain(loss, weight, index, {.paths = 100000});
    EXPECT_GE(e.paths.size(), 1u);
    expect_complete(e, 1e-11);
    for (const GradientPath& path : e.paths) EXPECT_EQ(path.factors.back().op, "cross_entropy");
  }
  const Explanation e = explain(loss, net.conv1.weight, {1, 0, 0, 2}, {.paths = 1});
  EXPECT_EQ(e.paths[0].factors[0].op, "conv2d");
  EXPECT_EQ(e.paths[0].factors[0].path, "conv1");
  EXPECT_EQ(e.paths[0].factors[0].input, 1);
  EXPECT_EQ(e.paths[0].factors[0].shape, (Shape{2, 2, 8, 8}));
}

TEST(Explain, GoesThroughOpsOfEachKind) {
  manual_seed(7);
  const Tensor w = random64({3, 4}).requires_grad_(), x = random64({5, 3});
  const std::vector<std::function<Tensor()>> losses = {
      [&] { return sum(softmax(matmul(x, w), 1) * random64({4})); },
      [&] {
        return sum(square(cat({w, w * 2}, 0)));
      },
      [&] { return mean(layer_norm(matmul(x, w), {4}) * random64({4})); },
      [&] {
        return sum(w.transpose(0, 1).contiguous() * random64({4, 3}));
      },
      [&] {
        return max(w * random64({3, 4}), 1).values.sum();
      },
      [&] { return sum(unbind(w)[1] * unbind(w)[2] * w[0]); },
      [&] {
        return sum(index_select(w, 0, tensor({1, 1, 2})) * random64({3, 4}));
      },
      [&] {
        return sum(cumsum(w, 1) * random64({3, 4}));
      },
      [&] {
        return sum(exp(w.expand({2, 3, 4}) * random64({2, 3, 4})));
      },
      [&] { return sum(checkpoint([](const Tensors& in) { return exp(in[0]); }, w)); }};
  for (std::size_t i = 0; i < losses.size(); ++i) {
    SCOPED_TRACE(i);
    const Explanation e =
        explain([&] { return losses[i](); }, w, {1, 2}, {.paths = 100000, .eps = 1e-4});
    EXPECT_NEAR(sum_of(e) + e.rest, e.autograd, 1e-11);
    EXPECT_NEAR(e.rest, 0, 1e-11);
    EXPECT_EQ(e.count, double(e.paths.size()));
    EXPECT_NEAR(e.numeric, e.autograd, 1e-5 * std::max(1., std::abs(e.autograd)));
  }
}

TEST(Explain, GoesThroughOtherDtypesAndStopsAtDetach) {
  const Tensor w = leaf({0.5, 2});
  const auto loss = [&] { return sum(square(w.to(float32)).to(float64) * w.detach()); };
  const Explanation e = explain(loss, w, {1}, {.paths = 9});
  ASSERT_EQ(e.paths.size(), 1u);
  EXPECT_EQ(e.paths[0].product, 8);  // 2 w · w, of which the second w is a constant
  EXPECT_EQ(e.autograd, 8);
}

TEST(Explain, LeavesEverythingAsItWas) {
  manual_seed(9);
  SmallCnn net;
  const Tensor x = random64({1, 1, 8, 8}), y = tensor({1});
  const auto loss = [&] { return cross_entropy(net(x), y); };
  loss().backward();
  const Tensor w = net.conv1.weight;
  const std::vector<double> values = w.to_vector<double>(), grads = w.grad().to_vector<double>();
  const void* memory = w.detach().host_data(float64);
  const Tensor outstanding = loss();
  const Generator before = generator();
  const Explanation e = explain(loss, w, {0, 0, 1, 1});
  expect_consistent(e);  // the dropout of all three calls is the same
  EXPECT_TRUE(generator() == before);
  EXPECT_EQ(w.to_vector<double>(), values);
  EXPECT_EQ(w.detach().host_data(float64), memory);
  EXPECT_EQ(w.grad().to_vector<double>(), grads);
  outstanding.backward();  // what it saved was not written to
  EXPECT_THROW(explain([]() -> Tensor { throw IndexError("stop"); }, w, {0, 0, 1, 1}), IndexError);
  EXPECT_EQ(w.detach().host_data(float64), memory);
}

TEST(Explain, SaysWhereABoundCutTheSearch) {
  manual_seed(11);
  const Tensor x = random64({8, 3}), w = random64({3, 2}).requires_grad_();
  const Tensor v = random64({2, 6});
  const auto loss = [&] { return sum(square(matmul(tanh(matmul(x, w)), v))); };
  const Explanation all = explain(loss, w, {0, 1}, {.paths = 1000});
  expect_complete(all);
  const Explanation few = explain(loss, w, {0, 1}, {.paths = 1000, .max_elements = 5});
  ASSERT_FALSE(few.cuts.empty());
  expect_says(few.cuts[0], "tanh (explain_test.cpp:");
  expect_says(few.cuts[0], "5 of 8 elements were followed");
  EXPECT_NEAR(sum_of(few) + few.rest, few.autograd, 1e-12);
  EXPECT_GT(std::abs(few.rest), 1e-6);
  const Explanation narrow = explain(loss, w, {0, 1}, {.paths = 1000, .max_derivatives = 48 * 3});
  ASSERT_EQ(narrow.cuts.size(), 1u);
  expect_says(narrow.cuts[0], "matmul (explain_test.cpp:");
  expect_says(narrow.cuts[0], "3 of 8 elements were followed");
}

TEST(Explain, PrintsPathsAndBothValues) {
  const Tensor w = leaf({{0.5, 2}});
  const Explanation e = explain([&] { return sum(exp(w)); }, w, {0, 1}, {.name = "fc.weight"});
  const std::string text = to_string(e);
  expect_says(text, "∂loss/∂fc.weight[0, 1]");
  expect_says(text, "7.38906      by autograd");
  expect_says(text, "7.38906      by a central difference");
  expect_says(text, "All 1 paths to the loss:\n  7.38906 =\n");
  expect_says(text, " explain_test.cpp:");
  expect_says(text, "× 7.38906      ∂exp[0, 1]/∂input 0");
}

TEST(Explain, RefusesWhatHasNoGradient) {
  const Tensor w = leaf({1, 2}), other = leaf({1, 2});
  const auto loss = [&] { return sum(w); };
  expect_says(message_of<IndexError>([&] { explain(loss, w, {2}); }),
              "explain: there is no element [2] in a parameter of shape [2]");
  EXPECT_THROW(explain(loss, w, {-1}), IndexError);
  EXPECT_THROW(explain(loss, w, {0, 0}), IndexError);
  EXPECT_THROW(explain(loss, other, {0}), AutogradError);
  EXPECT_THROW(explain(loss, w.detach(), {0}), AutogradError);
  EXPECT_THROW(explain(loss, w * 2, {0}), AutogradError);
  EXPECT_THROW(explain([&] { return w * 2; }, w, {0}), ShapeError);
  EXPECT_THROW(explain(loss, w, {0}, {.eps = -1}), ArgumentError);
  EXPECT_THROW(explain({}, w, {0}), ArgumentError);
}

TEST(Explain, WorksInFloat32AndWhereRecordingIsOff) {
  manual_seed(1);
  nn::Linear fc(4, 3);
  const Tensor x = randn({2, 4});
  const NoGrad off;
  const Explanation e = explain([&] { return sum(square(fc(x))); }, fc.weight, {1, 2});
  EXPECT_EQ(e.count, 2);
  EXPECT_NEAR(e.rest, 0, 1e-6);
  EXPECT_NEAR(e.numeric, e.autograd, 1e-2 * std::max(1., std::abs(e.autograd)));
}

TEST(Explain, GoesThroughOpsOf16Bits) {
  manual_seed(1);
  nn::Linear fc(4, 3);
  const Tensor x = randn({2, 4});
  const auto loss = [&] {
    const Autocast autocast(bfloat16);
    return sum(square(fc(x)));
  };
  const Explanation e = explain(loss, fc.weight, {1, 2}, {.paths = 9});
  EXPECT_EQ(e.count, 2);
  EXPECT_NEAR(e.rest, 0, 0x1p-7 * std::abs(e.autograd));
}

}  // namespace
}  // namespace tinygrad
