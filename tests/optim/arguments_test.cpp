// SPDX-License-Identifier: MIT
// Tests the arguments that optimizers refuse, learning rates, gradients' norms, and a module that
// is moved.
#include "support/optim_help.h"

namespace tinygrad {
namespace {

using namespace optim;

TEST(Optimizer, RefusesParametersItCannotUpdate) {
  const Tensor w = ones({2}, {.requires_grad = true}), computed = w * 2;
  expect_says(message_of<ArgumentError>([] { SGD(std::vector<Tensor>{}, {.lr = 0.1}); }),
              "SGD: the list of parameters is empty");
  expect_says(message_of<ArgumentError>([&] {
                SGD({w, Tensor()}, {.lr = 0.1});
              }),
              "SGD: parameter 1 is undefined\n  called at arguments_test.cpp");
  expect_says(message_of<AutogradError>([&] { Adam({computed}, {.lr = 0.1}); }),
              "Adam: parameter 0 of shape [2] was computed");
  expect_says(message_of<ArgumentError>([&] {
                AdamW({w, w}, {.lr = 0.1});
              }),
              "AdamW: parameter 1 of shape [2] is listed twice");
  expect_says(message_of<ArgumentError>([&] {
                SGD({{{w}, {}}, {{w}, {}}});
              }),
              "SGD: parameter 0 of shape [2] is listed twice");
}

TEST(Optimizer, RefusesWeightsThatAreNoMatrices) {
  const Tensor w = ones({2, 3}, {.requires_grad = true}), b = ones({3}, {.requires_grad = true});
  expect_says(message_of<ShapeError>([&] {
                Muon({w, b});
              }),
              "Muon: expected weights of shape [m, n], got [3]; give others to AdamW\n  called at "
              "arguments_test.cpp");
}

TEST(Optimizer, AddsGroups) {
  const Problem problem;
  SGD sgd({problem.w[0]}, {.lr = 0.1});
  StepLR schedule(sgd, 1, 0.5);
  sgd.add_param_group({problem.w[1]}, {.lr = 0.2, .momentum = 0.9});
  AdamW adam({problem.w[0]});
  adam.add_param_group({problem.w[1]}, {.lr = 0.2});
  EXPECT_EQ(adam.lr(1), 0.2);
  EXPECT_EQ(sgd.groups(), 2u);
  const auto before = problem.w[1].to_vector<double>();
  problem.step(sgd);
  EXPECT_NE(problem.w[1].to_vector<double>(), before);
  EXPECT_EQ(names(sgd.state_dict()), (std::vector<std::string>{"group.0.lr", "0.step", "group.1.lr",
                                                               "1.step", "1.momentum"}));
  schedule.step();
  EXPECT_EQ(sgd.lr(0), 0.05);
  EXPECT_EQ(sgd.lr(1), 0.2);
  expect_says(message_of<ArgumentError>([&] { sgd.add_param_group({}); }),
              "SGD: the list of parameters is empty; pass net.parameters()\n  called at "
              "arguments_test.cpp");
  expect_says(message_of<ArgumentError>([&] { sgd.add_param_group({problem.w[0]}); }),
              "SGD: parameter 0 of shape [2, 3] is listed twice");
  EXPECT_EQ(sgd.groups(), 2u);
}

TEST(Optimizer, RefusesNumbersOutOfRange) {
  const std::vector<Tensor> w{ones({2}, {.requires_grad = true})};
  expect_says(message_of<ArgumentError>([&] { SGD(w, {.lr = -0.1}); }),
              "SGD: lr must be finite and not negative, it is -0.1");
  expect_says(message_of<ArgumentError>([&] { SGD(w, {.lr = NAN}); }), "lr must be finite");
  expect_says(message_of<ArgumentError>([&] { SGD(w, {.momentum = -1}); }), "SGD: momentum");
  expect_says(message_of<ArgumentError>([&] { SGD(w, {.nesterov = true}); }),
              "SGD: nesterov needs a momentum and no dampening");
  expect_says(message_of<ArgumentError>([&] { Adam(w, {.beta1 = 1}); }),
              "Adam: beta1 must lie in [0, 1), it is 1");
  expect_says(message_of<ArgumentError>([&] { AdamW(w, {.eps = -1}); }), "AdamW: eps");
  expect_says(message_of<ArgumentError>([&] { RMSprop(w, {.alpha = 1.5}); }),
              "RMSprop: alpha must lie in [0, 1], it is 1.5");
  expect_says(message_of<ArgumentError>([&] { RMSprop(w, {.momentum = -1}); }),
              "RMSprop: momentum must be finite and not negative, it is -1");
  expect_says(message_of<ArgumentError>([&] { Lion(w, {.beta2 = 1}); }),
              "Lion: beta2 must lie in [0, 1), it is 1");
  expect_says(message_of<ArgumentError>([&] { Muon(w, {.ns_steps = 100}); }),
              "Muon: ns_steps must lie in [0, 100), it is 100");
  SGD sgd(w, {.lr = 0.1});
  expect_says(message_of<ArgumentError>([&] { sgd.set_lr(-1); }),
              "SGD: lr must be finite and not negative");
  expect_says(message_of<IndexError>([&] { sgd.lr(1); }), "SGD: there is no group 1, only 1");
  expect_says(message_of<ArgumentError>([&] { StepLR(sgd, 0); }),
              "StepLR: step_size must be at least 1");
  expect_says(message_of<ArgumentError>([&] { CosineAnnealingLR(sgd, -2); }),
              "CosineAnnealingLR: t_max must be at least 1");
  expect_says(message_of<ArgumentError>([&] { clip_grad_norm_(w, -1); }),
              "clip_grad_norm_: max_norm must not be negative, it is -1");
  expect_says(message_of<ArgumentError>([&] { clip_grads_with_norm_(w, -1, zeros({})); }),
              "clip_grads_with_norm_: max_norm must not be negative, it is -1");
  expect_says(message_of<ArgumentError>([&] { clip_grad_value_(w, -1); }),
              "clip_grad_value_: clip_value must be finite and not negative, it is -1");
}

TEST(Optimizer, SetsRatesOfOneGroupOrAll) {
  const Problem problem;
  SGD sgd({{{problem.w[0]}, {.lr = 0.1}}, {{problem.w[1]}, {.lr = 0.2}}});
  EXPECT_EQ(sgd.groups(), 2u);
  sgd.set_lr(1, 0.5);
  EXPECT_EQ(sgd.lr(0), 0.1);
  EXPECT_EQ(sgd.lr(1), 0.5);
  StepLR schedule(sgd, 2, 0.5);
  schedule.step();
  EXPECT_EQ(sgd.lr(1), 0.5);
  schedule.step();
  EXPECT_EQ(sgd.lr(0), 0.05);
  EXPECT_EQ(sgd.lr(1), 0.25);
  sgd.set_lr(1);
  EXPECT_EQ(sgd.lr(0) + sgd.lr(1), 2);
}

/// The rates after each of `steps` steps; after step `at` the rate is set to `rate`.
std::vector<double> rates(SGD& sgd, LRScheduler& schedule, int steps, int at = 0, double rate = 0) {
  std::vector<double> all;
  for (int i = 1; i <= steps; ++i) {
    schedule.step();
    if (i == at) sgd.set_lr(rate);
    all.push_back(sgd.lr());
  }
  return all;
}
void expect_near(const std::vector<double>& a, const std::vector<double>& b) {
  ASSERT_EQ(a.size(), b.size());
  for (std::size_t i = 0; i < a.size(); ++i) EXPECT_NEAR(a[i], b[i], 1e-14) << i;
}

/// The values are PyTorch's, as are those of the next test.
TEST(Schedules, GoOnFromARateThatWasSet) {
  const Problem problem;
  SGD sgd(problem.w, {.lr = 0.5}), other(problem.w, {.lr = 0.5});
  CosineAnnealingLR cosine(sgd, 4, 0.1);
  expect_near(rates(sgd, cosine, 10, 2, 0.2),
              {0.4414213562373095, 0.2, 0.12928932188134526, 0.1, 0.15857864376269049,
               0.30000000000000004, 0.4414213562373096, 0.5, 0.4414213562373096, 0.3});
  StepLR steps(other, 2, 0.5);
  expect_near(rates(other, steps, 5, 3, 0.8), {0.5, 0.25, 0.8, 0.4, 0.4});
}

TEST(Schedules, CosineRisesAgain) {
  const Problem problem;
  SGD sgd(problem.w, {.lr = 0.5}), other(problem.w, {.lr = 0.5});
  CosineAnnealingLR cosine(sgd, 4, 0.1), shortest(other, 1);
  expect_near(rates(sgd, cosine, 10),
              {0.4414213562373095, 0.3, 0.15857864376269054, 0.1, 0.15857864376269049, 0.3,
               0.4414213562373096, 0.5, 0.4414213562373096, 0.3});
  expect_near(rates(other, shortest, 4), {0, 0.5, 0, 0.5});
}

TEST(Schedules, CosineFollowsAWarmUpByHand) {
  const Problem problem;
  SGD sgd(problem.w, {.lr = 0.5});
  CosineAnnealingLR cosine(sgd, 4);
  for (int i = 1; i <= 3; ++i) sgd.set_lr(0.5 * i / 3);
  expect_near(rates(sgd, cosine, 4), {0.42677669529663687, 0.25, 0.07322330470336313, 0});
}

TEST(Optimizer, SaysThatAllIsFrozen) {
  Problem problem;
  for (Tensor& p : problem.w) p.requires_grad_(false);
  Adam adam(problem.w);
  expect_says(message_of<AutogradError>([&] { adam.step(); }),
              "Adam: none of the parameters requires a gradient, so a step trains nothing; call "
              "requires_grad_() on those to train\n  called at arguments_test.cpp:");
  problem.w[1].requires_grad_();
  adam.step();  // it has no gradient yet
}

TEST(Optimizer, ForgetsGradientsAndSkipsWhatIsFrozen) {
  Problem problem;
  problem.w[1].requires_grad_(false);
  const auto before = problem.w[1].to_vector<double>();
  SGD sgd(problem.w, {.lr = 0.1});
  problem.step(sgd);
  EXPECT_EQ(problem.w[1].to_vector<double>(), before);
  sgd.zero_grad();
  EXPECT_FALSE(problem.w[0].grad().defined());
}

TEST(Optimizer, GoesOnWithAModuleThatMoved) {
  nn::Linear fc(3, 2);
  SGD sgd(fc.parameters(), {.lr = 0.5});
  fc.to(float64);
  const auto before = fc.weight.to_vector<double>();
  fc(ones({1, 3}, {.dtype = float64})).sum().backward();
  sgd.step();
  for (int i = 0; i < 6; ++i)
    EXPECT_DOUBLE_EQ(fc.weight.to_vector<double>()[std::size_t(i)], before[std::size_t(i)] - 0.5);
}

TEST(Optimizer, LearnsASmallNet) {
  manual_seed(1);
  nn::Sequential net(nn::Linear(2, 16), nn::Tanh(), nn::Linear(16, 1));
  Adam adam(net.parameters(), {.lr = 0.02});
  const Tensor x = rand({64, 2}) * 2 - 1,
               y = x.slice(1, 0, 1) * x.slice(1, 1, 2);  // a product of two elements
  double first = 0, last = 0;
  for (int i = 0; i < 300; ++i) {
    adam.zero_grad();
    const Tensor loss = mse_loss(net(x), y);
    loss.backward();
    adam.step();
    last = loss.item<double>();
    if (i == 0) first = last;
  }
  EXPECT_LT(last, first / 20);
}

// ------------------------------------------------------------ norms of gradients

TEST(Clip, ScalesAllGradientsByOneFactor) {
  Tensor a = zeros({2}, {.requires_grad = true}), b = zeros({1}, {.requires_grad = true}),
         c = zeros({1}, {.requires_grad = true});
  a.set_grad(tensor({3., 0.})), b.set_grad(tensor({4.}));
  EXPECT_FLOAT_EQ(clip_grad_norm_({a, b, c}, 1).item<float>(), 5);
  expect_close(a.grad(), {0.6, 0}, 1e-6);
  expect_close(b.grad(), {0.8}, 1e-6);
  EXPECT_FALSE(c.grad().defined());
  EXPECT_NEAR(clip_grad_norm_({a, b}, 10).item<float>(), 1, 1e-6);
  expect_close(b.grad(), {0.8}, 1e-6);  // small enough: as it was
  EXPECT_EQ(clip_grad_norm_({c}, 1).item<float>(), 0);
}

TEST(Clip, TakesGradientsWhoseElementsShareMemory) {
  Tensor a = zeros({4}, {.requires_grad = true});
  a.set_grad(ones({1}).expand({4}));
  clip_grad_norm_({a}, 1);
  expect_close(a.grad(), {0.5, 0.5, 0.5, 0.5}, 1e-6);
}

}  // namespace
}  // namespace tinygrad
