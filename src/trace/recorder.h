// SPDX-License-Identifier: MIT
// Recorder: the observer that writes a step down: ops, what they read and wrote, time and memory.
#pragma once
#include <chrono>
#include <map>
#include <string>
#include <unordered_map>
#include <vector>

#include "statistics.h"
#include "tinygrad/observer.h"

namespace tinygrad::tracing {

/// Every step[i]-th row and column of the last two dimensions of a tensor, at index 0 of the
/// others.
struct Sample {
  std::int64_t rows = 0, columns = 0, step[2] = {1, 1};
  std::vector<double> values;
};
/// The elements of a tensor at one moment.
struct Content {
  Statistics statistics;
  Sample sample;
};
/// A tensor that an op read or wrote.
struct Value {
  int block = -1;    ///< position in RecordedStep::blocks; -1: the input was not given
  int from = -1;     ///< the outermost op that computed it; -1: it is from before the step
  int content = -1;  ///< position in RecordedStep::contents
  Shape shape = {};
  DType dtype = DType::float32;
};
struct RecordedOp {
  std::string name, derivative_of;
  const ModulePath* path;
  SourceLocation location;
  int parent;         ///< the op whose formula runs it; -1: none
  double begin, end;  ///< in seconds from the beginning of the step, without the observer's time
  OpStatus status = OpStatus::running;
  std::vector<Value> inputs = {}, outputs = {};
  std::size_t memory = 0;  ///< that tensors hold when the op has ended, in bytes
};
/// A block of memory, from its allocation until its handle is given to another.
struct Block {
  std::size_t bytes;
  int first, last;  ///< the ops that were the first and the last to read or write it
  int maker = -1;   ///< the op that allocated it; -1: it is from before, or no op made it
  std::string name = {};
};
struct RecordedStep {
  std::string device;
  std::vector<RecordedOp> ops;  ///< in the order of their beginnings
  std::vector<Block> blocks;
  std::vector<Content> contents;
  std::size_t memory_before = 0;

  /// The op, or that whose formula runs it.
  int outermost(int op) const {
    while (op >= 0 && ops[std::size_t(op)].parent >= 0) op = ops[std::size_t(op)].parent;
    return op;
  }
};

class Recorder : public Observer {
 public:
  Recorder(const NamedTensors& names, std::int64_t sample);
  void begin(const OpEvent& op) override;
  void end(const OpEvent& op) override;
  RecordedStep take() { return std::move(recording_); }

 private:
  using Clock = std::chrono::steady_clock;
  class Pause;
  struct Seen {
    View view;
    int op, content;
  };
  double now() const;
  int index() const { return int(recording_.ops.size()); }
  std::size_t memory(const Device& device);
  int add_block(const View& view, int at);
  int describe(const View& view, const Device& device);
  bool is_changed(const Seen& seen, const Device& device) const;
  Value value(int block, const Seen& seen) const;
  Value read(const View& view, const Device& device);
  Value write(const View& view, const OpEvent& op, int at);

  RecordedStep recording_;
  std::int64_t sample_;
  Clock::time_point begun_ = Clock::now();
  Clock::duration paused_{};
  std::vector<int> open_;
  std::unordered_map<const void*, int> current_;  ///< the block that a handle belongs to now
  std::vector<std::vector<Seen>> seen_;           ///< for each block, its views; the first made it
  std::map<std::string, std::size_t> in_use_;     ///< by device
};

}  // namespace tinygrad::tracing
