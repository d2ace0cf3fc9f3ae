// SPDX-License-Identifier: MIT
// Schedules of pipelines: for all sizes up to 8 stages and 16 micro-batches each comes to an end
// where sends wait for their receivers, is complete, and keeps as many activations as it says.
#include "tinygrad/distributed/schedule.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

namespace tinygrad::distributed {
namespace {

using Kind = Action::Kind;

/// Stages that carry out their actions one after another. A message needs both stages at once: its
/// sender at the send, its receiver at the receive. A pass needs what it reads.
class Simulator {
 public:
  explicit Simulator(const Schedule& schedule)
      : schedule_(schedule), at_(schedule.size()), has_(schedule.size()) {}
  /// Runs until nothing moves; returns whether all actions are done.
  bool ends() {
    for (bool moves = true; moves;) {
      moves = false;
      for (std::size_t s = 0; s < at_.size(); ++s) moves |= compute(s) || message(s);
    }
    for (std::size_t s = 0; s < at_.size(); ++s)
      if (at_[s] < schedule_[s].size()) return false;
    return true;
  }
  /// Whether a stage has done each pass once and, beside it, nothing.
  bool is_complete(std::size_t s, int micro_batches) const {
    std::size_t passes = 0;
    for (const Action& a : schedule_[s]) passes += a.kind <= Kind::backward;
    std::size_t known = 0;
    for (int m = 0; m < micro_batches; ++m)
      known += has_[s].count({Kind::forward, m}) + has_[s].count({Kind::backward, m});
    return passes == known && known == 2 * std::size_t(micro_batches);
  }

 private:
  bool is_at(std::size_t s, Kind kind, int m) const {
    return s < at_.size() && at_[s] < schedule_[s].size() &&
           schedule_[s][at_[s]] == Action{kind, m};
  }
  bool compute(std::size_t s) {
    if (at_[s] == schedule_[s].size()) return false;
    const auto [kind, m] = schedule_[s][at_[s]];
    const bool first = s == 0, last = s + 1 == at_.size();
    const bool can = kind == Kind::forward
                         ? first || has_[s].count({Kind::receive_activation, m})
                         : kind == Kind::backward && has_[s].count({Kind::forward, m}) &&
                               (last || has_[s].count({Kind::receive_gradient, m}));
    if (can) done(s);
    return can;
  }
  /// The send at which stage s is, if its receiver waits.
  bool message(std::size_t s) {
    if (at_[s] == schedule_[s].size()) return false;
    const auto [kind, m] = schedule_[s][at_[s]];
    const bool down = kind == Kind::send_activation;
    if (!down && kind != Kind::send_gradient) return false;
    const std::size_t to = down ? s + 1 : s - 1;
    if (!has_[s].count({down ? Kind::forward : Kind::backward, m}) ||
        !is_at(to, down ? Kind::receive_activation : Kind::receive_gradient, m))
      return false;
    done(s);
    done(to);
    return true;
  }
  void done(std::size_t s) {
    const Action& action = schedule_[s][at_[s]++];
    has_[s].insert({action.kind, action.micro_batch});
  }

  const Schedule& schedule_;
  std::vector<std::size_t> at_;
  std::vector<std::set<std::pair<Kind, int>>> has_;
};

int peak(const std::vector<Action>& actions) {
  int live = 0, most = 0;
  for (const Action& a : actions) {
    live += a.kind == Kind::forward ? 1 : a.kind == Kind::backward ? -1 : 0;
    most = std::max(most, live);
  }
  return most;
}

class schedule : public testing::TestWithParam<ScheduleKind> {};

TEST_P(schedule, ends_with_blocking_sends_and_is_complete) {
  const bool is_gpipe = GetParam() == ScheduleKind::gpipe;
  for (int stages = 1; stages <= 8; ++stages)
    for (int m = 1; m <= 16; ++m) {
      SCOPED_TRACE(std::to_string(stages) + " stages, " + std::to_string(m) + " micro-batches");
      const Schedule passes = make_schedule(GetParam(), stages, m), all = with_messages(passes);
      Simulator simulator(all);
      EXPECT_TRUE(simulator.ends());
      for (int s = 0; s < stages; ++s) {
        EXPECT_TRUE(simulator.is_complete(std::size_t(s), m));
        EXPECT_EQ(peak(all[std::size_t(s)]), is_gpipe ? m : std::min(m, stages - s));
      }
      // Every stage works 3 m units; the first waits until the last has its first micro-batch and
      // until the gradient of the last one has come back.
      double end = 0;
      for (const auto& row : timeline(passes)) end = std::max(end, row.back().end);
      EXPECT_EQ(end, 3 * (m + stages - 1));
    }
}
INSTANTIATE_TEST_SUITE_P(kinds, schedule,
                         testing::Values(ScheduleKind::gpipe, ScheduleKind::one_f_one_b));

TEST(schedule, neighbours_that_both_send_first_wait_forever) {
  Schedule all = with_messages(make_schedule(ScheduleKind::one_f_one_b, 2, 4));
  ASSERT_TRUE(Simulator(all).ends());
  for (auto& actions : all)  // a gradient is sent before the next activation is received
    for (std::size_t i = 1; i < actions.size(); ++i)
      if (actions[i].kind == Kind::send_gradient && actions[i - 1].kind == Kind::receive_activation)
        std::swap(actions[i], actions[i - 1]);
  EXPECT_FALSE(Simulator(all).ends());
}

TEST(schedule, is_drawn_as_a_timeline) {
  EXPECT_EQ(to_string(timeline(make_schedule(ScheduleKind::gpipe, 2, 2))),
            "stage 0 | F0 F1  .  .  . B0 B0 B1 B1\n"
            "stage 1 |  . F0 F1 B0 B0 B1 B1\n");
  EXPECT_EQ(to_string(timeline(make_schedule(ScheduleKind::one_f_one_b, 3, 4), 1, 1)),
            "stage 0 | F0 F1 F2  .  . B0 F3 B1  . B2  . B3\n"
            "stage 1 |  . F0 F1  . B0 F2 B1 F3 B2  . B3\n"
            "stage 2 |  .  . F0 B0 F1 B1 F2 B2 F3 B3\n");
}

TEST(schedule, names_what_waits) {
  EXPECT_THROW(make_schedule(ScheduleKind::gpipe, 0, 1), ArgumentError);
  EXPECT_THROW(make_schedule(ScheduleKind::gpipe, 1, 0), ArgumentError);
  try {
    timeline({{{Kind::backward, 0}, {Kind::forward, 0}}, {{Kind::forward, 0}}});
    FAIL();
  } catch (const ArgumentError& error) {
    EXPECT_NE(std::string(error.what()).find("backward 0 of stage 0, forward 0 of stage 1"),
              std::string::npos)
        << error.what();
  }
}

}  // namespace
}  // namespace tinygrad::distributed
