// SPDX-License-Identifier: MIT
// The fields of a CSV file, by column.
#pragma once
#include <string>
#include <vector>

#include "tinygrad/error.h"

namespace tinygrad::tables {

/// The fields of a column, below each other, without the name.
struct Fields {
  std::string name;
  std::vector<std::string> fields = {};
};
/// All columns, of equal lengths, and the line at which each row begins. Throws IoError.
struct Csv {
  std::vector<Fields> columns;
  std::vector<std::int64_t> lines;
};
Csv parse_csv(const Call& call, const std::string& path, char delimiter, bool header);

}  // namespace tinygrad::tables
