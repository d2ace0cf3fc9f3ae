// SPDX-License-Identifier: MIT
// Prints what is in a model file, for people.
#include <fmt/format.h>

#include <numeric>

#include "print.h"
#include "table.h"

namespace tinygrad::inspect {
namespace {

std::string count(std::int64_t value) { return value ? grouped(std::uint64_t(value)) : "."; }

std::string pairs(const char* title, const Metadata& all, std::size_t width) {
  if (all.empty()) return "";
  Table table{{title, ""}, 2};
  for (const auto& [key, text] : all)
    table.rows.push_back({one_line(key, 60), one_line(text, 150)});
  return "\n" + to_text(table, width);
}

std::string tensors(const Contents& contents, std::size_t width) {
  Table table{{"tensor", "dtype", "shape", "bytes", "mean", "spread", "zeros", "NaN", "inf"}, 3};
  for (const Row& row : contents.rows) {
    const Statistics& s = row.statistics;
    table.rows.push_back({row.name.empty() ? "(array)" : one_line(row.name, 150), row.dtype,
                          to_string(row.tensor.shape()), grouped(row.bytes),
                          fmt::format("{:.4g}", s.mean), fmt::format("{:.4g}", s.spread),
                          count(s.zeros), count(s.nans), count(s.infinities)});
  }
  return "\n" + to_text(table, width);
}

std::string totals(const char* by, const std::vector<Total>& all, std::size_t width) {
  Table table{{by, "tensors", "elements", "bytes"}};
  for (const Total& total : all)
    table.rows.push_back({one_line(total.name, 150), grouped(std::uint64_t(total.tensors)),
                          grouped(std::uint64_t(total.elements)), grouped(total.bytes)});
  return "\n" + to_text(table, width);
}

std::string repeated(const std::vector<Repeat>& all) {
  std::string text;
  for (const Repeat& repeat : all) {
    text += fmt::format("\n  {} bytes {}:", grouped(repeat.bytes),
                        repeat.shared ? "under several names" : "repeated");
    for (const std::string& name : repeat.names) text += " " + one_line(name, 150);
  }
  return text.empty() ? "" : text + "\n";
}

}  // namespace

std::string as_text(const Contents& contents, std::size_t width) {
  const auto dtypes = totals_by_dtype(contents);
  std::string text = fmt::format(
      "{}: {}, {} bytes; {} elements in {} tensor{}\n", contents.path, contents.layout.format,
      grouped(contents.bytes), grouped(std::uint64_t(dtypes.back().elements)),
      grouped(contents.rows.size()), contents.rows.size() == 1 ? "" : "s");
  text += pairs("header", contents.layout.facts, width);
  text += pairs("metadata", contents.layout.metadata, width);
  text += tensors(contents, width) + totals("dtype", dtypes, width);
  const auto layers = totals_by_layer(contents);
  if (layers.size() > 1 && layers.size() < contents.rows.size())
    text += totals("layer", layers, width);
  return text + repeated(repeats(contents));
}

}  // namespace tinygrad::inspect
