// SPDX-License-Identifier: MIT
// Reads a CSV file as the inputs and targets of a regression, and standardises them.
#pragma once
#include <tinygrad/tables/table.h>
#include <tinygrad/tinygrad.h>

#include <cmath>
#include <string>
#include <vector>

namespace regression {

namespace tg = tinygrad;
using Names = std::vector<std::string>;

/// The rows of a file in which nothing is missing.
struct Data {
  tg::Tensor x, y;         ///< float64 [N, columns]; y [N, 1], or the labels of classes int64 [N]
  Names columns, classes;  ///< no classes if the target is numbers
};

/// float64 [N]; NaN where a value is missing.
inline tg::Tensor numbers(const tg::tables::Column& column) {
  const tg::Tensor x = column.values.to(tg::float64);
  return column.categories.empty() ? x : where(x < 0, std::nan(""), x);
}
/// A column of numbers, or for each category but the first a column that is 1 where it is.
inline void append(const tg::tables::Column& column, tg::Tensors& columns, Names& names) {
  const tg::Tensor x = numbers(column);
  if (column.categories.empty()) columns.push_back(x), names.push_back(column.name);
  for (std::size_t i = 1; i < column.categories.size(); ++i) {
    columns.push_back(where(isnan(x), x, (x == double(i)).to(tg::float64)));
    names.push_back(column.name + " = " + column.categories[i]);
  }
}

/// is_class: the target is a class, also if all its fields are numbers. No features: all columns
/// but the target. Throws IoError for a bad file, ArgumentError for columns that cannot be used.
inline Data read(const std::string& file, const std::string& target, bool is_class,
                 const Names& features) {
  const tg::tables::Table table =
      tg::tables::read_csv(file, {.text = is_class ? Names{target} : Names{}});
  Data data;
  data.classes = table[target].categories;
  tg::require(data.classes.size() != 1, "--target", target, " holds one category alone");
  tg::Tensors columns;
  for (const auto& column : table.columns)
    if (features.empty() && column.name != target) append(column, columns, data.columns);
  for (const std::string& feature : features) append(table[feature], columns, data.columns);
  tg::require(!columns.empty(), "--features", "there is no column to predict from");
  for (const std::string& feature : features)
    tg::require(feature != target, "--features", target, " is the target");
  const tg::Tensor x = stack(columns, 1), y = numbers(table[target]);
  const tg::Tensor rows = reshape(nonzero(isfinite(sum(x, {1}) + y)), {-1});
  data.x = index_select(x, 0, rows).to(tg::default_device());
  data.y = index_select(y, 0, rows).to(tg::default_device());
  data.y = data.classes.empty() ? unsqueeze(data.y, 1) : data.y.to(tg::int64);
  return data;
}

}  // namespace regression
