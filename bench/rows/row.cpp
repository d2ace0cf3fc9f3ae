// SPDX-License-Identifier: MIT
// Reads rows, and makes the work of those that are one op.
#include "row.h"

#include <algorithm>
#include <sstream>

namespace bench {
namespace {

/// The parts of a text between separators.
std::vector<std::string> split(const std::string& text, char separator) {
  std::vector<std::string> parts;
  std::istringstream in(text);
  for (std::string part; std::getline(in, part, separator);)
    if (!part.empty()) parts.push_back(part);
  return parts;
}

bool is_number(const std::string& word) {
  return !word.empty() && std::all_of(word.begin(), word.end(), [](char c) { return isdigit(c); });
}

Row::Input input(const std::string& word, std::int64_t most) {
  const std::vector<std::string> parts = split(word, ':');
  Row::Input in;
  for (const std::string& size : split(parts[0], 'x'))
    in.shape.push_back(std::min<std::int64_t>(std::stoll(size), most));
  if (parts.size() > 1) in.below = std::min<std::int64_t>(std::stoll(parts[1]), most);
  return in;
}

Tensor make(const Row::Input& in, const Setting& s) {
  if (in.below == 0) return tg::rand(in.shape, {.device = s.device}).to(s.dtype);
  const tg::DType dtype = in.below == 2 ? tg::boolean : tg::int64;
  return tg::randint(0, in.below, in.shape, {.dtype = tg::int64, .device = s.device}).to(dtype);
}

double bytes_of(const Tensor& x) { return double(x.numel()) * double(tg::size_of(x.dtype())); }

}  // namespace

tg::Dims Row::list(const std::string& option) const {
  tg::Dims numbers;
  for (const std::string& part : split(word(option), ',')) numbers.push_back(std::stoi(part));
  return numbers;
}

Row parse(const std::string& line, bool tiny) {
  const std::int64_t most = tiny ? 8 : std::int64_t(1) << 62;
  const std::vector<std::string> words = split(line, ' ');
  Row row = {words.empty() ? "" : words[0], {}, {}};
  for (std::size_t i = 1; i < words.size(); ++i) {
    const std::size_t equals = words[i].find('=');
    const std::string value = equals == std::string::npos ? "" : words[i].substr(equals + 1);
    if (isdigit(words[i][0])) row.inputs.push_back(input(words[i], most));
    else
      row.options[words[i].substr(0, equals)] =
          is_number(value) ? std::to_string(std::min<std::int64_t>(std::stoll(value), most))
                           : value;
  }
  return row;
}

Kind op_kind(Op f, bool is_bound) {
  return [f, is_bound](const Row& row, const Setting& s) {
    const bool backward = row.has("backward");
    tg::Tensors x, wanted;
    for (const Row::Input& in : row.inputs) x.push_back(make(in, s));
    Work work;
    for (Tensor& t : x) {
      work.bytes_read += bytes_of(t);
      if (!backward && !row.has("recorded")) continue;
      if (tg::is_floating(t.dtype())) wanted.push_back(t.requires_grad_());
    }
    const Tensor y = f(x, row).detach();
    work.bytes_written = bytes_of(y);
    if (backward) {  // dy is read, and each gradient written
      work.bytes_read += bytes_of(y);
      for (const Tensor& t : wanted) work.bytes_written += bytes_of(t);
      work.step = [f, row, x, wanted, dy = tg::ones_like(y)]() mutable {
        for (Tensor& t : wanted) t.set_grad({});
        f(x, row).backward(dy);
      };
    } else {
      work.step = [f, row, x] { (void)f(x, row); };
    }
    if (!is_bound) work.bytes_read = work.bytes_written = 0;
    return work;
  };
}

}  // namespace bench
