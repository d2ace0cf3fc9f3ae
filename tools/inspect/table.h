// SPDX-License-Identifier: MIT
// Tables of aligned columns for a terminal.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

namespace tinygrad::inspect {

/// Rows of cells under a header. Columns are as wide as their widest cell; all but the first
/// `left` are aligned at the right. If `width` is not 0 and the table is wider, the widest column's
/// texts lose their middle ("encoder...weight").
struct Table {
  std::vector<std::string> header;
  std::size_t left = 1;
  std::vector<std::vector<std::string>> rows = {};
};
std::string to_text(const Table& table, std::size_t width);

/// The columns of standard output if it is a terminal, otherwise 0.
std::size_t terminal_width();
/// "1,234,567".
std::string grouped(std::uint64_t value);
/// A file's text on one line of at most `most` characters: control characters are escaped, and what
/// is longer is cut.
std::string one_line(const std::string& text, std::size_t most);

}  // namespace tinygrad::inspect
