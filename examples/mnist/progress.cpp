// SPDX-License-Identifier: MIT
#include "progress.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>

namespace mnist {
namespace {

constexpr const char* erase_line = "\r\x1b[K";

std::string minutes(double seconds) {
  const int s = int(std::clamp(seconds, 0.0, 359999.0) + 0.5);
  return s < 3600 ? fmt::format("{}:{:02}", s / 60, s % 60)
                  : fmt::format("{}:{:02}:{:02}", s / 3600, s / 60 % 60, s % 60);
}

}  // namespace

Progress::Progress(bool quiet) : quiet_(quiet), terminal_(!quiet && isatty(STDOUT_FILENO)) {}

void Progress::begin(int epoch, int epochs, std::int64_t samples) {
  epoch_ = epoch, epochs_ = epochs, samples_ = samples, drawn_ = {};
}

bool Progress::is_due() const {
  return terminal_ && Clock::now() - drawn_ > std::chrono::milliseconds(100);
}

void Progress::draw(std::int64_t done, const Pass& so_far) {
  drawn_ = Clock::now();
  constexpr int width = 24;
  const double part = samples_ ? double(done) / double(samples_) : 1;
  std::string bar;
  for (int i = 0; i < width; ++i) bar += i < int(part * width) ? "━" : "─";
  const double left =
      so_far.samples_per_second > 0 ? double(samples_ - done) / so_far.samples_per_second : 0;
  fmt::print(
      "{}epoch {:>2}/{} {} {:3.0f} %  loss {:.4f}  accuracy {:5.2f} %  {:.0f} samples/s  {} left",
      erase_line, epoch_, epochs_, bar, 100 * part, so_far.loss, 100 * so_far.accuracy,
      so_far.samples_per_second, minutes(left));
  std::fflush(stdout);
}

void Progress::end(const Pass& train, const Pass& test) {
  if (quiet_) return;
  fmt::print(
      "{}epoch {:>2}/{}  loss {:.4f}  accuracy {:5.2f} %   test: loss {:.4f}  accuracy {:5.2f} %   "
      "{:.0f} samples/s\n",
      terminal_ ? erase_line : "", epoch_, epochs_, train.loss, 100 * train.accuracy, test.loss,
      100 * test.accuracy, train.samples_per_second);
  std::fflush(stdout);
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

}  // namespace mnist
