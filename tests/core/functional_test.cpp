// SPDX-License-Identifier: MIT
// Tests vjp, jvp, jacobian, hessian, hvp, per-sample gradients and checkpoints against closed forms
// and against each other.
#include <gtest/gtest.h>

#include <cmath>

#include "tinygrad/tinygrad.h"

namespace tinygrad {
namespace {

Tensor vector(const Nested& values) { return tensor(values, {.dtype = float64}); }
void expect_near(const Tensor& a, const Tensor& b, double tolerance = 1e-12) {
  ASSERT_EQ(a.shape(), b.shape());
  if (a.numel() > 0) { EXPECT_LT(max(abs(a - b)).item<double>(), tolerance); }
}

/// y = [x0 x1, sin x0, x1³].
Tensor three(const Tensors& in) {
  const Tensor &x = in[0], a = x[0], b = x[1];
  return stack({a * b, sin(a), pow(b, 3)});
}
Tensor jacobian_of_three(const Tensor& x) {
  const double a = x[0].item<double>(), b = x[1].item<double>();
  return vector({{b, a}, {std::cos(a), 0.}, {0., 3 * b * b}});
}

TEST(Functional, JacobianVjpAndJvpAgree) {
  const Tensor x = vector({0.5, -2.}), v = vector({1., 2., 3.}), t = vector({-1., 0.25});
  const Tensor j = jacobian_of_three(x);
  expect_near(jacobian(three, x)[0], j);
  const VjpResult back = vjp(three, x, v);
  expect_near(back.output, three(x));
  expect_near(back.gradients[0], matmul(v, j));
  const JvpResult forward = jvp(three, x, t);
  expect_near(forward.output, three(x));
  expect_near(forward.tangent, matmul(j, t));
  EXPECT_FALSE(back.output.requires_grad());
  EXPECT_FALSE(forward.tangent.requires_grad());
}

TEST(Functional, HessianAndHvpAgree) {
  const auto f = [](const Tensors& in) -> Tensor {
    return sum(pow(in[0], 3)) + in[0][0] * in[0][1];
  };
  const Tensor x = vector({1., 2.}), v = vector({3., -1.});
  const Tensor h = vector({{6., 1.}, {1., 12.}});
  expect_near(hessian(f, x), h);
  const VjpResult product = hvp(f, x, v);
  expect_near(product.gradients[0], matmul(h, v));
  EXPECT_EQ(product.output.item<double>(), 11);
}

TEST(Functional, SeveralInputsAndUnusedOnes) {
  const auto f = [](const Tensors& in) -> Tensor { return in[0] * 2; };
  const Tensors inputs{vector({1., 2.}), vector({5.})};
  const Tensors j = jacobian(f, inputs);
  expect_near(j[0], vector({{2., 0.}, {0., 2.}}));
  expect_near(j[1], zeros({2, 1}, {.dtype = float64}));
  expect_near(vjp(f, inputs, vector({1., 1.})).gradients[1], vector({0.}));
  const auto constant = [](const Tensors&) -> Tensor { return vector({1.}); };
  expect_near(jvp(constant, inputs[0], vector({1., 1.})).tangent, vector({0.}));
}

/// The results are part of the graph if they are asked to be.
TEST(Functional, ResultsCanBeDifferentiated) {
  const Tensor x = vector({0.5, -2.}).requires_grad_();
  const Tensor j = jacobian(three, x, {.create_graph = true})[0];
  const Tensor g = grad(sum(j), x);
  expect_near(g, vector({1 - std::sin(0.5), 1 + 6 * -2.}));
  const Tensor t = jvp(three, x, vector({1., 1.}), {.create_graph = true}).tangent;
  expect_near(grad(sum(t), x), vector({1 - std::sin(0.5), 1 + 6 * -2.}));
  EXPECT_FALSE(x.grad().defined());
}

TEST(Functional, PerSampleGradients) {
  manual_seed(1);
  const Tensor w = randn({3, 2}, {.dtype = float64}).requires_grad_(),
               b = zeros({2}, {.dtype = float64}).requires_grad_(),
               x = randn({5, 3}, {.dtype = float64}), y = randn({5, 2}, {.dtype = float64});
  const auto loss = [&](const Tensors& batch) -> Tensor {
    return sum(square(matmul(batch[0], w) + b - batch[1]));
  };
  const Tensors all = per_sample_grads(loss, {w, b}, {x, y});
  EXPECT_EQ(all[0].shape(), (Shape{5, 3, 2}));
  loss({x, y}).backward();
  expect_near(sum(all[0], 0), w.grad());
  expect_near(sum(all[1], 0), b.grad());
}

/// Parameters that are no inputs, random numbers, second derivatives.
TEST(Functional, CheckpointChangesNothing) {
  const Tensor w = vector({{1., 2.}, {3., 4.}}).requires_grad_(),
               b = vector({0.5, -0.5}).requires_grad_(), x = vector({{1., -1.}}).requires_grad_();
  const auto f = [&](const Tensors& in) -> Tensor {
    return dropout(tanh(matmul(in[0], w) + b), 0.5) * in[0];
  };
  const auto gradients = [&](bool checkpointed) {
    manual_seed(5);
    const Tensor h = x * 2, y = checkpointed ? checkpoint(f, h) : f(h),
                 z = sum(y * rand({1, 2}, {.dtype = float64}));
    Tensors first = grad(z, {x, w, b}, {.create_graph = true});
    Tensors all = first;
    for (const Tensor& g : grad(sum(first[0] * first[0]) + sum(first[1]), {x, w, b}))
      all.push_back(g);
    all.push_back(z);
    return all;
  };
  const Tensors expected = gradients(false), found = gradients(true);
  for (std::size_t i = 0; i < expected.size(); ++i) expect_near(found[i], expected[i]);
  checkpoint(f, x).sum().backward();
  EXPECT_TRUE(w.grad().defined());
}

TEST(Functional, CheckpointKeepsItsInputsAlone) {
  const Tensor x = randn({1000}).requires_grad_();
  const auto deep = [](const Tensors& in) -> Tensor {
    Tensor y = in[0];
    for (int i = 0; i < 50; ++i) y = sin(y);
    return y;
  };
  const auto kept = [&](bool checkpointed) {
    const auto before = memory_stats().in_use;
    const Tensor y = checkpointed ? checkpoint(deep, x) : deep(x);
    return memory_stats().in_use - before;
  };
  EXPECT_GT(kept(false), 40 * 4000);
  EXPECT_LT(kept(true), 3 * 4000);
}

TEST(Functional, CheckpointRefusesWhatItCannotSee) {
  const Tensor x = vector({1.}).requires_grad_(), h = x * 2;
  const auto f = [&](const Tensors& in) -> Tensor { return in[0] * h; };
  EXPECT_THROW(checkpoint(f, x), AutogradError);
}

TEST(Functional, RetainedGradients) {
  const Tensor x = vector({1., 2.}).requires_grad_(), h = x * 3;
  EXPECT_FALSE(h.grad().defined());
  h.retain_grad();
  sum(h * h).backward({}, {.retain_graph = true});
  expect_near(h.grad(), vector({6., 12.}));
  const auto parts = unbind(x * 2);
  parts[1].retain_grad();
  sum(parts[0] * 5 + parts[1] * 7).backward();
  expect_near(parts[1].grad(), tensor(7., {.dtype = float64}));
  EXPECT_FALSE(parts[0].grad().defined());
}

TEST(Functional, BackwardHooksOfModules) {
  nn::Linear net(2, 2);
  std::vector<Shape> seen;
  auto handle = net.register_backward_hook([&](const Tensor& dy) {
    seen.push_back(dy.shape());
    return dy * 0;
  });
  sum(net(ones({3, 2}))).backward();
  EXPECT_EQ(seen, (std::vector<Shape>{{3, 2}}));
  EXPECT_EQ(max(abs(net.weight.grad())).item<float>(), 0);
  handle.remove();
  sum(net(ones({3, 2}))).backward();
  EXPECT_EQ(seen.size(), 1u);
}

TEST(Functional, SaysWhatIsWrong) {
  const auto f = [](const Tensors& in) -> Tensor { return in[0] * 2; };
  const Tensor x = vector({1., 2.});
  EXPECT_THROW(hessian(f, x), ShapeError);
  EXPECT_THROW(jvp(f, x, vector({1.})), ShapeError);
  EXPECT_THROW(vjp(f, x, vector({1.})), ShapeError);
  EXPECT_THROW(jacobian(f, tensor({1, 2})), DTypeError);
  EXPECT_THROW(jacobian(f, Tensors()), ArgumentError);
}

}  // namespace
}  // namespace tinygrad
