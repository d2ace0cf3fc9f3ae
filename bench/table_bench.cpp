// SPDX-License-Identifier: MIT
// Times every row of the table of ops on any device:  table_bench --device cpu
// --benchmark_filter=softmax [Google Benchmark's flags].
//
// forward/NAME is the call, both/NAME the call and its derivatives, in float32, on the row's large
// inputs if it has some. The table shows what became faster or slower between two builds, not how
// fast the library is: see compare for that.
#include <benchmark/benchmark.h>
#include <tinygrad/tinygrad.h>

#include <cstdio>
#include <string>

#include "ops/op_table.h"

namespace {

using namespace tinygrad;

/// A row's call, and what is sent back from its results: ones.
class Case {
 public:
  explicit Case(const op_table::Row& row) : row_(row) {
    const op_table::Shapes shapes = row.large.empty() ? op_table::cases(row)[0] : row.large;
    inputs_ = op_table::make_inputs(row, shapes,
                                    row.dtypes & op_table::floats ? DType::float32 : DType::int64,
                                    default_device());
  }
  void forward() const { row_.call(inputs_); }
  void both() {
    Tensors wanted, carrying;
    for (std::size_t i = 0; i < inputs_.size(); ++i)
      if (op_table::is_value(row_.inputs[i])) wanted.push_back(inputs_[i].requires_grad_());
    for (auto& y : row_.call(inputs_))
      if (y.requires_grad()) carrying.push_back(y);
    if (sent_.empty())
      for (auto& y : carrying) sent_.push_back(ones_like(y));
    if (!carrying.empty()) grad(carrying, wanted, {.grad_outputs = sent_, .allow_unused = true});
  }

 private:
  const op_table::Row& row_;
  Tensors inputs_, sent_;
};

void time_forward(benchmark::State& state, const op_table::Row& row) {
  const Case call(row);
  for (auto _ : state) call.forward(), synchronize();
}
void time_both(benchmark::State& state, const op_table::Row& row) {
  Case call(row);
  for (auto _ : state) call.both(), synchronize();
}

void register_rows() {
  for (auto& row : op_table::table()) {
    benchmark::RegisterBenchmark(("forward/" + row.name).c_str(), [&row](benchmark::State& s) {
      time_forward(s, row);
    })->UseRealTime();
    if (row.differentiable && (row.dtypes & op_table::floats))
      benchmark::RegisterBenchmark(("both/" + row.name).c_str(), [&row](benchmark::State& s) {
        time_both(s, row);
      })->UseRealTime();
  }
}

}  // namespace

int main(int argc, char** argv) try {
  benchmark::Initialize(&argc, argv);
  require(argc == 1 || (argc == 3 && std::string(argv[1]) == "--device"), "table_bench",
          "takes --device NAME and Google Benchmark's flags");
  if (argc == 3) set_default_device(argv[2]);
  register_rows();
  benchmark::RunSpecifiedBenchmarks();
} catch (const Error& e) { return std::fprintf(stderr, "table_bench: %s\n", e.what()), 2; }
