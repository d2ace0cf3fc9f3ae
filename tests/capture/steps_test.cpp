// SPDX-License-Identifier: MIT
// Tests that steps that are recorded and replayed give the bits of steps that are not: on a device
// of closures, on devices that do not record, and on the one that TINYGRAD_TESTED_DEVICE names.
#include <gtest/gtest.h>

#include <cmath>

#include "support/message_of.h"
#include "support/recording_backend.h"
#include "support/tested_device.h"
#include "tinygrad/tinygrad.h"

namespace tg = tinygrad;

namespace {

const tg::Device& recorder() {
  static const tg::Device device =
      tg::register_backend(std::make_unique<tg::test::RecordingCpu>(tg::Device("recorder")))
          .device();
  return device;
}
bool records(const tg::Device& device) {
  return device == recorder() || to_string(device).find("cuda") != std::string::npos;
}
std::vector<tg::Device> devices() { return tg::and_tested_device({"cpu", recorder()}); }

/// A network with dropout and batch norm, Adam, a schedule, and batches that change.
struct Training {
  tg::nn::Sequential net{tg::nn::Conv2d(1, 4, 3, {.padding = 1}),
                         tg::nn::BatchNorm2d(4),
                         tg::nn::ReLU(),
                         tg::nn::Flatten(),
                         tg::nn::Dropout(0.25),
                         tg::nn::Linear(64, 4)};
  tg::optim::Adam adam;
  tg::optim::CosineAnnealingLR schedule;
  tg::Tensor x, y;
  explicit Training(const tg::Device& device)
      : adam((net.to(device), net.parameters()), {.lr = 0.01, .weight_decay = 0.01}),
        schedule(adam, 20),
        x(tg::zeros({8, 1, 4, 4}, {.device = device})),
        y(tg::zeros({8}, {.dtype = tg::int64, .device = device})) {}

