// SPDX-License-Identifier: MIT
// GPipe and 1F1B as lists of actions, their messages, and their timelines.
#include "tinygrad/distributed/schedule.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <optional>
#include <tuple>

namespace tinygrad::distributed {

using ActionKind = Action::Kind;

std::string to_string(const Action& action) {
  static const char* const names[] = {"forward",         "backward",         "receive_activation",
                                      "send_activation", "receive_gradient", "send_gradient"};
  return names[std::size_t(action.kind)] + (" " + std::to_string(action.micro_batch));
}

Schedule make_schedule(ScheduleKind kind, int stages, int micro_batches, SourceLocation location) {
  require(stages > 0 && micro_batches > 0, {"make_schedule", location},
          "expected at least 1 stage and 1 micro-batch, got ", stages, " and ", micro_batches);
  Schedule schedule(static_cast<std::size_t>(stages));
  for (int stage = 0; stage < stages; ++stage) {
    const int first = kind == ScheduleKind::gpipe ? micro_batches : stages - 1 - stage;
    int forward = 0, backward = 0;
    const auto add = [&, &actions = schedule[std::size_t(stage)]](ActionKind pass, int& next) {
      if (next < micro_batches) actions.push_back({pass, next++});
    };
    while (forward < first && forward < micro_batches) add(ActionKind::forward, forward);
    while (backward < micro_batches) {
      add(ActionKind::forward, forward);
      add(ActionKind::backward, backward);
    }
  }
  return schedule;
}

/// Stage s sends an activation as soon as it has one. The stage after takes it before it sends the
/// gradient of its last micro-batch, so that of two neighbours one sends while the other receives.
Schedule with_messages(const Schedule& schedule) {
  Schedule all(schedule.size());
  for (std::size_t stage = 0; stage < schedule.size(); ++stage) {
    const bool is_first = stage == 0, is_last = stage + 1 == schedule.size();
    std::optional<Action> gradient;  // is still to be sent
    const auto add = [&, &actions = all[stage]](ActionKind kind, int m, bool is_there = true) {
      if (is_there) actions.push_back({kind, m});
    };
    const auto send_gradient = [&] {
      if (gradient) add(gradient->kind, gradient->micro_batch);
      gradient.reset();
    };
    for (const auto& [pass, m] : schedule[stage]) {
      const bool is_forward = pass == ActionKind::forward;
      add(ActionKind::receive_activation, m, is_forward && !is_first);
      send_gradient();
      add(ActionKind::receive_gradient, m, !is_forward && !is_last);
      add(pass, m);
      add(ActionKind::send_activation, m, is_forward && !is_last);
      if (!is_forward && !is_first) gradient = {ActionKind::send_gradient, m};
    }
    send_gradient();
  }
  return all;
}

namespace {

/// The ends of the passes that have run.
class Ends {
 public:
  explicit Ends(int stages) : stages_(stages) {}
  /// When the pass of a stage can begin, as far as other stages decide: infinite if unknown.
  double ready(int stage, const Action& pass) const {
    const int m = pass.micro_batch;
    if (pass.kind == ActionKind::forward) return stage == 0 ? 0 : find(stage - 1, pass);
    const double own = find(stage, {ActionKind::forward, m});
    return stage + 1 == stages_ ? own : std::max(own, find(stage + 1, pass));
  }
  void add(int stage, const Action& pass, double end) {
    ends_[{stage, pass.kind, pass.micro_batch}] = end;
  }

 private:
  double find(int stage, const Action& pass) const {
    const auto entry = ends_.find({stage, pass.kind, pass.micro_batch});
    return entry == ends_.end() ? std::numeric_limits<double>::infinity() : entry->second;
  }
  int stages_;
  std::map<std::tuple<int, ActionKind, int>, double> ends_;
};

}  // namespace

std::vector<std::vector<Span>> timeline(const Schedule& schedule, double forward, double backward,
                                        SourceLocation location) {
  std::vector<std::vector<Span>> spans(schedule.size());
  Ends ends(int(schedule.size()));
  std::string waiting;
  for (bool moves = true; moves;) {
    moves = false;
    waiting.clear();
    for (std::size_t s = 0; s < schedule.size(); ++s)
      while (spans[s].size() < schedule[s].size()) {
        const Action& pass = schedule[s][spans[s].size()];
        const double ready = ends.ready(int(s), pass);
        if (std::isinf(ready)) {
          waiting += ", " + to_string(pass) + " of stage " + std::to_string(s);
          break;
        }
        const double start = std::max(ready, spans[s].empty() ? 0 : spans[s].back().end);
        const double end = start + (pass.kind == ActionKind::forward ? forward : backward);
        spans[s].push_back({pass, start, end});
        ends.add(int(s), pass, end);
        moves = true;
      }
  }
  require(waiting.empty(), {"timeline", location}, "the schedule does not come to an end",
          waiting.empty() ? "" : "; these passes wait: " + waiting.substr(2));
  return spans;
}

std::string to_string(const std::vector<std::vector<Span>>& timeline) {
  double unit = std::numeric_limits<double>::infinity();
  std::size_t width = 2;
  for (auto& row : timeline)
    for (const Span& span : row) {
      unit = std::min(unit, span.end - span.start);
      width = std::max(width, 1 + std::to_string(span.action.micro_batch).size());
    }
  const auto cell = [&](const std::string& text) {
    return std::string(width + 1 - text.size(), ' ') + text;
  };
  std::string lines;
  for (std::size_t s = 0; s < timeline.size(); ++s) {
    lines += "stage " + std::to_string(s) + " |";
    int column = 0;
    for (const Span& span : timeline[s]) {
      for (; column < std::lround(span.start / unit); ++column) lines += cell(".");
      for (; column < std::lround(span.end / unit); ++column)
        lines += cell((span.action.kind == ActionKind::forward ? "F" : "B") +
                      std::to_string(span.action.micro_batch));
    }
    lines += '\n';
  }
  return lines;
}

}  // namespace tinygrad::distributed
