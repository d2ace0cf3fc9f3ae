// SPDX-License-Identifier: MIT
// Draws in the terminal what the network learned.
#pragma once
#include <tinygrad/data.h>

#include <cstdint>
#include <string>
#include <vector>

namespace mnist {

/// Rows: what the digits are; columns: what they were read as.
std::string confusion_matrix(const std::vector<std::int64_t>& labels,
                             const std::vector<std::int64_t>& read,
                             const std::vector<std::string>& classes);

/// Up to `count` misread images side by side, two pixels a character, with what they are and what
/// they were read as.
std::string misread(const tinygrad::data::Dataset& test, const std::vector<std::int64_t>& labels,
                    const std::vector<std::int64_t>& read, const std::vector<std::string>& classes,
                    int count = 4);

}  // namespace mnist
