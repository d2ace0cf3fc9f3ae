// SPDX-License-Identifier: MIT
// A row of the benchmark, and what is timed for it. The rows are lines of cpu.txt and cuda.txt,
//   KIND [SHAPE[:BELOW]]... [name=value]... [flag]...
// such as "conv2d 64x32x28x28 64x32x3x3 64 padding=1 backward": a kind, the shapes of its inputs
// (:BELOW: integers from 0 to BELOW - 1; :2: bools), and options. bench/peers/ reads the same
// lines.
#pragma once
#include <tinygrad/tinygrad.h>

#include <functional>
#include <map>
#include <string>
#include <vector>

namespace bench {

namespace tg = tinygrad;
using tg::Tensor;

struct Row {
  struct Input {
    tg::Shape shape;
    std::int64_t below = 0;  ///< 0: floating values in 0 ... 1
  };
  std::string kind;
  std::vector<Input> inputs;
  std::map<std::string, std::string> options;

  bool has(const std::string& option) const { return options.count(option) > 0; }
  std::string word(const std::string& option, const std::string& otherwise = "") const {
    return has(option) ? options.at(option) : otherwise;
  }
  std::int64_t number(const std::string& option, std::int64_t otherwise) const {
    return has(option) ? std::stoll(options.at(option)) : otherwise;
  }
  tg::Dims list(const std::string& option) const;  ///< "2,0,1"; empty if it is not given
};
/// Reads a line. tiny: no size and no number is above 8, for a test of the programs.
Row parse(const std::string& line, bool tiny);

struct Setting {
  tg::DType dtype = tg::float32;
  tg::Device device = "cpu";
};
struct Work {
  std::function<void()> step;                ///< what is timed
  double bytes_read = 0, bytes_written = 0;  ///< that memory must move; 0: it is not bound by that
};
using Kind = std::function<Work(const Row&, const Setting&)>;
using Kinds = std::map<std::string, Kind>;

/// f of inputs of the row's shapes; with their gradients if the row has the flag `backward`, and
/// with a node of the graph alone if it has `recorded`.
using Op = std::function<Tensor(const tg::Tensors& x, const Row& row)>;
Kind op_kind(Op f, bool is_bound = true);
/// An op whose value is `y`, in terms of inputs x and the row. OP is bound by memory or arithmetic.
#define BENCH_OP(is_bound, ...)                                                                  \
  ::bench::op_kind([]([[maybe_unused]] const ::tinygrad::Tensors& x,                             \
                      [[maybe_unused]] const ::bench::Row& row) { return Tensor(__VA_ARGS__); }, \
                   is_bound)
#define OP(...) BENCH_OP(true, __VA_ARGS__)
#define UNBOUND(...) BENCH_OP(false, __VA_ARGS__)

/// A network, and data for it. If y is floating, the loss is the mean square, else cross entropy.
struct Task {
  std::shared_ptr<tg::nn::Module> net;
  Tensor x, y;
};
Task task_of(const Row& row, const Setting& setting);

Kinds elementwise_kinds();
Kinds layer_kinds();
Kinds order_kinds();
Kinds step_kinds();
Kinds language_kinds();

}  // namespace bench