  void next_batch() {
    const tg::NoGrad off;
    x.copy_(tg::randn({8, 1, 4, 4}).to(x.device())), y.copy_(tg::randint(0, 4, {8}).to(y.device()));
  }
  tg::Tensor step() {
    adam.zero_grad();
    tg::Tensor loss = tg::cross_entropy(net(x), y);
    loss.backward();
    tg::optim::clip_grad_norm_(net.parameters(), 1);
    adam.step();
    schedule.step();
    return loss;
  }
  /// The whole state after the run, to the bit.
  std::vector<float> state() const {
    std::vector<float> all;
    for (auto& list : {net.state_dict(), adam.state_dict()})
      for (auto& [name, t] : list)
        for (float value : t.to_vector<float>()) all.push_back(value);
    return all;
  }
};

TEST(Capture, TwentyStepsHaveTheBitsOfTwentySteps) {
  for (const tg::Device& device : devices()) {
    SCOPED_TRACE(to_string(device));
    std::vector<float> losses[2], states[2];
    for (bool captured : {false, true}) {
      tg::manual_seed(5);
      Training training(device);
      auto step = tg::capture([&] { return training.step(); }, {.device = device});
      for (int i = 0; i < 20; ++i) {
        training.next_batch();
        const tg::Tensor loss = captured ? step() : training.step();
        losses[captured].push_back(loss.item<float>());
      }
      if (captured && records(device)) { EXPECT_TRUE(step.is_recorded()); }
      if (device == tg::Device("cpu")) { EXPECT_FALSE(step.is_recorded()); }
      states[captured] = training.state();
      EXPECT_EQ(training.schedule.count(), 20);
      EXPECT_LT(training.adam.lr(), 1e-6);
      states[captured].push_back(float(tg::generator().call));
    }
    EXPECT_EQ(losses[0], losses[1]);
    EXPECT_EQ(states[0], states[1]);
    EXPECT_NE(losses[0].front(), losses[0].back());
  }
}

void append(std::vector<float>& all, const tg::NamedTensors& state) {
  for (auto& [name, t] : state)
    for (float value : t.to_vector<float>()) all.push_back(value);
}
/// Twelve steps of an optimizer whose rate warms up and falls; one gradient overflows.
template <class Kind, class Options>
std::vector<float> steps_of(const Options& options, const tg::Device& device, bool is_captured) {
  tg::Tensor w = tg::tensor({{1.f, -2.f, 3.f}, {0.5f, 4.f, -1.f}}).to(device).requires_grad_();
  tg::Tensor x = tg::zeros({2, 3}, {.device = device});
  Kind optimizer({w}, options);
  tg::optim::LinearLR warm_up(optimizer, 0.5, 1, 5);
  tg::optim::CosineAnnealingLR cosine(optimizer, 6);
  tg::optim::SequentialLR schedule(optimizer, {&warm_up, &cosine}, {6});
  tg::GradScaler scaler({.scale = 4});
  const auto step = [&] {
    optimizer.zero_grad();
    scaler.scale(tg::sum(w * w * w * x)).backward();
    scaler.unscale_(optimizer);
    tg::optim::clip_grad_value_({w}, 20);
    scaler.step(optimizer);
    schedule.step();
  };
  auto captured = tg::capture(step, {.device = device});
  for (int i = 0; i < 12; ++i) {
    {
      const tg::NoGrad off;
      x.copy_(tg::full({2, 3}, i == 8 ? NAN : 1 + i % 3));
    }
    if (is_captured) captured();
    else step();
  }
  EXPECT_EQ(scaler.skips(), 1);
  EXPECT_EQ(captured.is_recorded(), is_captured && records(device));
  std::vector<float> all = w.to_vector<float>();
  append(all, optimizer.state_dict()), append(all, schedule.state_dict());
  return all;
}
template <class Kind, class Options> void has_the_bits(const Options& options) {
  for (const tg::Device& device : devices()) {
    SCOPED_TRACE(std::string(Options::name) + " on " + to_string(device));
    EXPECT_EQ((steps_of<Kind>(options, device, true)), (steps_of<Kind>(options, device, false)));
  }
}
TEST(Capture, EachOptimizerHasTheBitsOfItsSteps) {
  using namespace tg::optim;
  has_the_bits<SGD>(SgdOptions{.lr = 0.01, .momentum = 0.9});
  has_the_bits<Adam>(AdamOptions{.lr = 0.1, .amsgrad = true});
  has_the_bits<AdamW>(AdamWOptions{.lr = 0.1, .beta2 = 0.9, .weight_decay = 0.1, .amsgrad = true});
  has_the_bits<RMSprop>(RmspropOptions{.lr = 0.1, .momentum = 0.5, .centered = true});
  has_the_bits<Lion>(LionOptions{.lr = 0.1, .weight_decay = 0.1});
  has_the_bits<Muon>(MuonOptions{.lr = 0.1});
}

TEST(Capture, APlateauIsRefused) {
  const tg::Device& device = recorder();
  tg::Tensor w = tg::ones({2}, {.device = device}).requires_grad_();
  tg::optim::SGD sgd({w}, {.lr = 0.1});
  tg::optim::ReduceLROnPlateau schedule(sgd);
  auto step = tg::capture([&] { schedule.step(1); }, {.warm_up = 1, .device = device});
  step();
  const std::string message = tg::message_of<tg::DeviceError>([&] { step(); });
  EXPECT_EQ(message.find("ReduceLROnPlateau: a recorded step has no new metric; call step() after "
                         "it\n  called at steps_test.cpp"),
            0u)
      << message;
}

TEST(Capture, GoesOnWithALoadedState) {
  for (const tg::Device& device : devices()) {
    SCOPED_TRACE(to_string(device));
    tg::Tensor w = tg::tensor({1.f, -2.f, 3.f}).to(device).requires_grad_();
    tg::optim::Adam adam({w}, {.lr = 0.1});
    auto step = tg::capture([&] { adam.zero_grad(), tg::sum(w * w).backward(), adam.step(); },
                            {.device = device});
    const auto after_three = [&] {
      for (int i = 0; i < 3; ++i) step();
      return w.to_vector<float>();
    };
    after_three(), after_three();
    EXPECT_EQ(step.is_recorded(), records(device));
    tg::NamedTensors saved = adam.state_dict();
    for (auto& [name, t] : saved) t = t.clone();
    const tg::Tensor then = w.detach().clone();
    const std::vector<float> expected = after_three();
    adam.load_state_dict(saved);
    {
      const tg::NoGrad off;
      w.copy_(then);
    }
    EXPECT_EQ(after_three(), expected);
  }
}

TEST(Capture, DrawsNewNumbersEachTime) {
  for (const tg::Device& device : devices()) {
    tg::manual_seed(1);
    auto draw = tg::capture([&] { return tg::rand({4}, {.device = device}); },
                            {.warm_up = 1, .device = device});
    std::vector<std::vector<float>> drawn;
    for (int i = 0; i < 4; ++i) drawn.push_back(draw().to_vector<float>());
    tg::manual_seed(1);
    for (int i = 0; i < 4; ++i)
      EXPECT_EQ(drawn[std::size_t(i)], tg::rand({4}, {.device = device}).to_vector<float>()) << i;
  }
}

TEST(Capture, TheFactorOfAScalerIsReadAnew) {
  tg::Tensor w = tg::ones({2}, {.device = recorder()}).requires_grad_();
  tg::optim::SGD sgd({w}, {.lr = 0});
  tg::GradScaler scaler({.scale = 4, .growth_interval = 1});
  auto gradient = tg::capture([&] { sgd.zero_grad(), scaler.scale(tg::sum(w)).backward(); },
                              {.warm_up = 1, .device = recorder()});
  for (float factor : {4, 8, 16, 32}) {
    gradient();
    EXPECT_EQ(w.grad().to_vector<float>(), std::vector<float>(2, factor));
    scaler.step(sgd);
  }
  EXPECT_TRUE(gradient.is_recorded());
}

/// A network in float16 with a GradScaler whose factor grows every four steps.
struct ScaledTraining {
  tg::nn::Sequential net{tg::nn::Linear(6, 8), tg::nn::ReLU(), tg::nn::Dropout(0.25),
                         tg::nn::Linear(8, 3)};
  std::unique_ptr<tg::optim::Optimizer> optimizer;
  tg::GradScaler scaler{{.scale = 48, .growth_interval = 4}};  // 1 / 48 is rounded
  tg::Tensor x, y;
  ScaledTraining(const tg::Device& device, bool with_adam)
      : x(tg::zeros({8, 6}, {.device = device})),
        y(tg::zeros({8}, {.dtype = tg::int64, .device = device})) {
    net.to(device);
    if (with_adam)
      optimizer =
          std::make_unique<tg::optim::Adam>(net.parameters(), tg::optim::AdamOptions{.lr = 0.01});
    else
      optimizer = std::make_unique<tg::optim::SGD>(
          net.parameters(), tg::optim::SgdOptions{.lr = 0.1, .momentum = 0.9});
  }
  void next_batch(bool overflows) {
    const tg::NoGrad off;
    const tg::Tensor next = tg::randn({8, 6});
    x.copy_((overflows ? next * INFINITY : next).to(x.device())),
        y.copy_(tg::randint(0, 3, {8}).to(y.device()));
  }
  tg::Tensor step() {
    optimizer->zero_grad();
    tg::Tensor loss;
    {
      const tg::Autocast autocast(tg::float16);
      loss = tg::cross_entropy(net(x), y);
    }
    scaler.scale(loss).backward();
    scaler.unscale_(*optimizer);
    tg::optim::clip_grad_norm_(net.parameters(), 1);
    scaler.step(*optimizer);
    return loss;
  }
  std::vector<float> state() const {
    std::vector<float> all;
    for (auto& list : {net.state_dict(), optimizer->state_dict(), scaler.state_dict()})
      for (auto& [name, t] : list)
        for (float value : t.to_vector<float>()) all.push_back(value);
    return all;
  }
};

/// Batches overflow in the first step, in the last one before the record, which is why one more
/// comes before it, and in two replays.
TEST(Capture, StepsOfAScalerHaveTheBitsOfStepsAndOverflowsAreLeftOut) {
  for (const tg::Device& device : devices())
    for (bool with_adam : {false, true}) {
      SCOPED_TRACE(to_string(device) + (with_adam ? " Adam" : " SGD"));
      std::vector<float> states[2];
      for (bool captured : {false, true}) {
        tg::manual_seed(5);
        ScaledTraining training(device, with_adam);
        auto step = tg::capture([&] { return training.step(); }, {.device = device});
        for (int i = 0; i < 20; ++i) {
          training.next_batch(i == 0 || i == 2 || i == 9 || i == 10);
          if (captured) step();
          else training.step();
          EXPECT_EQ(training.scaler.steps() + training.scaler.skips(), i + 1);
          if (captured) { EXPECT_EQ(step.is_recorded(), records(device) && i >= 4) << i; }
          for (float value : training.state()) states[captured].push_back(value);
        }
        EXPECT_EQ(training.scaler.skips(), 4);
      }
      for (float value : states[0]) ASSERT_TRUE(std::isfinite(value));
      EXPECT_EQ(states[0], states[1]);
    }
}
/// The float32 gradient is not divided by the factor that float16 rounded.
TEST(Capture, AScalerDividesByTheFactorInEachDtype) {
  tg::Tensor half = tg::ones({2}, {.dtype = tg::float16, .device = recorder()}).requires_grad_();
  tg::Tensor single = tg::ones({2}, {.device = recorder()}).requires_grad_();
  tg::optim::SGD sgd({half, single}, {.lr = 0});
  tg::GradScaler scaler({.scale = 3});
  auto step = tg::capture(
      [&] {
        sgd.zero_grad();
        scaler.scale(tg::sum(single * single) + tg::sum(half).to(tg::float32)).backward();
        scaler.step(sgd);
      },
      {.warm_up = 1, .device = recorder()});
  for (int i = 0; i < 3; ++i) step();
  EXPECT_TRUE(step.is_recorded());
  EXPECT_NEAR(single.grad().to_vector<float>()[0], 2, 1e-6);
}

TEST(Capture, ARecordedStepTakesOneStepOfAScaler) {
  tg::Tensor w = tg::ones({2}, {.device = recorder()}).requires_grad_();
  tg::optim::SGD sgd({w}, {.lr = 0.5});
  tg::GradScaler scaler;
  auto twice = tg::capture(
      [&] {
        for (int i = 0; i < 2; ++i) {
          sgd.zero_grad(), scaler.scale(tg::sum(w)).backward();
          scaler.step(sgd);
        }
      },
      {.warm_up = 1, .device = recorder()});
  twice();
  EXPECT_EQ(tg::message_of<tg::ArgumentError>(twice).rfind(
                "GradScaler: a recorded step takes one step of a GradScaler", 0),
            0u);
}

TEST(Capture, AReadByTheHostIsAnErrorThatNamesTheOp) {
  const tg::Tensor x = tg::ones({3}, {.device = recorder()});
  int read_from = 1, calls = 0;
  auto step = tg::capture(
      [&] {
        const tg::Tensor y = tg::sum(x);
        if (++calls > read_from) (void)y.item<float>();
        return y;
      },
      {.warm_up = 1, .device = recorder()});
  EXPECT_EQ(step().item<float>(), 3);
  EXPECT_NE(tg::message_of<tg::DeviceError>(step).find("the host reads while a step is recorded"),
            std::string::npos);
  read_from = 100;
  EXPECT_EQ(step().item<float>(), 3);  // it can be recorded yet
  EXPECT_TRUE(step.is_recorded());
}
/// An index that is invalid in one replay is reported at the next read, and later replays continue.
TEST(Capture, BadIndicesOfAReplayAreToldAtTheNextRead) {
  for (const tg::Device& device : tg::and_tested_device({})) {
    const tg::Tensor scores = tg::ones({2, 3}, {.device = device}),
                     labels = tg::zeros({2}, {.dtype = tg::int64, .device = device});
    auto step = tg::capture([&] { return tg::cross_entropy(scores, labels); },
                            {.warm_up = 1, .device = device});
    const auto with_label = [&](int label) {
      const tg::NoGrad off;
      labels.slice(0, 1, 2).fill_(label);
      return step();
    };
    with_label(1), with_label(2);
    EXPECT_EQ(step.is_recorded(), records(device));
    const tg::Tensor bad = with_label(7);
    EXPECT_NE(
        tg::message_of<tg::IndexError>([&] { bad.item<float>(); }).find("index 7 at position 1"),
        std::string::npos);
    EXPECT_NEAR(with_label(0).item<float>(), std::log(3.f), 1e-6);
  }
}
/// Tensors of a record outlive it.
TEST(Capture, ResultsOutliveTheRecord) {
  for (const tg::Device& device : tg::and_tested_device({recorder()})) {
    tg::Tensor last;
    {
      const tg::Tensor x = tg::ones({1000}, {.device = device});
      auto step = tg::capture([&] { return tg::exp(x * 0) + 1; }, {.warm_up = 1, .device = device});
      for (int i = 0; i < 3; ++i) last = step();
    }
    const tg::Tensor others = tg::zeros({1000}, {.device = device});
    EXPECT_EQ(tg::sum(last).item<float>(), 2000);
  }
}
TEST(Capture, MemoryGoesWithTheRecordAndItsResults) {
  for (const tg::Device& device : tg::and_tested_device({})) {
    const auto recorded = [&] {
      const tg::Tensor x = tg::ones({1000}, {.device = device});
      auto step = tg::capture(
          [&] {
            return tg::Tensors{x + 1, tg::zeros({0, 3}, {.device = device})};
          },
          {.warm_up = 1, .device = device});
      for (int i = 0; i < 3; ++i) step();
    };
    recorded();  // from now on the device's own memory holds its blocks for reuse
    const tg::MemoryStats before = tg::memory_stats(device);
    recorded();
    const tg::MemoryStats after = tg::memory_stats(device);
    EXPECT_EQ(after.live_blocks, before.live_blocks) << to_string(device);
    EXPECT_EQ(after.in_use, before.in_use) << to_string(device);
    EXPECT_EQ(after.reserved, before.reserved) << to_string(device);
  }
}
TEST(Capture, WhatRunsElsewhereIsAnError) {
  const tg::Tensor here = tg::ones({3}), there = tg::ones({3}, {.device = recorder()});
  auto step = tg::capture([&] { return tg::relu(here); }, {.warm_up = 1, .device = recorder()});
  step();
  EXPECT_EQ(tg::message_of<tg::DeviceError>(step).rfind(
                "relu: runs on cpu while a step is recorded on recorder", 0),
            0u);
  auto permute = tg::capture([&] { return tg::randperm(3, recorder()); },
                             {.warm_up = 1, .device = recorder()});
  permute();
  EXPECT_NE(tg::message_of<tg::DeviceError>(permute), "no error");
  EXPECT_EQ(tg::relu(here).sum().item<float>(), 3);  // nothing is recorded any more
}
TEST(Capture, StepsAreAlike) {
  int calls = 0;
  auto step = tg::capture(
      [&] {
        tg::Tensor x = tg::rand({2}, {.device = recorder()});
        if (++calls > 1) x = x + tg::rand({2}, {.device = recorder()});
        return x;
      },
      {.warm_up = 1, .device = recorder()});
  step();
  EXPECT_NE(tg::message_of<tg::DeviceError>(step).find(
                "is called more often by the step that is recorded"),
            std::string::npos);
}
TEST(Capture, AnotherSeedNeedsAnotherRecord) {
  tg::manual_seed(1);
  auto draw = tg::capture([&] { return tg::rand({2}, {.device = recorder()}); },
                          {.warm_up = 1, .device = recorder()});
  draw(), draw();
  tg::manual_seed(2);
  EXPECT_NE(tg::message_of<tg::ArgumentError>(draw).find("recorded with seed 1, the thread's is 2"),
            std::string::npos);
}
TEST(Capture, ReturnsWhatTheStepReturns) {
  auto none = tg::capture([] {});
  none();
  auto two = tg::capture([] { return tg::Tensors{tg::ones({1}), tg::zeros({1})}; });
  EXPECT_EQ(two().size(), 2u);
  EXPECT_NE(tg::message_of<tg::ArgumentError>([] {
              tg::capture([] {}, {.warm_up = 0});
            }).find("warm_up must be at least 1"),
            std::string::npos);
}

}  // namespace
