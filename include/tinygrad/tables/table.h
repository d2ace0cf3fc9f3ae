// SPDX-License-Identifier: MIT
// Tables of numbers and categories: read from CSV files, standardised, converted to tensors.
#pragma once
#include <string>
#include <vector>

#include "tinygrad/ops/elementwise.h"
#include "tinygrad/tensor.h"

namespace tinygrad::tables {

/// A column of a table, on the CPU.
struct Column {
  std::string name;
  /// float64 [N], NaN where a number is missing; or int64 [N], the codes of categories, -1 where
  /// one is missing.
  Tensor values;
  std::vector<std::string> categories = {};  ///< by code, sorted; empty if the column is numbers
};

struct TINYGRAD_API Table {
  std::vector<Column> columns;
  /// The number of rows.
  std::int64_t size() const { return columns.empty() ? 0 : columns[0].values.size(0); }
  /// The column of this name. Throws ArgumentError if there is none.
  const Column& operator[](const std::string& name) const;
  /// The columns of these names, or all of them, as float32 [N, columns]; categories are codes.
  Tensor to_tensor(const std::vector<std::string>& names = {}) const;
};

struct CsvOptions {
  char delimiter = ',';
  bool header = true;  ///< the first row gives the names; otherwise they are "0", "1", ...
  std::vector<std::string> missing = {"", "NA", "NaN", "nan"};  ///< fields without a value
  std::vector<std::string> text = {};  ///< columns of categories, also if all fields are numbers
  /// The table whose columns and categories this one must have, such as that of the training
  /// samples: the same codes mean the same. Not used if it is null.
  const Table* like = nullptr;
};
/// Reads a CSV file as RFC 4180 defines it: fields in quotes may contain delimiters, line ends and
/// doubled quotes; lines end in LF or CRLF. A column is numbers if all its fields are numbers or
/// missing, otherwise categories. Throws IoError with the line: for rows of different lengths,
/// unclosed or misplaced quotes, zero bytes, repeated names, more than 65,536 columns, fields over
/// 1 MiB; and for what differs from `like`.
TINYGRAD_API Table read_csv(const std::string& path, const CsvOptions& options = {},
                            SourceLocation location = SourceLocation::current());

/// The means and standard deviations (of the population, so divided by the count) of the columns of
/// training rows x [N, columns], by which other rows are standardised, too: scikit-learn's
/// StandardScaler. Missing numbers, which are NaN, are left out; the deviation of a constant column
/// is 1. Throws DTypeError unless x is floating, ShapeError unless it is a matrix.
struct TINYGRAD_API Standardizer {
  explicit Standardizer(const Tensor& x, SourceLocation location = SourceLocation::current());
  Tensor mean, std;  ///< [columns]
  /// (x - mean) / std.
  Tensor operator()(const Tensor& x) const { return (x - mean) / std; }
  /// y std + mean.
  Tensor inverse(const Tensor& y) const { return y * std + mean; }
};

/// The mean and standard deviation of columns, to standardise this table and others alike.
struct TINYGRAD_API Standardization {
  std::vector<std::string> names;
  std::vector<double> mean, std;
  /// (x - mean) / std of the columns as float32 [N, columns]; missing numbers stay NaN.
  Tensor operator()(const Table& table) const;
};
/// Of columns of numbers: the mean, and the standard deviation (of the population, so divided by
/// the count), without missing numbers; 1 for constant columns. Throws ArgumentError for
/// categories, and for columns without a number.
TINYGRAD_API Standardization standardize(const Table& table, const std::vector<std::string>& names,
                                         SourceLocation location = SourceLocation::current());

}  // namespace tinygrad::tables
