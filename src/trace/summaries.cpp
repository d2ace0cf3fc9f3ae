// SPDX-License-Identifier: MIT
// Makes the summaries of TensorBoard: scalars, histograms, images and texts.
#include "summaries.h"

#include <algorithm>
#include <chrono>
#include <cmath>

#include "records.h"

namespace tinygrad::tracing {

using protobuf::Message;

Message new_event(std::int64_t step) {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return Message().number(1, std::chrono::duration<double>(now).count()).number(2, step);
}

std::string summary_event(const std::string& tag, const Message& value, std::int64_t step) {
  const Message tagged = Message().text(1, tag).merge(value);
  return new_event(step).message(5, Message().message(1, tagged)).bytes();
}

Message scalar(double value) { return Message().number(2, float(value)); }

namespace {

/// The upper limits of the buckets: 0 and ± 1e-12 · 1.1^k up to 1e20.
const std::vector<double>& limits() {
  static const auto& all = *new std::vector<double>([] {
    std::vector<double> positive, limits;
    for (double v = 1e-12; v < 1e20; v *= 1.1) positive.push_back(v);
    for (std::size_t i = positive.size(); i-- > 0;) limits.push_back(-positive[i]);
    limits.push_back(0);
    limits.insert(limits.end(), positive.begin(), positive.end());
    return limits;
  }());
  return all;
}

}  // namespace

/// Bucket i holds limits[i - 1] <= v < limits[i]. Of the empty buckets at both ends only one is
/// kept, on the left, which says where the first one begins.
Message histogram(const std::vector<double>& values) {
  std::vector<double> counts(limits().size()), finite;
  double sum = 0, squares = 0;
  for (const double v : values) {
    if (!std::isfinite(v)) continue;
    finite.push_back(v), sum += v, squares += v * v;
    const auto above = std::upper_bound(limits().begin(), limits().end() - 1, v);
    ++counts[std::size_t(above - limits().begin())];
  }
  Message m;
  if (!finite.empty()) {
    const auto [least, most] = std::minmax_element(finite.begin(), finite.end());
    m.number(1, *least).number(2, *most);
  }
  m.number(3, double(finite.size())).number(4, sum).number(5, squares);
  std::size_t first = 0, end = counts.size();
  while (first + 1 < end && counts[first + 1] == 0 && counts[first] == 0) ++first;
  while (end > first + 1 && counts[end - 1] == 0) --end;
  const auto part = [&](const std::vector<double>& all) {
    return std::vector<double>(all.begin() + std::ptrdiff_t(first),
                               all.begin() + std::ptrdiff_t(end));
  };
  return Message().message(5, m.packed(6, part(limits())).packed(7, part(counts)));
}

Message image(const std::string& pixels, std::int64_t height, std::int64_t width,
              std::int64_t channels) {
  const std::string file =
      png(pixels, std::uint32_t(height), std::uint32_t(width), std::uint32_t(channels));
  return Message().message(
      4, Message().number(1, height).number(2, width).number(3, channels).text(4, file));
}

/// A tensor of one string, for the plug-in that shows texts.
Message text(const std::string& text) {
  constexpr std::int64_t is_string = 7;
  const Message shape = Message().message(2, Message().number(1, std::int64_t(1)));
  return Message()
      .message(8, Message().number(1, is_string).message(2, shape).text(8, text))
      .message(9, Message().message(1, Message().text(1, "text")));
}

}  // namespace tinygrad::tracing
