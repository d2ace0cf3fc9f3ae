// SPDX-License-Identifier: MIT
// Tests saving and restoring optimizers and schedules: a restored run has the same bits as one that
// was not interrupted.
#include "support/optim_help.h"

namespace tinygrad {
namespace {

using namespace optim;

NamedTensors copy_of(NamedTensors state) {
  for (auto& [name, t] : state) t = t.clone();
  return state;
}
void copy_weights(const Problem& from, const Problem& to) {
  const NoGrad off;
  for (std::size_t i = 0; i < from.w.size(); ++i) Tensor(to.w[i]).copy_(from.w[i]);
}

/// Seven steps, saved; then both the old and a restored one go on for five.
template <class Kind, class Options> void goes_on(const Options& options, DType dtype) {
  const Problem problem(dtype, "cpu", true), resumed(dtype, "cpu", true);
  Kind optimizer(problem.w, options), restored(resumed.w, options);
  for (int i = 0; i < 7; ++i) problem.step(optimizer);
  optimizer.set_lr(0.0123);
  const NamedTensors state = copy_of(optimizer.state_dict());
  copy_weights(problem, resumed);
  for (int i = 0; i < 5; ++i) problem.step(optimizer);

  restored.load_state_dict(state);
  EXPECT_EQ(restored.lr(), 0.0123);
  for (int i = 0; i < 5; ++i) resumed.step(restored);
  EXPECT_EQ(problem.values(), resumed.values());
}

TEST(OptimizerState, GoesOnBitForBit) {
  for (DType dtype : {float32, float64}) {
    goes_on<SGD>(SgdOptions{.lr = 0.1}, dtype);
    goes_on<SGD>(SgdOptions{.lr = 0.1, .momentum = 0.9, .weight_decay = 0.01, .nesterov = true},
                 dtype);
    goes_on<Adam>(AdamOptions{.lr = 0.05}, dtype);
    goes_on<Adam>(AdamOptions{.lr = 0.05, .amsgrad = true}, dtype);
    goes_on<AdamW>(AdamWOptions{.lr = 0.05}, dtype);
    goes_on<RMSprop>(RmspropOptions{.lr = 0.05}, dtype);
    goes_on<RMSprop>(RmspropOptions{.lr = 0.05, .momentum = 0.9, .centered = true}, dtype);
    goes_on<Lion>(LionOptions{.lr = 0.05}, dtype);
    goes_on<Muon>(MuonOptions{.lr = 0.05}, dtype);
  }
}

TEST(OptimizerState, HasNames) {
  const Problem problem;
  Adam adam({{{problem.w[0]}, {.lr = 0.1}}, {{problem.w[1]}, {.lr = 0.2}}});
  EXPECT_EQ(names(adam.state_dict()), (std::vector<std::string>{"group.0.lr", "group.1.lr"}));
  problem.step(adam);
  const NamedTensors state = adam.state_dict();
  EXPECT_EQ(names(state),
            (std::vector<std::string>{"group.0.lr", "0.step", "0.exp_avg", "0.exp_avg_sq",
                                      "group.1.lr", "1.step", "1.exp_avg", "1.exp_avg_sq"}));
  EXPECT_EQ(state[1].second.item<int>(), 1);
  EXPECT_EQ(state[4].second.item<double>(), 0.2);
  SGD sgd(problem.w, {.lr = 0.1, .momentum = 0.9});
  problem.step(sgd);
  EXPECT_EQ(names(sgd.state_dict()), (std::vector<std::string>{"group.0.lr", "0.step", "0.momentum",
                                                               "1.step", "1.momentum"}));
  RMSprop centered(problem.w, {.momentum = 0.9, .centered = true});
  problem.step(centered);
  EXPECT_EQ(names(centered.state_dict()),
            (std::vector<std::string>{"group.0.lr", "0.step", "0.square_avg", "0.grad_avg",
                                      "0.momentum_buffer", "1.step", "1.square_avg", "1.grad_avg",
                                      "1.momentum_buffer"}));
  AdamW amsgrad({problem.w[0]}, {.amsgrad = true});
  problem.step(amsgrad);
  EXPECT_EQ(names(amsgrad.state_dict()),
            (std::vector<std::string>{"group.0.lr", "0.step", "0.exp_avg", "0.exp_avg_sq",
                                      "0.max_exp_avg_sq"}));
}

TEST(OptimizerState, SaysAllThatIsWrongAtOnceAndLoadsNothing) {
  const Problem problem;
  Adam adam(problem.w, {.lr = 0.1});
  problem.step(adam);
  const NamedTensors before = copy_of(adam.state_dict());
  NamedTensors state = copy_of(before);
  state[0].second = full({}, -1., {.dtype = float64});  // group.0.lr
  state[1].second = full({}, -3, {.dtype = int64});     // 0.step
  state[5].second = ones({7});                          // 1.exp_avg
  state[6].first = "1.exp";                             // 1.exp_avg_sq
  const std::string message = message_of<ArgumentError>([&] { adam.load_state_dict(state); });
  expect_says(message,
              "Adam: the state does not fit, and nothing was loaded:\n    \"group.0.lr\" is -1");
  expect_says(message, "\"0.step\" is -3; a count lies between 0 and 2^53");
  expect_says(message, "\"1.exp_avg\" has shape [7], not [4]");
  expect_says(message, "\"1.exp_avg_sq\" is missing");
  expect_says(message, "\"1.exp\" belongs to nothing here");
  const NamedTensors after = adam.state_dict();
  for (std::size_t i = 0; i < before.size(); ++i) expect_same(before[i].second, after[i].second);
}

TEST(OptimizerState, IsACopy) {
  const Problem problem;
  SGD one(problem.w, {.lr = 0.1, .momentum = 0.9}), other(problem.w, {.lr = 0.1, .momentum = 0.9});
  problem.step(one);
  NamedTensors state = one.state_dict();
  other.load_state_dict(state);
  state[2].second.zero_();  // the memory of `one`
  EXPECT_NE(other.state_dict()[2].second.to_vector<double>(), std::vector<double>(6));
}

TEST(ScheduleState, GoesOn) {
  const Problem problem;
  SGD one(problem.w, {.lr = 0.5}), other(problem.w, {.lr = 0.1});
  CosineAnnealingLR cosine(one, 10), restored(other, 10);
  for (int i = 0; i < 4; ++i) cosine.step();
  other.load_state_dict(one.state_dict());
  restored.load_state_dict(cosine.state_dict());
  EXPECT_EQ(restored.count(), 4);
  EXPECT_EQ(other.lr(), one.lr());
  cosine.step(), restored.step();
  EXPECT_EQ(other.lr(), one.lr());
  EXPECT_NEAR(one.lr(), 0.25, 1e-15);
  expect_says(message_of<ArgumentError>([&] { restored.load_state_dict({}); }),
              "\"count\" is missing\n    \"base_lr.0\" is missing");
}

}  // namespace
}  // namespace tinygrad
