// SPDX-License-Identifier: MIT
// Data sets of one's own: a function, a class, a stream, and batches of samples of any type.
#include <tinygrad/tinygrad.h>

#include <iostream>
#include <optional>
#include <sstream>
#include <string>
#include <vector>

namespace tg = tinygrad;
using tg::data::Loader, tg::data::MapDataset;

/// Points of a noisy parabola: sample i depends on i and the seed of the epoch alone.
tg::data::Batch point(std::int64_t i, std::uint64_t seed) {
  const double x = double(i) / 50 - 1, noise = tg::philox_uniform64(seed, 0, std::uint64_t(i));
  return {tg::tensor({x}), tg::tensor({x * x + 0.1 * noise})};
}

/// Words as codes of their letters, each with its length.
struct Words {
  struct Sample {
    tg::Tensor codes, length;
  };
  std::vector<std::string> words = {"to", "be", "or", "not", "that", "is", "the", "question"};
  std::int64_t size() const { return std::ssize(words); }
  Sample get(std::int64_t i) const {
    std::vector<std::int64_t> codes;
    for (const char c : words[std::size_t(i)]) codes.push_back(c - 'a' + 1);
    return {tg::from_vector(codes), tg::tensor(std::ssize(codes))};
  }
};

/// The lines of a text, read when they are needed: an epoch is one pass over it.
auto lines_of(std::string text) {
  return [text](std::uint64_t) {
    return [file = std::istringstream(text)]() mutable -> std::optional<std::string> {
      std::string line;
      if (!std::getline(file, line)) return {};
      return line;
    };
  };
}

int main() {
  const MapDataset points(101, point);
  Loader<tg::data::Batch> batches(points, {.batch_size = 50, .shuffle = true, .seed = 1});
  for (const auto& [x, y] : batches) std::cout << x.shape() << " " << y.shape() << "\n";
  const auto parts = tg::data::random_split(points, {0.75, 0.25});
  std::cout << parts[0].size() << " to train, " << parts[1].size() << " to validate\n";

  Loader words(Words(), {.batch_size = 4, .collate = tg::data::Collate::pad});
  for (const auto& [codes, length] : words) std::cout << codes << "\n" << length << "\n";

  const auto lengths = [](const std::vector<std::string>& lines) {
    std::vector<std::int64_t> all;
    for (const std::string& line : lines) all.push_back(std::ssize(line));
    return tg::from_vector(all);
  };
  Loader stream(lines_of("a first line\na second\nand a third\n"), {.batch_size = 2}, lengths);
  for (const tg::Tensor& batch : stream) std::cout << batch << "\n";
}
