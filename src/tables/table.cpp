// SPDX-License-Identifier: MIT
// Tables: numbers and categories from the fields of a CSV file, and tensors of them.
#include "tinygrad/tables/table.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "csv.h"
#include "tinygrad/ops.h"

namespace tinygrad::tables {
namespace {

bool contains(const std::vector<std::string>& list, const std::string& text) {
  return std::find(list.begin(), list.end(), text) != list.end();
}
bool parse(const std::string& field, double& value) {
  const char* const last = field.data() + field.size();
  const auto [stop, error] = std::from_chars(field.data(), last, value);
  return error == std::errc() && stop == last;
}

/// Makes columns of one file.
struct Maker {
  Call call;
  std::string path;
  const CsvOptions& options;
  Csv csv;

  [[noreturn]] void refuse(std::size_t row, const std::string& name, const std::string& field,
                           const char* what) const {
    fail<IoError>(call, '"' + path, "\", line ", csv.lines[row], ", column \"", name, "\": \"",
                  field.substr(0, 200), "\" is ", what);
  }
  /// The numbers, or nothing if a field is none; for a column that must be numbers, an error.
  std::vector<double> numbers(const Fields& column, bool must) const {
    std::vector<double> values;
    for (const std::string& field : column.fields) {
      double value = NAN;
      if (!contains(options.missing, field) && !parse(field, value)) {
        if (must) refuse(values.size(), column.name, field, "no number");
        return {};
      }
      values.push_back(value);
    }
    return values;
  }
  Column categories(const Fields& column, const std::vector<std::string>* known) const {
    std::vector<std::string> names = known ? *known : column.fields;
    std::sort(names.begin(), names.end());
    names.erase(std::unique(names.begin(), names.end()), names.end());
    std::erase_if(names, [&](const std::string& n) { return contains(options.missing, n); });
    std::vector<std::int64_t> codes;
    for (const std::string& field : column.fields) {
      const auto at = std::lower_bound(names.begin(), names.end(), field);
      const bool missing = contains(options.missing, field);
      if (!missing && (at == names.end() || *at != field))
        refuse(codes.size(), column.name, field, "no category of the other table");
      codes.push_back(missing ? -1 : at - names.begin());
    }
    return {column.name, from_vector(codes, "cpu"), names};
  }
  Column make(const Fields& column, const Column* like) const {
    const bool text = like ? !like->categories.empty() : contains(options.text, column.name);
    const auto values = text ? std::vector<double>() : numbers(column, like);
    if (text || values.size() != column.fields.size())
      return categories(column, like ? &like->categories : nullptr);
    return {column.name, from_vector(values, "cpu")};
  }
};

void check_names(const Maker& m) {
  if (!m.options.like) return;
  const std::vector<Column>& columns = m.options.like->columns;
  require<IoError>(columns.size() == m.csv.columns.size(), m.call, '"' + m.path, "\" has ",
                   m.csv.columns.size(), " columns, the other table ", columns.size());
  for (std::size_t i = 0; i < columns.size(); ++i)
    require<IoError>(columns[i].name == m.csv.columns[i].name, m.call, '"' + m.path, "\": column ",
                     i, " is \"", m.csv.columns[i].name, "\", that of the other table \"",
                     columns[i].name, "\"");
}

}  // namespace

Table read_csv(const std::string& path, const CsvOptions& options, SourceLocation location) {
  const Call call{"read_csv", location};
  require(options.delimiter != '"' && options.delimiter != '\n' && options.delimiter != '\r', call,
          "the delimiter must be neither a quote nor a line end");
  const Maker maker{call, path, options, parse_csv(call, path, options.delimiter, options.header)};
  check_names(maker);
  Table table;
  for (std::size_t i = 0; i < maker.csv.columns.size(); ++i)
    table.columns.push_back(
        maker.make(maker.csv.columns[i], options.like ? &options.like->columns[i] : nullptr));
  return table;
}

const Column& Table::operator[](const std::string& name) const {
  for (const Column& column : columns)
    if (column.name == name) return column;
  fail(Call("Table"), "there is no column \"", name, "\"");
}
Tensor Table::to_tensor(const std::vector<std::string>& names) const {
  Tensors all;
  for (const std::string& name : names) all.push_back((*this)[name].values.to(float32));
  if (names.empty())
    for (const Column& column : columns) all.push_back(column.values.to(float32));
  return stack(all, 1);
}

Standardizer::Standardizer(const Tensor& x, SourceLocation location) {
  require<ShapeError>(x.dim(location) == 2, Call{"Standardizer", location},
                      "expected x of shape [N, columns], got ", x.shape());
  mean = nanmean({x, location}, 0);
  const Tensor s = sqrt(nanmean(square(x - mean), 0));
  std = where(s == 0, 1, s);
}
Tensor Standardization::operator()(const Table& table) const {
  Tensors all;
  for (std::size_t i = 0; i < names.size(); ++i)
    all.push_back(((table[names[i]].values - mean[i]) / std[i]).to(float32));
  return stack(all, 1);
}
Standardization standardize(const Table& table, const std::vector<std::string>& names,
                            SourceLocation location) {
  Standardization result{names, {}, {}};
  for (const std::string& name : names) {
    const Call call{"standardize", location};
    require(table[name].categories.empty(), call, "column \"", name, "\" has categories");
    const Standardizer s(unsqueeze(table[name].values, 1), location);
    result.mean.push_back(s.mean.item<double>());
    require(!std::isnan(result.mean.back()), call, "column \"", name, "\" has no numbers");
    result.std.push_back(s.std.item<double>());
  }
  return result;
}

}  // namespace tinygrad::tables
