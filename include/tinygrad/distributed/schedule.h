// SPDX-License-Identifier: MIT
// Schedules of a pipeline, as data: what each stage does in which order, and when.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "tinygrad/error.h"

namespace tinygrad::distributed {

enum class ScheduleKind : std::uint8_t {
  /// All forward passes, then all backward passes: a stage keeps the activations of all
  /// micro-batches. Huang et al.: "GPipe", 2019.
  gpipe,
  /// After stages - 1 - stage forward passes, one forward and one backward pass by turns: stage s
  /// keeps the activations of at most stages - s micro-batches. Narayanan et al.: "PipeDream",
  /// 2019; with the weights of one step for all micro-batches.
  one_f_one_b
};

/// What a stage does for a micro-batch: compute, or exchange a tensor with a neighbour. An
/// activation comes from the stage before, and goes to the one after; a gradient the other way.
struct Action {
  enum class Kind : std::uint8_t {
    forward,
    backward,
    receive_activation,
    send_activation,
    receive_gradient,
    send_gradient
  };
  Kind kind = Kind::forward;
  int micro_batch = 0;
  friend bool operator==(const Action&, const Action&) = default;
};
/// "forward 3".
TINYGRAD_API std::string to_string(const Action& action);
/// The actions of each stage, in order.
using Schedule = std::vector<std::vector<Action>>;

/// The forward and backward passes of each stage; messages are implied. Each kind of pass takes the
/// micro-batches in ascending order. Throws ArgumentError unless both counts are positive; there
/// may be fewer micro-batches than stages.
TINYGRAD_API Schedule make_schedule(ScheduleKind kind, int stages, int micro_batches,
                                    SourceLocation location = SourceLocation::current());
/// A schedule with its messages, in an order in which it comes to an end even if each send waits
/// until its message is received.
TINYGRAD_API Schedule with_messages(const Schedule& schedule);

/// A pass in a timeline.
struct Span {
  Action action;
  double start = 0, end = 0;
};
/// When each pass of each stage runs, if a forward pass lasts `forward`, a backward pass
/// `backward`, and messages no time. Throws ArgumentError, which names the passes that wait for
/// each other, if the schedule does not come to an end.
TINYGRAD_API std::vector<std::vector<Span>> timeline(
    const Schedule& schedule, double forward = 1, double backward = 2,
    SourceLocation location = SourceLocation::current());
/// A line for each stage, a column of text for each unit of time:
///
///   stage 0 | F0 F1  .  .  . B0 B0 B1 B1
///   stage 1 |  . F0 F1 B0 B0 B1 B1
TINYGRAD_API std::string to_string(const std::vector<std::vector<Span>>& timeline);

}  // namespace tinygrad::distributed
