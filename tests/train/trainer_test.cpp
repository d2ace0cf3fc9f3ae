// SPDX-License-Identifier: MIT
// Tests that Trainer computes what a loop written by hand does, bit for bit, also when it is
// interrupted and resumed.
#include "tinygrad/train/trainer.h"

#include <gtest/gtest.h>

#include <csignal>
#include <memory>

#include "support/files.h"
#include "support/message_of.h"
#include "tinygrad/tinygrad.h"
#include "tinygrad/train/signals.h"

namespace tinygrad::train {
namespace {

using test::bits;

struct Net : nn::Module {
  nn::Linear fc1 = add("fc1", nn::Linear(4, 8));
  nn::Dropout drop = add("drop", nn::Dropout(0.25));
  nn::Linear fc2 = add("fc2", nn::Linear(8, 3));
  Tensor forward(const Tensor& x) override { return fc2(drop(relu(fc1(x)))); }
};

data::Dataset samples() {
  manual_seed(3);
  const Tensor x = randn({50, 4});
  return {x, (x.slice(1, 0, 1).squeeze(1) > 0).to(int64) + (x(Slice(), 1) > 0).to(int64), {}, ""};
}

/// A net, its optimizer and its data, the same for each object.
struct Problem {
  data::Dataset data = samples();
  data::DataLoader loader{data, {.batch_size = 8, .shuffle = true, .seed = 5}};
  Net net = made();
  optim::SGD sgd{net.parameters(), {.lr = 0.05, .momentum = 0.9}};
  optim::CosineAnnealingLR schedule{sgd, 4};
  Accuracy accuracy;
  static Net made() {
    manual_seed(9);
    return Net();
  }
  Tensor loss(const data::Batch& batch) {
    const Tensor scores = net(batch.x);
    accuracy.update(scores, batch.y);
    return cross_entropy(scores, batch.y);
  }
  auto loss_of() {
    return [this](const data::Batch& batch) { return loss(batch); };
  }
  std::string state() const { return bits(net.state_dict()) + bits(sgd.state_dict()); }
};

/// Three epochs by hand; step() is what comes between the gradients and the next batch.
std::string by_hand(auto scaled, auto step, DType dtype = float32) {
  Problem p;
  for (int epoch = 0; epoch < 3; ++epoch, p.schedule.step())
    for (auto batch : p.loader) {
      p.sgd.zero_grad();
      Tensor loss;
      {
        const Autocast autocast(dtype);
        loss = p.loss(batch);
      }
      scaled(loss).backward();
      step(p);
    }
  return p.state();
}
std::string trained(TrainerOptions options) {
  Problem p;
  options.epochs = 3, options.schedule = &p.schedule;
  Trainer trainer(p.net, p.sgd, options);
  EXPECT_EQ(trainer.fit(p.loader, p.loss_of()), Outcome::finished);
  return p.state();
}
const auto as_it_is = [](const Tensor& loss) { return loss; };

TEST(Trainer, DoesWhatALoopByHandDoes) {
  EXPECT_EQ(trained({}), by_hand(as_it_is, [](Problem& p) { p.sgd.step(); }));
}

TEST(Trainer, ClipsGradients) {
  const auto step = [](Problem& p) {
    optim::clip_grad_norm_(p.net.parameters(), 0.1);
    p.sgd.step();
  };
  EXPECT_EQ(trained({.max_norm = 0.1}), by_hand(as_it_is, step));
  EXPECT_NE(trained({}), trained({.max_norm = 0.1}));
}

TEST(Trainer, TrainsInMixedPrecision) {
  GradScaler scaler;
  const auto scaled = [&](const Tensor& loss) { return scaler.scale(loss); };
  const auto step = [&](Problem& p) {
    scaler.unscale_(p.sgd);
    optim::clip_grad_norm_(p.net.parameters(), 0.5);
    scaler.step(p.sgd);
  };
  EXPECT_EQ(trained({.autocast = float16, .max_norm = 0.5}), by_hand(scaled, step, float16));
  EXPECT_EQ(trained({.autocast = bfloat16}),
            by_hand(
                as_it_is, [](Problem& p) { p.sgd.step(); }, bfloat16));
}

TEST(Trainer, AccumulatesGradients) {  // two halves of a batch are the batch
  const Tensor x = ones({4, 4}), y = tensor({0, 1, 2, 1});
  const auto weights = [&](const std::vector<data::Batch>& batches, int accumulate) {
    Problem p;
    p.net.drop.eval();
    Trainer trainer(p.net, p.sgd, {.accumulate = accumulate});
    const auto loss = [&](const data::Batch& b) {
      p.net.eval();
      return cross_entropy(p.net(b.x), b.y);
    };
    trainer.fit(batches, loss);
    return p.net.fc1.weight.to_vector<double>();
  };
  const auto whole = weights({{x, y}}, 1);
  const auto halves =
      weights({{x.slice(0, 0, 2), y.slice(0, 0, 2)}, {x.slice(0, 2, 4), y.slice(0, 2, 4)}}, 2);
  ASSERT_EQ(whole.size(), halves.size());
  for (std::size_t i = 0; i < whole.size(); ++i)  // float32, sums in another order
    EXPECT_NEAR(whole[i], halves[i], 1e-6);
}

TEST(Trainer, StepsTheScheduleAsItIsTold) {
  Problem p;
  p.loader = data::DataLoader(p.data, {.batch_size = 8, .seed = 5});  // 7 batches
  Trainer trainer(p.net, p.sgd,
                  {.epochs = 2,
                   .accumulate = 2,
                   .schedule = &p.schedule,
                   .schedule_every = ScheduleEvery::step});
  trainer.fit(p.loader, p.loss_of());
  EXPECT_EQ(p.schedule.count(), 8);  // 4 steps an epoch, of which the last has one batch
}

TEST(Trainer, EvaluatesWithoutTraining) {
  Problem p;
  const std::string before = p.state();
  Trainer trainer(p.net, p.sgd, {.metrics = {{"accuracy", p.accuracy}}});
  const Pass pass = trainer.evaluate(p.loader, [&](const data::Batch& batch) {
    EXPECT_FALSE(p.net.training());
    EXPECT_FALSE(grad_enabled());
    return p.loss(batch);
  });
  EXPECT_TRUE(p.net.training());
  EXPECT_EQ(p.state(), before);
  EXPECT_EQ(pass.samples, 50);
  p.net.eval();
  const Tensor scores = p.net(p.data.x);
  EXPECT_NEAR(pass.loss, cross_entropy(scores, p.data.y).item<double>(), 1e-6);
  EXPECT_EQ(pass.metrics.at(0), (scores.argmax(1) == p.data.y).sum().item<double>() / 50);
}

TEST(Trainer, ReportsEpochsAndStops) {
  Problem p;
  std::vector<EpochReport> reports;
  const double losses[] = {3, 2, 2.5, 1.95, 1.9, 1};
  Trainer trainer(p.net, p.sgd,
                  {.epochs = 6,
                   .patience = 2,
                   .min_delta = 0.1,
                   .metrics = {{"accuracy", p.accuracy}},
                   .on_epoch = [&](const EpochReport& r) { reports.push_back(r); }});
  const auto validate = [&] { return Pass{.loss = losses[trainer.epoch()]}; };
  EXPECT_EQ(trainer.fit(p.loader, p.loss_of(), validate), Outcome::stopped_early);
  ASSERT_EQ(reports.size(), 4u);  // 2.5 and 1.95 are not lower than 2 by more than 0.1
  EXPECT_EQ(reports[3].epoch, 3);
  EXPECT_EQ(reports[3].validation->loss, 1.95);
  EXPECT_EQ(reports[3].train.samples, 50);
  EXPECT_LT(reports[3].train.loss, reports[0].train.loss);
  EXPECT_GT(reports[3].train.metrics.at(0), 0.5);
}

TEST(Trainer, CountsTheSamplesOfAnyBatch) {
  EXPECT_EQ(batch_size(zeros({3, 2})), 3);
  EXPECT_EQ(batch_size(data::Batch{zeros({5, 2}), zeros({5})}), 5);
  EXPECT_EQ(batch_size(std::pair(zeros({4}), 1)), 4);
  EXPECT_EQ(batch_size(7), 1);
}

// ------------------------------------------------------------ resumed runs

class ResumedTrainer : public test::Files {
 protected:
  ~ResumedTrainer() override { watch_signals(); }  // forgets the signal
  TrainerOptions options(Problem& p) {
    return {.epochs = 3,
            .autocast = float16,
            .scaler = {.scale = 256, .growth_interval = 3},
            .accumulate = 2,
            .schedule = &p.schedule,
            .patience = 5,
            .metrics = {{"accuracy", p.accuracy}},
            .checkpoint = folder_,
            .run = "run"};
  }
  /// Trains with a signal after every third batch, and a new Trainer after each.
  template <class LoaderOf> void expect_the_same_bits(LoaderOf loader_of) {
    Problem whole;
    std::vector<double> expected, seen;
    const auto keep = [](std::vector<double>& into) {
      return [&into](const EpochReport& r) {
        into.push_back(r.train.loss), into.push_back(r.train.metrics[0]);
      };
    };
    TrainerOptions o = options(whole);
    o.checkpoint = {}, o.on_epoch = keep(expected);
    Trainer trainer(whole.net, whole.sgd, o);
    trainer.fit(loader_of(whole), whole.loss_of());
    Outcome outcome = Outcome::interrupted;
    int runs = 0;
    for (; outcome == Outcome::interrupted && runs < 20; ++runs) {
      Problem p;
      o = options(p);
      int steps = 0;
      o.on_step = [&](const Trainer&) {
        if (++steps == 3) std::raise(SIGINT);
      };
      o.on_epoch = keep(seen);
      watch_signals();
      Trainer part(p.net, p.sgd, o);
      if (runs) manual_seed(100);  // the checkpoint's generator replaces it
      part.resume();
      outcome = part.fit(loader_of(p), p.loss_of());
      if (outcome != Outcome::finished) continue;
      EXPECT_EQ(p.state(), whole.state());
      EXPECT_EQ(part.scaler().factor(), trainer.scaler().factor());
      EXPECT_NE(part.scaler().factor(), 256);
    }
    EXPECT_EQ(outcome, Outcome::finished);
    EXPECT_GT(runs, 4);
    EXPECT_EQ(seen, expected);
  }
};

TEST_F(ResumedTrainer, GoesOnWithTheSameBits) {
  expect_the_same_bits([](Problem& p) -> data::DataLoader& { return p.loader; });
}
TEST_F(ResumedTrainer, GoesOnInAnyRangeOfBatches) {
  expect_the_same_bits([](Problem& p) {
    std::vector<data::Batch> batches;
    data::DataLoader in_order(p.data, {.batch_size = 8, .seed = 1});
    for (auto batch : in_order) batches.push_back(batch);
    return batches;
  });
}

std::string first_line(const std::string& text) { return text.substr(0, text.find('\n')); }

TEST_F(ResumedTrainer, RefusesAnotherRun) {
  Problem p;
  Trainer first(p.net, p.sgd, options(p));
  EXPECT_EQ(first.resume().path, "");
  first.fit(p.loader, p.loss_of());
  TrainerOptions other = options(p);
  other.run = "another";
  Trainer second(p.net, p.sgd, other);
  const std::string file = path("checkpoint-3-0.safetensors");
  EXPECT_EQ(first_line(message_of<ArgumentError>([&] { second.resume("--resume"); })),
            "--resume: " + file + " was made with run; this run has another");
  Trainer third(p.net, p.sgd, options(p));
  EXPECT_EQ(third.resume().path, file);
  data::DataLoader loader(p.data, {.seed = 6});
  EXPECT_EQ(first_line(message_of<ArgumentError>([&] { third.fit(loader, p.loss_of()); })),
            "fit: the loader has the seed 6; the run that is resumed had 5: set "
            "DataLoaderOptions::seed, or call manual_seed() before the loader is made");
}

TEST_F(ResumedTrainer, RefusesACheckpointOfAnotherProgram) {
  Problem p;
  const std::string file = CheckpointFolder(folder_).save({.model = p.net.state_dict()});
  Trainer trainer(p.net, p.sgd, options(p));
  EXPECT_EQ(first_line(message_of<IoError>([&] { trainer.resume(); })),
            "resume: " + file + " was not made by a Trainer");
}

TEST_F(ResumedTrainer, IsSteeredByRanks) {
  Problem p;
  int steps = 0, asked = 0;
  Trainer trainer(p.net, p.sgd,
                  {.epochs = 3,
                   .accumulate = 2,
                   .checkpoint = folder_,
                   .before_step =
                       [&] {
                         ++steps;
                         for (Tensor t : p.net.parameters()) t.grad().zero_();
                       },
                   .is_interrupted = [&] { return ++asked == 3; },
                   .saves = false});
  const std::string before = bits(p.net.state_dict());
  EXPECT_EQ(trainer.fit(p.loader, p.loss_of()), Outcome::interrupted);
  EXPECT_EQ(trainer.batch(), 6);  // three steps of two batches
  EXPECT_EQ(steps, 3);
  EXPECT_EQ(bits(p.net.state_dict()), before);  // the gradients were 0
  EXPECT_EQ(trainer.resume().path, "");
}

TEST(Trainer, RefusesBadCalls) {
  Problem p;
  const auto message = [&](TrainerOptions o) {
    return first_line(message_of<ArgumentError>([&] { Trainer(p.net, p.sgd, o); }));
  };
  EXPECT_EQ(message({.epochs = -1}), "Trainer: epochs must not be negative, got -1");
  EXPECT_EQ(message({.accumulate = 0}), "Trainer: accumulate must be at least 1, got 0");
  EXPECT_EQ(message({.max_norm = 0}), "Trainer: max_norm must be above 0, got 0");
  EXPECT_EQ(message({.patience = -1}), "Trainer: patience must not be negative, got -1");
  Trainer trainer(p.net, p.sgd);
  EXPECT_EQ(first_line(message_of<ArgumentError>([&] { trainer.resume(); })),
            "resume: the Trainer has no folder of checkpoints: set .checkpoint");
  EXPECT_EQ(first_line(message_of<ShapeError>(
                [&] { trainer.fit(p.loader, [&](const data::Batch& b) { return p.net(b.x); }); })),
            "fit: expected a loss of a single element, got [8, 3]");
}

}  // namespace
}  // namespace tinygrad::train
