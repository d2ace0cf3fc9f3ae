// SPDX-License-Identifier: MIT
// Tests the graph: what is recorded, the order of the backward pass, and what is refused. The op
// table tests the derivatives of single ops.
#include <gtest/gtest.h>
#include <pthread.h>

#include <cmath>
#include <functional>
#include <thread>

#include "tinygrad/op.h"
#include "tinygrad/ops.h"
#include "tinygrad/trace/gradcheck.h"

namespace tinygrad {
namespace {

using Numbers = std::vector<double>;
const TensorOptions real64{.dtype = float64};

Tensor constant(const Nested& values) { return tensor(values, real64); }
Tensor leaf(const Nested& values) {
  return tensor(values, {.dtype = float64, .requires_grad = true});
}
Numbers numbers(const Tensor& t) { return t.to_vector<double>(); }
void expect_near(const Tensor& found, const Numbers& expected) {
  const Numbers values = numbers(found);
  ASSERT_EQ(values.size(), expected.size());
  for (std::size_t i = 0; i < values.size(); ++i)
    EXPECT_NEAR(values[i], expected[i], 1e-12) << "at " << i;
}

/// The message of the AutogradError that f throws, without the caller's line.
std::string refusal(const std::function<void()>& f) {
  try {
    f();
  } catch (const AutogradError& e) {
    const std::string text = e.what();
    return text.substr(0, text.find("\n  called at"));
  }
  return "no error";
}

class Autograd : public testing::Test {
 protected:
  void SetUp() override { blocks_ = memory_stats().live_blocks; }
  void TearDown() override { EXPECT_EQ(memory_stats().live_blocks, blocks_) << "memory leaked"; }

