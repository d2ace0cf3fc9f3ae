// SPDX-License-Identifier: MIT
// Prints tables, numbers and texts for a terminal.
#include "table.h"

#include <sys/ioctl.h>
#include <tinygrad/error.h>
#include <unistd.h>

#include <algorithm>

namespace tinygrad::inspect {
namespace {

bool begins_character(char c) { return (c & 0xC0) != 0x80; }

/// The characters of a UTF-8 text.
std::size_t length(const std::string& text) {
  return std::size_t(std::ranges::count_if(text, begins_character));
}

/// At most `count` characters from the front.
std::string first(const std::string& text, std::size_t count) {
  std::size_t at = 0;
  for (; at < text.size(); ++at)
    if (begins_character(text[at]) && count-- == 0) break;
  return text.substr(0, at);
}

std::string without_middle(const std::string& text, std::size_t most) {
  const std::size_t n = length(text);
  if (n <= most) return text;
  const std::size_t front = (most - 3) / 2, back = most - 3 - front;
  return first(text, front) + "..." + text.substr(first(text, n - back).size());
}

std::string line(const Table& table, const std::vector<std::string>& cells,
                 const std::vector<std::size_t>& widths) {
  std::string text;
  for (std::size_t c = 0; c < cells.size(); ++c) {
    const std::string cell = without_middle(cells[c], widths[c]);
    const std::string space(widths[c] - length(cell), ' ');
    text += "  " + (c < table.left ? cell + space : space + cell);
  }
  return text.substr(0, text.find_last_not_of(' ') + 1) + "\n";
}

}  // namespace

std::string to_text(const Table& table, std::size_t width) {
  std::vector<std::size_t> widths;
  std::size_t all = 0;
  for (std::size_t c = 0; c < table.header.size(); ++c) {
    widths.push_back(length(table.header[c]));
    for (const auto& row : table.rows) widths[c] = std::max(widths[c], length(row[c]));
    all += widths[c] + 2;
  }
  if (width != 0 && all > width) {
    std::size_t& widest = *std::ranges::max_element(widths);
    widest -= std::min(all - width, widest - std::min<std::size_t>(widest, 12));
  }
  std::string text = line(table, table.header, widths);
  for (const auto& row : table.rows) text += line(table, row, widths);
  return text;
}

std::size_t terminal_width() {
  winsize size{};
  return isatty(STDOUT_FILENO) && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}

std::string grouped(std::uint64_t value) {
  std::string text = std::to_string(value);
  for (std::size_t at = text.size(); at > 3; text.insert(at -= 3, ",")) continue;
  return text;
}

std::string one_line(const std::string& text, std::size_t most) {
  const bool whole = length(text) <= most;
  std::string quoted = in_quotes(whole ? text : first(text, most));
  quoted = quoted.substr(1, quoted.size() - 2);
  return whole ? quoted : quoted + " ... (" + grouped(text.size()) + " bytes)";
}

}  // namespace tinygrad::inspect
