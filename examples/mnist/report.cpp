// SPDX-License-Identifier: MIT
#include "report.h"

#include <fmt/format.h>

#include <algorithm>

namespace mnist {
namespace {

std::string name_of(std::int64_t label, const std::vector<std::string>& classes) {
  return label >= 0 && label < std::int64_t(classes.size()) ? classes[std::size_t(label)]
                                                            : std::to_string(label);
}

/// Two rows of pixels as one row of half blocks.
std::string half_blocks(const std::vector<float>& image, int row) {
  std::string line;
  for (int column = 0; column < 28; ++column) {
    const bool upper = image[std::size_t(row * 28 + column)] > 0.4f,
               lower = image[std::size_t((row + 1) * 28 + column)] > 0.4f;
    line += upper ? (lower ? "█" : "▀") : (lower ? "▄" : " ");
  }
  return line;
}

}  // namespace

std::string confusion_matrix(const std::vector<std::int64_t>& labels,
                             const std::vector<std::int64_t>& read,
                             const std::vector<std::string>& classes) {
  std::int64_t n = std::int64_t(classes.size());
  for (std::size_t i = 0; i < labels.size(); ++i) n = std::max({n, labels[i] + 1, read[i] + 1});
  std::vector<std::int64_t> counts(std::size_t(n * n));
  for (std::size_t i = 0; i < labels.size(); ++i) ++counts[std::size_t(labels[i] * n + read[i])];
  std::size_t width = 0;
  for (std::int64_t k = 0; k < n; ++k) width = std::max(width, name_of(k, classes).size());

  std::string text = fmt::format("{:>{}} │ read as\n{:>{}} │", "is", width, "", width);
  for (std::int64_t k = 0; k < n; ++k)
    text += fmt::format("{:>6}", name_of(k, classes).substr(0, 5));
  text += "   recall\n";
  for (std::int64_t row = 0; row < n; ++row) {
    text += fmt::format("{:>{}} │", name_of(row, classes), width);
    std::int64_t total = 0;
    for (std::int64_t k = 0; k < n; ++k) {
      const std::int64_t count = counts[std::size_t(row * n + k)];
      total += count;
      text += count ? fmt::format("{:>6}", count) : "     ·";
    }
    text += total ? fmt::format("   {:6.2f} %\n",
                                100.0 * double(counts[std::size_t(row * n + row)]) / double(total))
                  : "        –\n";
  }
  return text;
}

std::string misread(const tinygrad::data::Dataset& test, const std::vector<std::int64_t>& labels,
                    const std::vector<std::int64_t>& read, const std::vector<std::string>& classes,
                    int count) {
  std::vector<std::vector<float>> images;
  std::string captions, text;
  std::size_t wrong = 0;
  for (std::size_t i = 0; i < labels.size(); ++i) {
    if (labels[i] == read[i]) continue;
    ++wrong;
    if (int(images.size()) == count) continue;
    images.push_back(test.x[std::int64_t(i)].to_vector<float>());
    captions += fmt::format("{:<30}", fmt::format("is {}, read as {}", name_of(labels[i], classes),
                                                  name_of(read[i], classes)));
  }
  if (images.empty()) return "every image was read right\n";
  text = fmt::format("{} of {} were misread; the first of them:\n{}\n", wrong, labels.size(),
                     captions);
  for (int row = 0; row < 28; row += 2) {
    for (auto& image : images) text += half_blocks(image, row) + "  ";
    text += "\n";
  }
  return text;
}

}  // namespace mnist
