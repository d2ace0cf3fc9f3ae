// SPDX-License-Identifier: MIT
// Loads a model file, and sums up its tensors.
#include "contents.h"

#include <tinygrad/io/file.h>
#include <tinygrad/io/load.h>

#include <algorithm>
#include <map>

namespace tinygrad::inspect {
namespace {

Row row_of(const std::string& name, const Tensor& tensor, const Part* part) {
  Row row{name, to_string(tensor.dtype()), tensor, bytes_of(tensor).size()};
  if (part) row.begin = part->begin;
  if (part && part->end - part->begin != row.bytes) {
    row.bytes = part->end - part->begin;
    if (!part->dtype.empty()) row.dtype = part->dtype;
  }
  row.statistics = statistics(tensor);
  return row;
}

void add(Total& total, const Row& row) {
  ++total.tensors, total.elements += row.tensor.numel(), total.bytes += row.bytes;
}

/// Sums over the rows of equal keys, in the order in which keys appear.
template <class Key> std::vector<Total> totals(const Contents& contents, Key key) {
  std::vector<Total> all;
  std::map<std::string, std::size_t> places;
  for (const Row& row : contents.rows) {
    const auto [place, is_new] = places.try_emplace(key(row), all.size());
    if (is_new) all.push_back({place->first});
    add(all[place->second], row);
  }
  return all;
}

bool same(const Row& a, const Row& b) {
  return a.dtype == b.dtype && a.tensor.shape() == b.tensor.shape() &&
         bytes_of(a.tensor) == bytes_of(b.tensor);
}

/// Whether two tensors have the same memory, or the same bytes of the file.
bool shared(const Row& a, const Row& b) {
  return bytes_of(a.tensor).data() == bytes_of(b.tensor).data() || (a.begin && a.begin == b.begin);
}

}  // namespace

Contents contents(const std::string& path) {
  const Call call{"tinygrad-inspect"};
  const NamedTensors tensors = load(path, {.device = Device("cpu")}, {});
  const FileBytes file(path, true, call);
  Contents result{path, file.bytes().size(), layout_of({call, path, file.bytes()}), {}};
  std::map<std::string_view, const Part*> parts;
  for (const Part& part : result.layout.parts)
    if (part.kind == Part::Kind::tensor) parts.emplace(part.name, &part);
  for (const auto& [name, tensor] : tensors) {
    const auto part = parts.find(name);
    result.rows.push_back(
        row_of(name, tensor.contiguous(), part == parts.end() ? nullptr : part->second));
  }
  return result;
}

std::vector<Total> totals_by_dtype(const Contents& contents) {
  auto all = totals(contents, [](const Row& row) { return row.dtype; });
  Total sum{"all"};
  for (const Row& row : contents.rows) add(sum, row);
  all.push_back(sum);
  return all;
}

std::string layer_of(const std::string& name) {
  std::size_t begin = 0;
  for (std::size_t dot; (dot = name.find('.', begin)) != name.npos; begin = dot + 1)
    if (std::all_of(&name[begin], &name[dot], [](char c) { return c >= '0' && c <= '9'; }))
      return name.substr(0, dot);
  return begin ? name.substr(0, begin - 1) : name;
}

std::vector<Total> totals_by_layer(const Contents& contents) {
  return totals(contents, [](const Row& row) { return layer_of(row.name); });
}

std::vector<Repeat> repeats(const Contents& contents) {
  std::map<std::uint64_t, std::vector<const Row*>> by_hash;
  for (const Row& row : contents.rows)
    if (row.statistics.spread != 0) by_hash[row.statistics.hash].push_back(&row);
  std::vector<Repeat> all;
  for (const auto& [hash, rows] : by_hash) {
    Repeat repeat{{}, true, rows[0]->bytes};
    for (const Row* row : rows) {
      if (!same(*rows[0], *row)) continue;
      repeat.names.push_back(row->name);
      repeat.shared &= shared(*rows[0], *row);
    }
    if (repeat.names.size() > 1) all.push_back(repeat);
  }
  std::ranges::sort(all, {}, [](const Repeat& r) { return r.names[0]; });
  return all;
}

}  // namespace tinygrad::inspect
