// SPDX-License-Identifier: MIT
// What every lab has: its options, tables that are printed and written, pictures, and claims that
// are checked.
#pragma once
#include <tinygrad/detail/inline_function.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <variant>
#include <vector>

#include "common/options.h"
#include "common/plot.h"

namespace lab {

/// A column of a table: how its values are printed, and the range in which a later full run must
/// find them: ± range. A column with the range `any` is only shown.
struct Column {
  std::string name;
  std::string format = "{}";
  double range = 0;
};
constexpr double any = HUGE_VAL;
/// The column of a mean's spread.
inline const Column spread{"±", "{:.2f}", any};
using Cell = std::variant<double, std::string>;
using Row = std::vector<Cell>;

/// The mean of values, and their standard deviation.
struct Mean {
  double mean = 0, spread = 0;
};
Mean mean_of(const std::vector<double>& values);
/// A series of means with their spread; values over x, or bars if x is empty.
plot::Series series(const plot::Text& name, const std::vector<double>& x,
                    const std::vector<Mean>& means);

class Lab {
 public:
  Lab(std::string name, const std::string& question);
  /// Reads --device --seed --data --quick --out --compare. Returns false if there is nothing to do.
  bool parse(int argc, char** argv);

  bool quick() const { return quick_; }
  std::uint64_t seed() const { return options_.seed; }
  /// The seeds of runs whose mean is shown: 3, or only one in a quick run.
  std::vector<std::uint64_t> seeds() const;
  const std::string& data() const { return data_; }
  /// `full`, or `small` in a quick run.
  template <class T> T choose(T full, T small) const { return quick_ ? small : full; }

  /// Prints a table and writes it to OUT/NAME.csv. With --compare FOLDER, fails where a value has
  /// left its range around that of FOLDER/NAME.csv.
  void table(const std::string& name, const std::vector<Column>& columns,
             const std::vector<Row>& rows);
  /// Writes OUT/NAME.svg and OUT/NAME.zh.svg (common/plot.h).
  void picture(const std::string& name, const std::vector<plot::Chart>& charts, int columns = 2);
  /// What the lab shows. If it does not hold, the lab fails.
  void claim(const std::string& what, bool holds);
  void say(const std::string& line);
  int exit_code() const { return failed_ ? 1 : 0; }

  common::Options& options() { return options_; }

 private:
  void compare(const std::string& name, const std::vector<Column>& columns,
               const std::vector<Row>& rows);

  common::Options options_;
  std::string question_, data_, out_, compare_;
  bool quick_ = false, failed_ = false;
};

/// The elements that kernels write while run() computes: what it costs, whatever the machine.
double work_of(const tinygrad::InlineFunction<void(), 64>& run);
/// The multiplications of products, convolutions and attention while run() computes.
double multiply_adds(const tinygrad::InlineFunction<void(), 64>& run);

/// The main() of a lab. Exit code: 0; 1 if a claim does not hold; 2 for bad input.
int run(const char* name, const char* question, int argc, char** argv, void (*body)(Lab&));

}  // namespace lab
