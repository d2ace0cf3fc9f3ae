// SPDX-License-Identifier: MIT
// Schedules of pipelines: their timelines, how long stages wait, and how many micro-batches they
// keep.
#pragma once
#include <tinygrad/distributed/schedule.h>

#include <algorithm>
#include <cmath>

#include "labs/lab.h"

namespace lab {

namespace td = tinygrad::distributed;
using td::ScheduleKind;

/// The timelines of 3 stages and 6 micro-batches, as text.
inline void timelines(Lab& lab) {
  std::vector<Row> rows;
  for (const auto& [name, kind] :
       {std::pair("GPipe", ScheduleKind::gpipe), std::pair("1F1B", ScheduleKind::one_f_one_b)}) {
    rows.push_back({name});
    std::string text = to_string(td::timeline(td::make_schedule(kind, 3, 6)));
    for (std::size_t end; (end = text.find('\n')) != text.npos; text.erase(0, end + 1))
      rows.push_back({text.substr(0, end)});
  }
  lab.table("timelines", {{"F: forward pass  B: backward pass  .: waits"}}, rows);
}

/// The time in which a stage waits, divided by that in which it works; all stages are equal.
inline double bubble(const td::Schedule& schedule) {
  double end = 0, busy = 0;
  for (auto& stage : td::timeline(schedule)) {
    busy = 0;
    for (auto& span : stage) busy += span.end - span.start, end = std::max(end, span.end);
  }
  return end / busy - 1;
}
/// The most micro-batches that a stage has read and not yet returned.
inline double kept(const td::Schedule& schedule) {
  int most = 0;
  for (auto& stage : schedule)
    for (int live = 0; auto& action : stage)
      most = std::max(most, live += action.kind == td::Action::Kind::forward ? 1 : -1);
  return most;
}

inline void pipelines(Lab& lab) {
  constexpr int stages = 4;
  std::vector<Row> rows;
  plot::Series waits{{"bubble", "气泡"}}, all{"GPipe"}, few{"1F1B"};
  bool as_formula = true, bounded = true;
  for (const int m : {1, 2, 4, 8, 16, 32, 64}) {
    const auto gpipe = td::make_schedule(ScheduleKind::gpipe, stages, m),
               by_turns = td::make_schedule(ScheduleKind::one_f_one_b, stages, m);
    const double formula = double(stages - 1) / m, wait = bubble(by_turns);
    as_formula =
        as_formula && std::fabs(wait - formula) + std::fabs(bubble(gpipe) - formula) < 1e-9;
    bounded = bounded && kept(gpipe) == m && kept(by_turns) == std::min(m, stages);
    rows.push_back({double(m), 100 * wait, 100 * formula, kept(gpipe), kept(by_turns)});
    for (auto& [s, y] :
         {std::pair(&waits, 100 * wait), {&all, kept(gpipe)}, {&few, kept(by_turns)}})
      s->x.push_back(m), s->y.push_back(y);
  }
  lab.table("pipelines",
            {{"micro-batches"},
             {"bubble (%)", "{:.1f}"},
             {"3 / m (%)", "{:.1f}"},
             {"GPipe keeps"},
             {"1F1B keeps"}},
            rows);
  const plot::Text m{"micro-batches", "微批次数"};
  lab.picture("pipelines", {{.title = {"4 stages: waiting", "4 个阶段：等待"},
                             .x = m,
                             .y = {"waiting / work, %", "等待与工作之比，%"},
                             .x_axis = plot::Axis::log,
                             .series = {waits}},
                            {.title = {"4 stages: memory", "4 个阶段：内存"},
                             .x = m,
                             .y = {"micro-batches kept", "保留的微批次数"},
                             .x_axis = plot::Axis::log,
                             .series = {all, few}}});
  lab.claim("both schedules have a bubble of (p - 1) / m", as_formula);
  lab.claim("GPipe keeps m micro-batches, 1F1B at most p", bounded);
}

}  // namespace lab
