// SPDX-License-Identifier: MIT
// Compares 40 steps of each schedule with PyTorch's, also when it is resumed in the middle, and
// tests what schedules refuse.
#include <cmath>
#include <map>
#include <memory>

#include "support/optim_help.h"

namespace tinygrad {
namespace {

using namespace optim;

/// golden/optim/schedules.txt: the first rate and those after each of 40 steps.
std::vector<double> golden_rates(const std::string& name) {
  std::ifstream file(TINYGRAD_SOURCE_DIR "/tests/golden/optim/schedules.txt");
  for (std::string line, word; std::getline(file, line);) {
    std::istringstream words(line);
    words >> word;
    std::vector<double> all;
    for (double x = 0; word == name && words >> x;) all.push_back(x);
    if (!all.empty()) return all;
  }
  return {};
}

/// An optimizer with schedules, made by name.
struct Scheduled {
  Problem problem;
  SGD sgd{problem.w, {.lr = 0.5}};
  std::vector<std::unique_ptr<LRScheduler>> list;
  std::size_t parts = 0;  // of the list, that a schedule in it steps

  template <class S, class... A> S& make(A... arguments) {
    list.push_back(std::make_unique<S>(sgd, arguments...));
    return static_cast<S&>(*list.back());
  }
  explicit Scheduled(const std::string& name);
  void step() {
    for (std::size_t i = parts; i < list.size(); ++i) list[i]->step();
  }
};

const std::map<std::string, void (*)(Scheduled&)> makers{
    {"step", [](Scheduled& s) { s.make<StepLR>(6, 0.5); }},
    {"multi_step",
     [](Scheduled& s) {
       s.make<MultiStepLR>(std::vector<std::int64_t>{5, 9, 9, 30}, 0.5);
     }},
    {"exponential", [](Scheduled& s) { s.make<ExponentialLR>(0.9); }},
    {"constant", [](Scheduled& s) { s.make<ConstantLR>(0.25, 7); }},
    {"linear", [](Scheduled& s) { s.make<LinearLR>(0.1, 0.9, 12); }},
    {"polynomial", [](Scheduled& s) { s.make<PolynomialLR>(30, 2); }},
    {"lambda",
     [](Scheduled& s) {
       s.make<LambdaLR>([](std::int64_t n) { return 0.5 + 1. / double(n + 2); });
     }},
    {"multiplicative",
     [](Scheduled& s) {
       s.make<MultiplicativeLR>([](std::int64_t n) { return n % 3 ? 0.9 : 1.125; });
     }},
    {"cosine", [](Scheduled& s) { s.make<CosineAnnealingLR>(15, 0.01); }},
    {"restarts", [](Scheduled& s) { s.make<CosineAnnealingWarmRestarts>(5, 2, 0.01); }},
    {"equal_restarts", [](Scheduled& s) { s.make<CosineAnnealingWarmRestarts>(7); }},
    {"one_cycle", [](Scheduled& s) { s.make<OneCycleLR>(0.8, 41); }},
    {"one_cycle_three_phases",
     [](Scheduled& s) {
       s.make<OneCycleLR>(0.8, 50,
                          OneCycleOptions{.pct_start = 0.35,
                                          .anneal_strategy = AnnealStrategy::linear,
                                          .div_factor = 10,
                                          .final_div_factor = 100,
                                          .three_phase = true});
     }},
    {"swa", [](Scheduled& s) { s.make<SWALR>(0.05); }},
    {"swa_linear",
     [](Scheduled& s) {
       s.make<ExponentialLR>(0.97), s.make<SWALR>(0.05, 7, AnnealStrategy::linear);
     }},
    {"swa_at_once", [](Scheduled& s) { s.make<SWALR>(0.05, 0); }},
    {"chained",
     [](Scheduled& s) {
       s.make<LinearLR>(0.2, 1, 8), s.make<ExponentialLR>(0.95), s.make<StepLR>(20);
     }},
    {"chained_scheduler",
     [](Scheduled& s) {
       LRScheduler &warm_up = s.make<LinearLR>(0.2, 1, 8), &fall = s.make<ExponentialLR>(0.95);
       LRScheduler& steps = s.make<StepLR>(20);
       s.parts = 3;
       s.make<ChainedScheduler>(std::vector<LRScheduler*>{&warm_up, &fall, &steps});
     }},
    {"sequential",
     [](Scheduled& s) {
       LRScheduler &warm_up = s.make<LinearLR>(0.1, 1, 5), &last = s.make<ConstantLR>(0.5, 3);
       LRScheduler& cosine = s.make<CosineAnnealingLR>(20, 0.01);
       s.parts = 3;
       s.make<SequentialLR>(std::vector<LRScheduler*>{&warm_up, &cosine, &last},
                            std::vector<std::int64_t>{5, 25});
     }},
};
Scheduled::Scheduled(const std::string& name) { makers.at(name)(*this); }

void expect_near(const std::vector<double>& a, const std::vector<double>& b) {
  ASSERT_EQ(a.size(), b.size());
  for (std::size_t i = 0; i < a.size(); ++i) EXPECT_NEAR(a[i], b[i], 1e-13) << i;
}

TEST(Schedules, FollowPyTorch) {
  for (auto& [name, maker] : makers) {
    SCOPED_TRACE(name);
    Scheduled scheduled(name);
    std::vector<double> rates{scheduled.sgd.lr()};
    for (int i = 0; i < 40; ++i) scheduled.step(), rates.push_back(scheduled.sgd.lr());
    expect_near(rates, golden_rates(name));
  }
}

TEST(Schedules, GoOnFromASavedState) {
  for (auto& [name, maker] : makers)
    for (const int first : {3, 5, 17}) {
      SCOPED_TRACE(name + " after " + std::to_string(first));
      Scheduled one(name), other(name);
      for (int i = 0; i < first; ++i) one.step();
      other.sgd.load_state_dict(one.sgd.state_dict());
      for (std::size_t i = one.parts; i < one.list.size(); ++i)
        other.list[i]->load_state_dict(one.list[i]->state_dict());
      for (int i = first; i < 40; ++i) {
        one.step(), other.step();
        ASSERT_EQ(one.sgd.lr(), other.sgd.lr()) << i;
      }
    }
}

TEST(Schedules, ASequenceSavesItsSchedules) {
  Scheduled s("sequential");
  EXPECT_EQ(names(s.list.back()->state_dict()),
            (std::vector<std::string>{"count", "base_lr.0", "0.count", "0.base_lr.0", "1.count",
                                      "1.base_lr.0", "2.count", "2.base_lr.0"}));
  NamedTensors state = s.list.back()->state_dict();
  state.pop_back();
  expect_says(message_of<ArgumentError>([&] { s.list.back()->load_state_dict(state); }),
              "schedule: the state does not fit, and nothing was loaded:\n    \"2.base_lr.0\" is "
              "missing");
}

TEST(Schedules, BaseRatesAreThoseBeforeTheFirstSchedule) {
  const Problem problem;
  SGD sgd(problem.w, {.lr = 0.5});
  LinearLR warm_up(sgd, 0.1);
  LambdaLR lambda(sgd, [](std::int64_t) { return 1.; });
  EXPECT_EQ(sgd.lr(), 0.5);
}

TEST(Schedules, OneCycleStaysAtItsLastRate) {
  const Problem problem;
  SGD sgd(problem.w, {.lr = 0.5});
  OneCycleLR schedule(sgd, 0.25, 10, {.pct_start = 0.5});
  for (int i = 0; i < 4; ++i) schedule.step();
  EXPECT_EQ(sgd.lr(), 0.25);
  for (int i = 0; i < 8; ++i) schedule.step();
  EXPECT_NEAR(sgd.lr(), 0.25 / 25 / 1e4, 1e-16);
}

TEST(Schedules, OneCycleNeedsAMomentumToCycle) {
  const Problem problem;
  SGD plain(problem.w, {.lr = 0.5});
  expect_says(
      message_of<ArgumentError>([&] { OneCycleLR(plain, 0.25, 10, {.cycle_momentum = true}); }),
      "OneCycleLR: the optimizer has no momentum to cycle; construct it with one");
}
/// Loading a state sets the momentum, too.
TEST(Schedules, OneCycleGoesOnWithItsMomentum) {
  const OneCycleOptions options{.cycle_momentum = true};
  const Problem a, b;
  SGD one(a.w, {.lr = 0.1, .momentum = 0.9}), other(b.w, {.lr = 0.1, .momentum = 0.9});
  OneCycleLR first(one, 0.2, 25, options);
  for (int i = 0; i < 9; ++i) a.step(one), first.step();
  OneCycleLR second(other, 0.2, 25, options);
  for (std::size_t i = 0; i < a.w.size(); ++i) {
    const NoGrad off;
    Tensor(b.w[i]).copy_(a.w[i]);
  }
  other.load_state_dict(one.state_dict()), second.load_state_dict(first.state_dict());
  for (int i = 0; i < 5; ++i) a.step(one), first.step(), b.step(other), second.step();
  EXPECT_EQ(a.values(), b.values());
}

// ------------------------------------------------------------ ReduceLROnPlateau

double metric(int n) { return 2 + std::cos(n / 4.) / (1 + n / 10.); }

std::vector<double> plateau_rates(const PlateauOptions& options, int saved_at = -1) {
  const Problem problem;
  SGD sgd(problem.w, {.lr = 0.5});
  auto schedule = std::make_unique<ReduceLROnPlateau>(sgd, options);
  std::vector<double> rates{sgd.lr()};
  for (int n = 0; n < 40; ++n) {
    if (n == saved_at) {
      const NamedTensors state = schedule->state_dict();
      schedule = std::make_unique<ReduceLROnPlateau>(sgd, options);
      schedule->load_state_dict(state);
    }
    schedule->step(metric(n));
    rates.push_back(sgd.lr());
  }
  return rates;
}

TEST(Plateau, FollowsPyTorch) {
  const PlateauOptions lowest{
      .factor = 0.5, .patience = 1, .threshold = 0.01, .cooldown = 3, .min_lr = 0.02};
  const PlateauOptions highest{.mode = PlateauMode::max,
                               .factor = 0.25,
                               .patience = 2,
                               .threshold = 0.02,
                               .threshold_mode = ThresholdMode::abs,
                               .eps = 0.005};
  for (const int saved_at : {-1, 0, 7, 16, 22}) {
    expect_near(plateau_rates(lowest, saved_at), golden_rates("plateau"));
    expect_near(plateau_rates(highest, saved_at), golden_rates("plateau_max"));
  }
}

// ------------------------------------------------------------ what is refused

TEST(Schedules, RefuseArgumentsOutOfRange) {
  const Problem problem;
  SGD sgd(problem.w, {.lr = 0.5}), other(problem.w, {.lr = 0.5});
  const auto says = [](auto make, const std::string& text) {
    expect_says(message_of<ArgumentError>(make), text + "\n  called at schedules_test.cpp");
  };
  says([&] { MultiStepLR(sgd, {3, 0}); }, "MultiStepLR: a milestone must be at least 1, it is 0");
  says([&] { ExponentialLR(sgd, -1); },
       "ExponentialLR: gamma must be finite and not negative, it is -1");
  says([&] { ConstantLR(sgd, 0); }, "ConstantLR: factor must lie in (0, 1], it is 0");
  says([&] { LinearLR(sgd, 1.5); }, "LinearLR: start_factor must lie in (0, 1], it is 1.5");
  says([&] { LinearLR(sgd, 0.5, 2); }, "LinearLR: end_factor must lie in [0, 1], it is 2");
  says([&] { PolynomialLR(sgd, 0); }, "PolynomialLR: total_iters must be at least 1, it is 0");
  says([&] { CosineAnnealingWarmRestarts(sgd, 5, 0); },
       "CosineAnnealingWarmRestarts: t_mult must be at least 1, it is 0");
  says([&] { OneCycleLR(sgd, 1, 0); }, "OneCycleLR: total_steps must be at least 1, it is 0");
  says([&] { OneCycleLR(sgd, 1, 10, {.pct_start = 2}); },
       "OneCycleLR: pct_start must lie in [0, 1], it is 2");
  says([&] { ReduceLROnPlateau(sgd, {.factor = 1}); },
       "ReduceLROnPlateau: factor must lie in [0, 1), it is 1");
  StepLR a(sgd, 1), b(other, 1);
  says([&] { SequentialLR(sgd, {&a}, {1}); },
       "SequentialLR: expected a milestone between each two of 1 schedules, got 1");
  says(
      [&] {
        SequentialLR(sgd, {&a, &b}, {1});
      },
      "SequentialLR: expected schedules of the same optimizer");
  says([&] { SequentialLR(sgd, {&a, &a}, {0}); }, "SequentialLR: milestones must rise from 1 on");
  EXPECT_EQ(sgd.lr(), 0.5);
}

}  // namespace
}  // namespace tinygrad
