// SPDX-License-Identifier: MIT
// Compares the contents of two model files.
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "print.h"
#include "table.h"

namespace tinygrad::inspect {
namespace {

/// How many elements differ, and by how much at most; two NaNs are equal.
std::string changed(const Tensor& a, const Tensor& b) {
  const auto x = a.to_vector<double>(), y = b.to_vector<double>();
  std::int64_t count = 0;
  double most = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    if (x[i] == y[i] || (x[i] != x[i] && y[i] != y[i])) continue;
    ++count;
    most = std::max(most, std::abs(x[i] - y[i]));
  }
  if (count == 0) return "";
  return fmt::format("{} of {} elements differ, by {:.3g} at most", grouped(std::uint64_t(count)),
                     grouped(x.size()), most);
}

std::string what_differs(const Row& a, const Row& b) {
  if (a.tensor.shape() != b.tensor.shape())
    return "shape " + to_string(a.tensor.shape()) + ", there " + to_string(b.tensor.shape());
  std::string values = changed(a.tensor, b.tensor);
  if (a.dtype == b.dtype) return values;
  return a.dtype + ", there " + b.dtype + (values.empty() ? "" : "; " + values);
}

void compare_tensors(const Contents& a, const Contents& b, Table& table) {
  std::map<std::string, const Row*> others;
  for (const Row& row : b.rows) others[row.name] = &row;
  for (const Row& row : a.rows) {
    const auto other = others.find(row.name);
    const std::string what =
        other == others.end() ? "missing there" : what_differs(row, *other->second);
    if (!what.empty()) table.rows.push_back({one_line(row.name, 150), what});
    if (other != others.end()) others.erase(other);
  }
  for (const Row& row : b.rows)
    if (others.contains(row.name)) table.rows.push_back({one_line(row.name, 150), "only there"});
}

/// The text of a key as a cell.
std::string text_of(const Metadata& all, const std::string& key) {
  const auto entry = std::ranges::find(all, key, &Metadata::value_type::first);
  return entry == all.end() ? "no such key" : '"' + one_line(entry->second, 30) + '"';
}

void compare_metadata(const Metadata& a, const Metadata& b, Table& table) {
  std::map<std::string, std::string> left(a.begin(), a.end()), right(b.begin(), b.end());
  std::map<std::string, std::string> all = left;
  all.insert(right.begin(), right.end());
  for (const auto& [key, text] : all)
    if (!left.contains(key) || !right.contains(key) || left[key] != right[key])
      table.rows.push_back(
          {"metadata " + one_line(key, 60), text_of(a, key) + ", there " + text_of(b, key)});
}

}  // namespace

std::string difference(const Contents& a, const Contents& b, std::size_t width, bool& different) {
  Table table{{"", ""}, 2};
  compare_metadata(a.layout.metadata, b.layout.metadata, table);
  compare_tensors(a, b, table);
  different = !table.rows.empty();
  if (!different) return fmt::format("{} and {} hold the same tensors\n", a.path, b.path);
  return fmt::format("{}, and there {}:", a.path, b.path) + to_text(table, width);
}

}  // namespace tinygrad::inspect