 private:
  std::size_t blocks_ = 0;
};

// ------------------------------------------------------------ backward

TEST_F(Autograd, FillsInLeaves) {
  const Tensor x = leaf({1, 2, 3}), w = leaf({4, 5, 6});
  sum(x * w).backward();
  EXPECT_EQ(numbers(x.grad()), (Numbers{4, 5, 6}));
  EXPECT_EQ(numbers(w.grad()), (Numbers{1, 2, 3}));
}

TEST_F(Autograd, AddsUpInLeaves) {
  const Tensor x = leaf({1, 2});
  for (int i = 0; i < 3; ++i) sum(x * x).backward();
  EXPECT_EQ(numbers(x.grad()), (Numbers{6, 12}));
  Tensor(x).set_grad({});
  EXPECT_FALSE(x.grad().defined());
}

TEST_F(Autograd, AddsUpOverAllPaths) {
  const Tensor x = leaf({1, 2});
  const Tensor y = x * 2, z = y + y + y * x;
  (sum(z) + sum(x)).backward();
  EXPECT_EQ(numbers(x.grad()), (Numbers{4 + 4 + 1, 4 + 8 + 1}));
}

TEST_F(Autograd, StartsFromAGivenGradient) {
  const Tensor x = leaf({1, 2});
  (x * x).backward(constant({10, 100}));
  EXPECT_EQ(numbers(x.grad()), (Numbers{20, 400}));
}

TEST_F(Autograd, UndoesBroadcastingAndPromotion) {
  const Tensor row = tensor({1., 2., 3.}, {.requires_grad = true}), number = leaf(2);
  const Tensor y = row.reshape({1, 3}).expand({4, 3}) * number * ones({4, 1}, real64);
  sum(y).backward();
  EXPECT_EQ(row.grad().dtype(), float32);
  EXPECT_EQ(row.grad().shape(), (Shape{3}));
  EXPECT_EQ(numbers(row.grad()), (Numbers{8, 8, 8}));
  EXPECT_EQ(number.grad().shape(), (Shape{}));
  EXPECT_EQ(numbers(number.grad()), (Numbers{24}));
}

TEST_F(Autograd, GradientsAreNobodyElsesMemory) {
  Tensor p = leaf({1, 2}), q = leaf({3, 4});
  sum(p + q).backward();
  p.grad().add_(5);
  EXPECT_EQ(numbers(q.grad()), (Numbers{1, 1}));
  const Tensor sent = constant({1, 1});
  Tensor r = leaf({1, 2});
  (r + 0).backward(sent);
  r.grad().add_(5);
  EXPECT_EQ(numbers(sent), (Numbers{1, 1}));
}

TEST_F(Autograd, AnExpandedGradientIsNotWrittenInto) {
  const Tensor u = leaf({1, 2, 3});
  (sum(u) + sum(u) + sum(u * u)).backward();
  EXPECT_TRUE(u.grad().is_contiguous());
  EXPECT_EQ(numbers(u.grad()), (Numbers{4, 6, 8}));
}

TEST_F(Autograd, ALeafIsItsOwnGradient) {
  const Tensor x = leaf(3);
  x.backward();
  EXPECT_EQ(numbers(x.grad()), (Numbers{1}));
}

// ------------------------------------------------------------ what needs a gradient

TEST_F(Autograd, OnlyRecordsWhatLeadsToALeaf) {
  const Tensor a = constant({1, 2}), x = leaf({1, 2});
  EXPECT_FALSE((a * a).requires_grad());
  EXPECT_TRUE((a * x).requires_grad());
  EXPECT_TRUE(x.is_leaf());
  EXPECT_TRUE(a.is_leaf());
  EXPECT_FALSE((a * x).is_leaf());
  EXPECT_FALSE((x > 0).requires_grad());
  EXPECT_FALSE(argmax(x).requires_grad());
  EXPECT_FALSE(x.to(int64).requires_grad());
}

TEST_F(Autograd, DetachCutsTheGraph) {
  const Tensor x = leaf({1, 2});
  const Tensor d = (x * 3).detach();
  EXPECT_FALSE(d.requires_grad());
  sum(d * x).backward();
  EXPECT_EQ(numbers(x.grad()), (Numbers{3, 6}));
}

TEST_F(Autograd, DetachSharesMemory) {
  Tensor x = constant({1, 2});
  x.detach().add_(1);
  EXPECT_EQ(numbers(x), (Numbers{2, 3}));
}

TEST_F(Autograd, NoGradRecordsNothing) {
  const Tensor x = leaf({1, 2});
  {
    const NoGrad off;
    EXPECT_FALSE(grad_enabled());
    EXPECT_FALSE((x * x).requires_grad());
    {
      const GradMode on(true);
      EXPECT_TRUE((x * x).requires_grad());
    }
    EXPECT_FALSE(grad_enabled());
  }
  EXPECT_TRUE(grad_enabled());
}

TEST_F(Autograd, NoGradEndsWithAnException) {
  try {
    const NoGrad off;
    ones({2}) + ones({3});
  } catch (const ShapeError&) {}
  EXPECT_TRUE(grad_enabled());
}

TEST_F(Autograd, RequiresGradCanBeSwitchedOff) {
  Tensor x = leaf({1, 2});
  x.requires_grad_(false);
  EXPECT_FALSE((x * x).requires_grad());
  x.requires_grad_();
  EXPECT_TRUE((x * x).requires_grad());
}

TEST_F(Autograd, ReusesAGraphThatIsRetained) {
  const Tensor x = leaf({1, 2});
  const Tensor y = sum(exp(x));
  y.backward({}, {.retain_graph = true});
  y.backward();
  expect_near(x.grad(), {2 * std::exp(1), 2 * std::exp(2)});
}

TEST_F(Autograd, FreesWhatItKeptAsItGoes) {
  Tensor x = leaf({1, 2}), y = x;
  for (int i = 0; i < 10; ++i) y = tanh(y);
  const Tensor z = sum(y);
  const auto before = memory_stats().live_blocks;
  z.backward();
  EXPECT_LT(memory_stats().live_blocks, before - 5);
}

// ------------------------------------------------------------ grad()

TEST_F(Autograd, GradLeavesLeavesAlone) {
  const Tensor x = leaf({1, 2});
  expect_near(grad(sum(x * x), x)[0], {2, 4});
  EXPECT_FALSE(x.grad().defined());
}

TEST_F(Autograd, GradOfWhatWasComputed) {
  const Tensor x = leaf({1, 2}), y = x * 3, z = sum(y * y);
  const Tensors d = grad(z, {y, x}, {.retain_graph = true});
  expect_near(d[0], {6, 12});
  expect_near(d[1], {18, 36});
  expect_near(grad(z, y)[0], {6, 12});
}

TEST_F(Autograd, GradOfTheOutputItself) {
  const Tensor x = leaf(2), y = x * 3;
  EXPECT_EQ(numbers(grad(y, y, {.retain_graph = true})[0]), (Numbers{1}));
  EXPECT_EQ(numbers(grad({y, y}, x)[0]), (Numbers{6}));
}

TEST_F(Autograd, GradOfSeveralOutputs) {
  const Tensor x = leaf({1, 2});
  const Tensors d = grad({sum(x * x), x * 10}, x, {.grad_outputs = {Tensor(), constant({1, 2})}});
  expect_near(d[0], {2 + 10, 4 + 20});
}

TEST_F(Autograd, GradToTheThirdOrder) {
  const Tensor x = leaf({0.5, -1.5, 2});
  Tensor y = sum(exp(x) * x * x * x);
  const std::function<double(double)> orders[] = {
      [](double x) { return std::exp(x) * (x * x * x + 3 * x * x); },
      [](double x) { return std::exp(x) * (x * x * x + 6 * x * x + 6 * x); },
      [](double x) { return std::exp(x) * (x * x * x + 9 * x * x + 18 * x + 6); }};
  for (auto& expected : orders) {
    const Tensor d = grad(y, x, {.create_graph = true})[0];
    EXPECT_TRUE(d.requires_grad());
    expect_near(d, {expected(0.5), expected(-1.5), expected(2)});
    y = sum(d);
  }
}

TEST_F(Autograd, GradOfAGradientGoesIntoLeaves) {
  const Tensor x = leaf({1, 2});
  const Tensor d = grad(sum(x * x * x), x, {.create_graph = true})[0];
  sum(d * d).backward();  // d = 3 x², the derivative of 9 x⁴
  expect_near(x.grad(), {36, 36 * 8});
}

TEST_F(Autograd, WithoutCreateGraphNothingIsRecorded) {
  const Tensor x = leaf({1, 2});
  EXPECT_FALSE(grad(sum(x * x * x), x)[0].requires_grad());
}

TEST_F(Autograd, UnusedInputs) {
  const Tensor x = leaf({1, 2}), other = leaf({1});
  EXPECT_EQ(refusal([&] {
              grad(sum(x * x), {x, other});
            }),
            "grad: no output depends on input 1; pass {.allow_unused = true} to get an undefined "
            "gradient");
  const Tensors d = grad(sum(x * x), {x, other}, {.allow_unused = true});
  EXPECT_TRUE(d[0].defined());
  EXPECT_FALSE(d[1].defined());
}

TEST_F(Autograd, OnlyWhatIsAskedForIsComputed) {
  int runs = 0;
  const Tensor x = leaf({1, 2}), w = leaf({3, 4});
  auto counted = [&](const Tensor& a, const Tensor& b) {
    return Tensor(apply({.name = "counted",
                         .inputs = {a, b},
                         .formula = [](const Tensors& in) { return in[0] + in[1]; },
                         .derivatives = {[&](Dy dy, Saved) { return ++runs, dy; },
                                         [&](Dy dy, Saved) { return ++runs, dy; }}}));
  };
  grad(sum(counted(x, w)), x);
  EXPECT_EQ(runs, 1);
  EXPECT_FALSE(w.grad().defined());
}

// ------------------------------------------------------------ hooks

TEST_F(Autograd, HooksSeeTheWholeGradient) {
  const Tensor x = leaf({1, 2}), y = x * 3;
  Numbers seen;
  int calls = 0;
  y.register_hook([&](const Tensor& g) { return ++calls, seen = numbers(g), Tensor(); });
  sum(y + y * y).backward();
  EXPECT_EQ(calls, 1);
  EXPECT_EQ(seen, (Numbers{7, 13}));
}

TEST_F(Autograd, HooksReplaceGradients) {
  const Tensor x = leaf({1, 2}), y = x * 3;
  y.register_hook([](const Tensor& g) { return g * 10; });
  x.register_hook([](const Tensor& g) { return g + 1; });
  sum(y).backward();
  EXPECT_EQ(numbers(x.grad()), (Numbers{31, 31}));
}

TEST_F(Autograd, HooksOfLeavesRunInEachBackwardPass) {
  const Tensor x = leaf({1, 2});
  int calls = 0;
  x.register_hook([&](const Tensor&) { return ++calls, Tensor(); });
  sum(x * x).backward();
  sum(x * x).backward();
  EXPECT_EQ(calls, 2);
}

TEST_F(Autograd, HooksKeepTheShape) {
  const Tensor x = leaf({1, 2});
  x.register_hook([](const Tensor&) { return ones({3}, real64); });
  EXPECT_THROW(sum(x * x).backward(), ShapeError);
}

// ------------------------------------------------------------ refusals

TEST_F(Autograd, RefusesAFreedGraph) {
  const Tensor x = leaf({1, 2}), y = sum(exp(x));
  y.backward();
  EXPECT_NE(refusal([&] { y.backward(); })
                .find("an earlier backward pass has freed this graph; that pass needs "
                      "{.retain_graph = true}"),
            std::string::npos);
}

TEST_F(Autograd, RefusesToStartFromNothing) {
  EXPECT_EQ(refusal([] { ones({}).backward(); }),
            "backward: nothing that this tensor was computed from requires a gradient; call "
            "requires_grad_() on the inputs");
  const Tensor x = leaf({1, 2});
  EXPECT_EQ(refusal([&] { (x * x).backward(); }),
            "backward: this tensor has shape [2], and only a single element has an obvious "
            "gradient, 1; reduce it with sum() or mean(), or pass a "
            "gradient of its shape");
  EXPECT_THROW((x * x).backward(ones({3}, real64)), ShapeError);
  EXPECT_EQ(refusal([&] { grad(x * x, x); }),
            "grad: output 0 has shape [2], and only a single element has an obvious gradient, 1; "
            "pass grad_outputs, or reduce it");
  EXPECT_EQ(refusal([&] { grad(sum(x), constant({1})); }),
            "grad: input 0 does not require a gradient");
  EXPECT_EQ(refusal([&] { grad(sum(x), {}); }), "grad: no inputs were given");
  EXPECT_EQ(refusal([&] {
              grad(sum(x), x, {.grad_outputs = {Tensor(), Tensor()}});
            }),
            "grad: 1 outputs but 2 grad_outputs");
}

TEST_F(Autograd, RefusesGradientsOfWhatIsNotReal) {
  EXPECT_THROW(tensor({1, 2}).requires_grad_(), DTypeError);
  EXPECT_THROW(tensor({true}).requires_grad_(), DTypeError);
  const Tensor x = leaf({1, 2});
  EXPECT_EQ(refusal([&] { (x * x).requires_grad_(); }),
            "requires_grad_: this tensor was computed; detach() it first");
  EXPECT_EQ(refusal([&] { (x * x).set_grad(ones({2}, real64)); }),
            "set_grad: only a leaf that requires a gradient holds one");
  EXPECT_THROW(Tensor(x).set_grad(ones({3}, real64)), ShapeError);
  EXPECT_THROW(Tensor(x).set_grad(ones({2})), DTypeError);
}

TEST_F(Autograd, RefusesADerivativeOfAnotherShape) {
  const Tensor x = leaf({1, 2, 3});
  auto odd = [&] {
    return Tensor(apply({.name = "odd",
                         .inputs = {x},
                         .formula = [](const Tensors& in) { return in[0] + 0; },
                         .derivatives = {[](Dy, Saved) { return ones({2}, real64); }}}));
  };
  EXPECT_NE(refusal([&] {
              sum(odd()).backward();
            }).find("odd: its derivative gives shape [2] for an input of shape [3]"),
            std::string::npos);
}

TEST_F(Autograd, RefusesToReadWhatIsNotKept) {
  const Tensor x = leaf({1, 2});
  auto careless = [&] {
    return Tensor(apply({.name = "careless",
                         .inputs = {x},
                         .formula = [](const Tensors& in) { return in[0] * in[0]; },
                         .keep = {Keep::input(0)},
                         .derivatives = {[](Dy dy, Saved s) { return dy * s.output(0); }}}));
  };
  EXPECT_NE(refusal([&] {
              sum(careless()).backward();
            }).find("careless: the derivative reads output 0, which .keep does not list"),
            std::string::npos);
}

TEST_F(Autograd, RefusesAFormulaOfAnotherShape) {
  EXPECT_THROW(apply({.name = "odd",
                      .inputs = {constant({1, 2, 3})},
                      .outputs = {{{2}, float64}},
                      .formula = [](const Tensors& in) { return in[0]; }}),
               ShapeError);
  EXPECT_THROW(apply({.name = "odd",
                      .inputs = {constant({1, 2})},
                      .outputs = {{{2}, float32}},
                      .formula = [](const Tensors& in) { return in[0]; }}),
               DTypeError);
  EXPECT_THROW(apply({.name = "none", .inputs = {constant({1, 2})}}), ArgumentError);
}

TEST_F(Autograd, ABackwardPassThatFailedLeavesTheThreadAsItWas) {
  const Tensor x = leaf({1, 2});
  const Tensor y = x * 1;
  y.register_hook([](const Tensor&) -> Tensor { throw std::runtime_error("from a hook"); });
  EXPECT_THROW(sum(y).backward(), std::runtime_error);
  EXPECT_TRUE(grad_enabled());
  sum(x * x).backward();
  EXPECT_EQ(numbers(x.grad()), (Numbers{2, 4}));
}

TEST_F(Autograd, ABackwardPassThatFailsAddsNothing) {
  const Tensor x = leaf({1, 2}), z = x * 1;
  z.register_hook([](const Tensor&) -> Tensor { throw std::runtime_error("from a hook"); });
  const Tensor late = leaf({3, 4});  // made after z, so the backward pass meets it before the hook
  EXPECT_THROW(sum(z * late).backward(), std::runtime_error);
  EXPECT_FALSE(late.grad().defined());
  EXPECT_FALSE(x.grad().defined());
}

// ------------------------------------------------------------ ops without a derivative of their
// own

/// (x - mean) · w, only a formula: the backward pass runs it again.
Tensor centred(const Tensor& x, const Tensor& w) {
  return apply({.name = "centred", .inputs = {x, w}, .formula = [](const Tensors& in) {
                  const Tensor y = in[0] - mean(in[0], -1, keepdim);
                  return in[1].defined() ? y * in[1] : y;
                }});
}

TEST_F(Autograd, FormulasAreReplayed) {
  const Tensor x = leaf({{1, 2, 4}, {0, 5, 1}}), w = leaf({2, 3, 4});
  EXPECT_TRUE(gradcheck([](const Tensors& in) { return centred(in[0], in[1]); }, {x, w}));
  EXPECT_TRUE(gradcheck([](const Tensors& in) { return centred(in[0], {}); }, {x}));
}

TEST_F(Autograd, AnInputMadeFromAnotherCountsOnce) {
  const GradcheckResult r =
      gradcheck([](const Tensors& in) { return centred(in[0], in[0] * in[0]); },
                {leaf({{1, 2, 4}, {0, 5, 1}})});
  EXPECT_TRUE(r) << r.message;
  EXPECT_TRUE(
      gradcheck([](const Tensors& in) { return centred(in[0], in[0]); }, {leaf({1, 2, 4})}));
}

TEST_F(Autograd, StatisticsCarryNoGradient) {
  const Tensor x = leaf({{1, 2, 4}, {0, 5, 1}});
  const BatchNormResult r = batch_norm(x);
  EXPECT_TRUE(r.y.requires_grad());
  EXPECT_FALSE(r.mean.requires_grad());
  EXPECT_FALSE(r.var.requires_grad());
}

TEST_F(Autograd, PartOfAJointDerivative) {
  const Tensor x = leaf({{1, 2}, {3, 5}, {0, 7}}), w = leaf({2, 3});
  sum(batch_norm(x.detach(), w, w.detach()).y * x.detach()).backward();
  EXPECT_TRUE(w.grad().defined());
  EXPECT_FALSE(x.grad().defined());
}

TEST_F(Autograd, OutputsOfOneOpAreKeptApart) {
  const Tensor x = leaf({{1, 5}, {7, 2}});
  const auto pieces = split(x, 1, 1);
  sum(pieces[0] * 2 + pieces[1] * 3).backward();
  EXPECT_EQ(numbers(x.grad()), (Numbers{2, 3, 2, 3}));
  EXPECT_EQ(numbers(grad(sum(split(x, 1, 1)[1] * 3), x)[0]), (Numbers{0, 3, 0, 3}));
  const auto rows = unbind(x);
  EXPECT_EQ(numbers(grad(sum(rows[0] * rows[1]), x)[0]), (Numbers{7, 2, 1, 5}));
  EXPECT_EQ(numbers(grad(sum(unbind(x)[1] * 3), x)[0]), (Numbers{0, 0, 3, 3}));
  const auto halves = split(x, 1, 1);
  sum(halves[0] * 5).backward();
  sum(halves[1] * 7).backward();  // a backward pass of its own, over the same pieces
  EXPECT_EQ(numbers(x.grad()), (Numbers{7, 10, 7, 10}));
  const ValuesIndices top = max(x, 1);
  EXPECT_EQ(numbers(grad(sum(top.values * 4), x)[0]), (Numbers{0, 4, 4, 0}));
}

// ------------------------------------------------------------ size and threads

/// Runs f on a thread with a stack of 256 KB.
void on_small_stack(const std::function<void()>& f) {
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  ASSERT_EQ(pthread_attr_setstacksize(&attributes, 256 << 10), 0);
  pthread_t thread;
  auto call = [](void* f) -> void* {
    return (*static_cast<const std::function<void()>*>(f))(), nullptr;
  };
  ASSERT_EQ(pthread_create(&thread, &attributes, call, const_cast<std::function<void()>*>(&f)), 0);
  pthread_join(thread, nullptr);
  pthread_attr_destroy(&attributes);
}

TEST_F(Autograd, AChainOfAHundredThousandNodesOnASmallStack) {
  on_small_stack([] {
    const Tensor x = leaf({0.5, -0.5});
    Tensor y = x;
    for (int i = 0; i < 100'000; ++i) y = i % 2 ? tanh(y) : y * 1.0001;
    sum(y).backward({}, {.retain_graph = true});
    EXPECT_TRUE(std::isfinite(numbers(x.grad())[0]));
    y = Tensor();  // freed without recursion
    Tensor z = x;
    for (int i = 0; i < 100'000; ++i) z = z + 1;
    sum(z).backward();  // freed during the backward pass
  });
}

TEST_F(Autograd, AWideGraph) {
  const Tensor x = leaf({1, 2});
  Tensors all;
  for (int i = 0; i < 1000; ++i) all.push_back(x * i);
  sum(stack(all)).backward();
  EXPECT_EQ(numbers(x.grad()), (Numbers{499500, 499500}));
}

TEST_F(Autograd, TwoThreadsTrainTwoModels) {
  auto train = [](double start, double& loss) {
    Tensor w = leaf({start, start + 1, start + 2});
    for (int step = 0; step < 200; ++step) {
      const Tensor l = mean(square(w - 1));
      w.set_grad({});
      l.backward();
      const NoGrad off;
      w.sub_(w.grad() * 0.3);
      loss = l.item<double>();
    }
  };
  double losses[2] = {1, 1};
  std::thread a(train, 3., std::ref(losses[0])), b(train, -5., std::ref(losses[1]));
  a.join(), b.join();
  EXPECT_LT(losses[0], 1e-6);
  EXPECT_LT(losses[1], 1e-6);
}

TEST_F(Autograd, AGraphSpansThreads) {
  const Tensor x = leaf({1, 2});
  Tensor y;
  std::thread([&] { y = x * x; }).join();
  const Tensor z = sum(y * x);
  std::thread([&] { z.backward(); }).join();
  EXPECT_EQ(numbers(x.grad()), (Numbers{3, 12}));
}

TEST_F(Autograd, GradModeIsPerThread) {
  const NoGrad off;
  bool there = false;
  std::thread([&] { there = grad_enabled(); }).join();
  EXPECT_TRUE(there);
  EXPECT_FALSE(grad_enabled());
}

TEST_F(Autograd, ACycleThroughInPlaceIsNoLeak) {
  const Tensor x = leaf({1, 2});
  Tensor t = x * 2;
  t.add_(t * x);  // the second node keeps t's memory, whose new node it feeds
  EXPECT_FALSE(t.is_leaf());
}

TEST(Hooks, MayReturnAnotherDtypeAndRegisterMore) {
  Tensor x = ones({2}).requires_grad_();
  int later = 0;
  x.register_hook([&](const Tensor& dy) {
    for (int i = 0; i < 20; ++i) x.register_hook([&](const Tensor&) { return ++later, Tensor(); });
    return dy.to(float64) * 3;
  });
  sum(x * 2).backward();
  EXPECT_EQ(x.grad().dtype(), float32);
  EXPECT_EQ(x.grad().to_vector<float>(), (std::vector<float>{6, 6}));
  EXPECT_EQ(later, 0);
}
TEST(Hooks, OfLeavesRunAsSoonAsTheirGradientIsComplete) {
  std::string order;
  const auto note = [&](char name) {
    return [&order, name](const Tensor&) { return order += name, Tensor(); };
  };
  const Tensor first = ones({2}).requires_grad_(), second = ones({2}).requires_grad_(),
               shared = ones({2}).requires_grad_();
  const Tensor h = first * shared, y = h * second * shared;
  first.register_hook(note('1')), second.register_hook(note('2'));
  shared.register_hook(note('s')), h.register_hook(note('h'));
  sum(y).backward();
  EXPECT_EQ(order.substr(0, 2), "2h");  // before the ops behind h
  EXPECT_EQ(order.size(), 4u);
  EXPECT_EQ(shared.grad().to_vector<float>(), (std::vector<float>{2, 2}));
}
TEST(Hooks, AreNotEmpty) {
  EXPECT_THROW(ones({2}).requires_grad_().register_hook({}), ArgumentError);
}

}  // namespace
}  // namespace tinygrad
