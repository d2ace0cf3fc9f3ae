// SPDX-License-Identifier: MIT
// Shows the progress of training: as a bar on a terminal, as plain lines elsewhere.
#pragma once
#include <chrono>
#include <cstdint>
#include <string>

namespace mnist {

/// Numbers of one pass over a data set.
struct Pass {
  double loss = 0, accuracy = 0;  ///< means over the samples
  double samples_per_second = 0;
};

class Progress {
 public:
  explicit Progress(bool quiet);
  void begin(int epoch, int epochs, std::int64_t samples);
  /// Returns whether it is time to draw again: at most ten times a second, and only on a terminal.
  bool is_due() const;
  void draw(std::int64_t done, const Pass& so_far);
  void end(const Pass& train, const Pass& test);
  /// A line of its own, above the bar.
  void say(const std::string& line) const;
  /// Prints a line on stderr that the user must see even in a quiet run.
  void warn(const std::string& line) const;

 private:
  using Clock = std::chrono::steady_clock;
  bool quiet_, terminal_;
  int epoch_ = 0, epochs_ = 0;
  std::int64_t samples_ = 0;
  Clock::time_point drawn_;
};

}  // namespace mnist
