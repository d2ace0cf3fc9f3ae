// SPDX-License-Identifier: MIT
// Shows the progress of training: as a bar on a terminal, as plain lines elsewhere.
//
//   train::Progress progress;
//   progress.begin(1, 10, 60000);
//   ... if (progress.is_due()) progress.draw(6400, "loss 0.2134", 5000);
//   progress.end("loss 0.1210  test: loss 0.1001");
#pragma once
#include <chrono>
#include <cstdint>
#include <string>

#include "tinygrad/detail/export.h"

namespace tinygrad::train {

/// Writes to standard output, warnings to standard error.
class TINYGRAD_API Progress {
 public:
  /// quiet: prints nothing but warnings. unit: what is counted.
  explicit Progress(bool quiet = false, std::string unit = "samples");
  /// Begins an epoch, counted from 1 to `epochs`, with so many samples.
  void begin(std::int64_t epoch, std::int64_t epochs, std::int64_t samples);
  /// Returns whether it is time to draw again: at most ten times a second, and only on a terminal.
  bool is_due() const;
  /// Draws the bar with `done` of the samples, `values` ("loss 0.2134") and the time that is left.
  void draw(std::int64_t done, const std::string& values, double samples_per_second);
  /// Replaces the bar by a line with the epoch and `values`.
  void end(const std::string& values);
  /// Prints a line of its own, above the bar.
  void say(const std::string& line) const;
  /// Prints a line on standard error that the user must see even in a quiet run.
  void warn(const std::string& line) const;

 private:
  using Clock = std::chrono::steady_clock;
  bool quiet_, terminal_;
  std::string unit_;
  std::int64_t epoch_ = 0, epochs_ = 0, samples_ = 0;
  Clock::time_point drawn_;
};

}  // namespace tinygrad::train
