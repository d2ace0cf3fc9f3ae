// SPDX-License-Identifier: MIT
// Draws the bar of Progress and prints its lines.
#include "tinygrad/train/progress.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <utility>

namespace tinygrad::train {
namespace {

constexpr const char* erase_line = "\r\x1b[K";

std::string minutes(double seconds) {
  const auto s = std::lround(std::clamp(seconds, 0.0, 359999.0));
  return s < 3600 ? fmt::format("{}:{:02}", s / 60, s % 60)
                  : fmt::format("{}:{:02}:{:02}", s / 3600, s / 60 % 60, s % 60);
}

}  // namespace

Progress::Progress(bool quiet, std::string unit)
    : quiet_(quiet), terminal_(!quiet && isatty(STDOUT_FILENO)), unit_(std::move(unit)) {}

void Progress::begin(std::int64_t epoch, std::int64_t epochs, std::int64_t samples) {
  epoch_ = epoch, epochs_ = epochs, samples_ = samples, drawn_ = {};
}

bool Progress::is_due() const {
  return terminal_ && Clock::now() - drawn_ > std::chrono::milliseconds(100);
}

void Progress::draw(std::int64_t done, const std::string& values, double samples_per_second) {
  if (!terminal_) return;
  drawn_ = Clock::now();
  constexpr int width = 24;
  const double part = samples_ ? double(done) / double(samples_) : 1;
  std::string bar;
  for (int i = 0; i < width; ++i) bar += i < int(part * width) ? "━" : "─";
  const double left = samples_per_second > 0 ? double(samples_ - done) / samples_per_second : 0;
  fmt::print("{}epoch {:>2}/{} {} {:3.0f} %  {}  {:.0f} {}/s  {} left", erase_line, epoch_, epochs_,
             bar, 100 * part, values, samples_per_second, unit_, minutes(left));
  std::fflush(stdout);
}

void Progress::end(const std::string& values) {
  say(fmt::format("epoch {:>2}/{}  {}", epoch_, epochs_, values));
}

void Progress::say(const std::string& line) const {
  if (quiet_) return;
  fmt::print("{}{}\n", terminal_ ? erase_line : "", line);
  std::fflush(stdout);
}

void Progress::warn(const std::string& line) const {
  if (terminal_) fmt::print("{}", erase_line), std::fflush(stdout);
  fmt::print(stderr, "{}\n", line);
}

}  // namespace tinygrad::train
