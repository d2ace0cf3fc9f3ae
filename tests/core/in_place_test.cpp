// SPDX-License-Identifier: MIT
// Tests writing into tensors: its effect, its gradients, and the cases in which it is refused.
#include <gtest/gtest.h>

#include <functional>

#include "tinygrad/op.h"
#include "tinygrad/ops.h"
#include "tinygrad/trace/gradcheck.h"

namespace tinygrad {
namespace {

using Numbers = std::vector<double>;

Tensor constant(const Nested& values) { return tensor(values, {.dtype = float64}); }
Tensor leaf(const Nested& values) {
  return tensor(values, {.dtype = float64, .requires_grad = true});
}
Numbers numbers(const Tensor& t) { return t.to_vector<double>(); }

/// The message of the error that f throws, without the caller's line.
std::string refusal(const std::function<void()>& f) {
  try {
    f();
  } catch (const Error& e) {
    const std::string text = e.what();
    return text.substr(0, text.find("\n  called at"));
  }
  return "no error";
}

TEST(InPlace, WritesIntoTheMemory) {
  Tensor x = constant({1, 2, 3});
  const Tensor same = x;
  x.add_(constant({10, 20, 30})).mul_(2).sub_(constant({2})).div_(4);
  EXPECT_EQ(numbers(same), (Numbers{5, 10.5, 16}));
  x.fill_(7);
  EXPECT_EQ(numbers(same), (Numbers{7, 7, 7}));
  x.zero_();
  EXPECT_EQ(numbers(same), (Numbers{0, 0, 0}));
  x += constant({1, 2, 3});
  x *= x;
  x -= constant({1});
  x /= constant({2});
  EXPECT_EQ(numbers(same), (Numbers{0, 1.5, 4}));
}

TEST(InPlace, ReachesBasesThroughViews) {
  Tensor x = constant({{1, 2, 3}, {4, 5, 6}});
  x.select(1, 0).add_(100);
  x.slice(1, 1, 3, 1).t().mul_(2);
  EXPECT_EQ(numbers(x), (Numbers{101, 4, 6, 104, 10, 12}));
}

TEST(InPlace, CopiesWithBroadcastingAndConversion) {
  Tensor x = zeros({2, 3});
  x.copy_(tensor({1, 2, 3}));
  EXPECT_EQ(numbers(x), (Numbers{1, 2, 3, 1, 2, 3}));
  x.select(0, 1).copy_(tensor({9., 8., 7.}, {.dtype = float64}));
  EXPECT_EQ(numbers(x), (Numbers{1, 2, 3, 9, 8, 7}));
}

TEST(InPlace, ReadsAnOverlappingSourceFirst) {
  Tensor x = constant({1, 2, 3, 4});
  x.slice(0, 1).copy_(x.slice(0, 0, 3));
  EXPECT_EQ(numbers(x), (Numbers{1, 1, 2, 3}));
  Tensor y = constant({{1, 2}, {3, 4}});
  y.copy_(y.t());
  EXPECT_EQ(numbers(y), (Numbers{1, 3, 2, 4}));
}

/// Elements that an op reads from the very memory it writes, shifted: as if it had been read first.
TEST(InPlace, AddsAnOverlappingSource) {
  Tensor x = constant({1, 2, 3, 4});
  x.slice(0, 1).add_(x.slice(0, 0, 3));
  EXPECT_EQ(numbers(x), (Numbers{1, 3, 5, 7}));
  Tensor y = constant({{1, 2}, {3, 4}});
  y.add_(y.t());
  EXPECT_EQ(numbers(y), (Numbers{2, 5, 5, 8}));
  Tensor z = constant({1, 2, 3});
  z.mul_(z.select(0, 1));
  EXPECT_EQ(numbers(z), (Numbers{2, 4, 6}));
  for (std::int64_t n : {100, 100'000}) {  // beyond one vector, and on several threads
    Tensor many = arange(n + 1);
    many.slice(0, 1).add_(many.slice(0, 0, n));
    EXPECT_EQ(many[1].item<int>(), 1);
    EXPECT_EQ(many[n].item<std::int64_t>(), 2 * n - 1);
    Tensor reals = arange(n + 1).to(float32) / 7,
           expected = reals.slice(0, 1) * reals.slice(0, 0, n);
    reals.slice(0, 1).mul_(reals.slice(0, 0, n));
    EXPECT_TRUE(all(reals.slice(0, 1) == expected).item<bool>()) << n;
  }
}

TEST(InPlace, KeepsItsDtype) {
  Tensor x = tensor({1, 2, 3});
  x.add_(tensor({1, 1, 1}, {.dtype = int32}));
  EXPECT_EQ(x.dtype(), int64);
  EXPECT_THROW(x.add_(1.5), DTypeError);
  EXPECT_THROW(x.div_(2), DTypeError);
  EXPECT_THROW(x.mul_(tensor({1., 2., 3.})), DTypeError);
  EXPECT_EQ(numbers(x), (Numbers{2, 3, 4}));
}

TEST(InPlace, RefusesToGrow) {
  Tensor x = constant({1, 2, 3});
  EXPECT_THROW(x.add_(ones({2, 3})), ShapeError);
  EXPECT_THROW(x.add_(ones({2})), ShapeError);
  EXPECT_THROW(x.copy_(ones({2, 3})), ShapeError);
  EXPECT_THROW(Tensor(constant({1})).add_(ones({3})), ShapeError);
  EXPECT_EQ(numbers(x), (Numbers{1, 2, 3}));
}

TEST(InPlace, RefusesAnUndefinedOperand) {
  Tensor x = constant({1, 2, 3});
  EXPECT_THROW(x.add_(Tensor()), ArgumentError);
  EXPECT_THROW(x.copy_(Tensor()), ArgumentError);
  EXPECT_EQ(numbers(x), (Numbers{1, 2, 3}));
  Tensor none;
  EXPECT_THROW(none.add_(1), ArgumentError);
  EXPECT_THROW(none.zero_(), ArgumentError);
}

// ------------------------------------------------------------ recorded

TEST(InPlaceGraph, IsRecordedLikeAnyOp) {
  const GradcheckResult r = gradcheck(
      [](const Tensors& in) {
        Tensor t = in[0] * 2, u = t;
        t.add_(in[1] * in[1]);
        u.add_(exp(t));
        u.mul_(3).sub_(in[0]);
        return t * u;
      },
      {leaf({1, 2, 3}), leaf({.5, .6, .7})});
  EXPECT_TRUE(r) << r.message;
}

TEST(InPlaceGraph, CopyAndFillCutTheOldValue) {
  const Tensor x = leaf({1, 2, 3}), w = leaf({4, 5, 6});
  Tensor t = x * 2;
  t.copy_(w * 3);
  sum(t).backward();
  EXPECT_EQ(numbers(w.grad()), (Numbers{3, 3, 3}));
  EXPECT_TRUE(!x.grad().defined() || numbers(x.grad()) == (Numbers{0, 0, 0}));
  Tensor u = x * 2;
  u.fill_(3);
  sum(u * w).backward();
  EXPECT_TRUE(!x.grad().defined() || numbers(x.grad()) == (Numbers{0, 0, 0}));
}

TEST(InPlaceGraph, ATensorStaysTheSameTensor) {
  const Tensor x = leaf({1, 2});
  Tensor a = x * 1, b = a;  // two handles on one tensor
  a.add_(1);
  sum(b * b).backward();
  EXPECT_EQ(numbers(x.grad()), (Numbers{4, 6}));
}

TEST(InPlaceGraph, AConstantBecomesComputed) {
  const Tensor x = leaf({1, 2});
  Tensor t = constant({10, 20});
  t.sub_(x);
  EXPECT_TRUE(t.requires_grad());
  sum(t).backward();
  EXPECT_EQ(numbers(x.grad()), (Numbers{-1, -1}));
}

TEST(InPlaceGraph, LeavesAreWrittenUnderNoGrad) {
  Tensor x = leaf({1, 2});
  EXPECT_EQ(refusal([&] { x.add_(1); }),
            "add_: writes into a leaf that requires a gradient; do it under NoGrad, or use the "
            "functional form");
  {
    const NoGrad off;
    x.add_(1);
  }
  EXPECT_EQ(numbers(x), (Numbers{2, 3}));
  EXPECT_TRUE(x.is_leaf());
  EXPECT_TRUE(x.requires_grad());
}

TEST(InPlaceGraph, RefusesARecordedWriteThatAViewWouldSee) {
  const Tensor x = leaf({1, 2, 3});
  const char* text =
      "add_: writes in place, but a view shares the memory and would not know of it; use the "
      "functional form";
  EXPECT_EQ(refusal([&] {
              Tensor t = x * 2, v = t.slice(0, 0, 2);
              v.add_(constant({1, 1}));
            }),
            text);
  EXPECT_EQ(refusal([&] {
              Tensor t = x * 2, v = t.slice(0, 0, 2);
              t.add_(x);
            }),
            text);
}

TEST(InPlaceGraph, AViewWhoseBaseIsGoneMayBeWritten) {
  const Tensor x = leaf({1, 2, 3});
  Tensor v;
  {
    const Tensor t = x * 2;
    v = t.slice(0, 1);
  }
  v.add_(constant({1, 1}));
  sum(v).backward();
  EXPECT_EQ(numbers(x.grad()), (Numbers{0, 2, 2}));
}

TEST(InPlaceGraph, RefusesElementsThatShareMemory) {
  Tensor t = constant({1}).expand({3});
  EXPECT_EQ(refusal([&] { t.add_(1); }),
            "add_: writes in place, but elements of this tensor share memory; clone() it first");
  EXPECT_EQ(refusal([&] { t.fill_(1); }),
            "fill_: writes in place, but elements of this tensor share memory; clone() it first");
  Tensor w =
      windows(ones({1, 1, 3, 3}), 2, 2, {1, 1}, {1, 1});  // overlapping, though no stride is 0
  EXPECT_NE(refusal([&] { w.add_(1); }), "no error");
}

TEST(InPlaceGraph, NoticesThatAKeptTensorWasChanged) {
  const Tensor x = leaf({1, 2, 3});
  EXPECT_EQ(refusal([&] {
              Tensor t = x * 2, u = t * x;
              t.add_(1);
              sum(u).backward();
            }),
            "mul: input 0, kept for the gradient, was changed in place by add_; use the functional "
            "form there, or clone() before");
  EXPECT_EQ(refusal([&] {
              Tensor y = exp(x);
              y.mul_(2);
              sum(y).backward();
            }),
            "exp: output 0, kept for the gradient, was changed in place by mul_; use the "
            "functional form there, or clone() before");
}

TEST(InPlaceGraph, KeepsWhatAnOpItselfOverwrites) {
  const Tensor x = leaf({3, 5}), b = leaf({2, 4}), one = leaf({2});
  Tensor y = x * 1;
  y.mul_(b);
  sum(y).backward();
  EXPECT_EQ(numbers(b.grad()), (Numbers{3, 5}));
  EXPECT_EQ(numbers(x.grad()), (Numbers{2, 4}));
  y = x * 1;
  y.div_(b).mul_(one);  // broadcast; then y = x / b * one
  sum(y).backward();
  EXPECT_EQ(numbers(b.grad()), (Numbers{3 - 2 * 3. / 4, 5 - 2 * 5. / 16}));
  EXPECT_EQ(numbers(one.grad()), (Numbers{3. / 2 + 5. / 4}));
  y = x * 1;
  y *= y;  // both inputs are overwritten
  sum(y).backward();
  EXPECT_EQ(numbers(x.grad()), (Numbers{2 + 1 + 6, 4 + 0.5 + 10}));
}

TEST(InPlace, AssigningToAnElementWritesIntoTheTensor) {
  Tensor x = zeros({2, 2});
  x[0] = constant({1, 2});
  x[1] = 5;
  EXPECT_EQ(numbers(x), (Numbers{1, 2, 5, 5}));
  x[1] = x[0];
  x[0][1] = 7;
  EXPECT_EQ(numbers(x), (Numbers{1, 7, 1, 2}));
  auto row = x[0];  // a variable is a handle
  row = x[1];
  EXPECT_EQ(numbers(row), (Numbers{1, 2}));
  EXPECT_EQ(numbers(x), (Numbers{1, 7, 1, 2}));
  EXPECT_EQ(refusal([&] { x[0] = constant({1, 2, 3}); }).substr(0, 6), "copy_:");
}

TEST(InPlaceGraph, NoticesAChangeThroughAView) {
  const Tensor x = leaf({1, 2, 3});
  Tensor c = constant({1, 2, 3});
  const Tensor y = sum(x * c);
  c.slice(0, 0, 1).zero_();
  EXPECT_EQ(refusal([&] { y.backward(); }),
            "mul: input 1, kept for the gradient, was changed in place by fill_; use the "
            "functional form there, or clone() before");
}

TEST(InPlaceGraph, NoticesAChangeByAnUpdate) {
  Tensor x = leaf({1, 2, 3});
  const Tensor y = sum(x * x);
  apply_update({.name = "step",
                .inputs = {x, constant({1, 1, 1})},
                .writes = 1,
                .formula = [](const Tensors& in) { return in[0] - in[1]; }});
  EXPECT_EQ(numbers(x), (Numbers{0, 1, 2}));
  EXPECT_TRUE(x.is_leaf());
  EXPECT_EQ(refusal([&] { y.backward(); }),
            "mul: input 1, kept for the gradient, was changed in place by step; use the functional "
            "form there, or clone() before");
}

TEST(InPlaceGraph, WhatIsNotKeptMayChange) {
  const Tensor x = leaf({1, 2, 3});
  Tensor t = x * 2;
  const Tensor y = sum(t + x);
  t.add_(100);
  y.backward();
  EXPECT_EQ(numbers(x.grad()), (Numbers{3, 3, 3}));
}

TEST(InPlaceGraph, AnUpdateRefusesWhatWasComputed) {
  const Tensor x = leaf({1, 2});
  EXPECT_EQ(refusal([&] {
              apply_update({.name = "step",
                            .inputs = {x * 2},
                            .writes = 1,
                            .formula = [](const Tensors& in) { return in[0]; }});
            }),
            "step: would write into a tensor that was computed; detach() it");
}

TEST(InPlaceGraph, AFailedWriteChangesNothing) {
  const Tensor x = leaf({1, 2, 3});
  Tensor t = x * 2;
  EXPECT_THROW(t.add_(ones({2}, {.dtype = float64})), ShapeError);
  sum(t * t).backward();
  EXPECT_EQ(numbers(x.grad()), (Numbers{8, 16, 24}));
}

}  // namespace
}  // namespace tinygrad
