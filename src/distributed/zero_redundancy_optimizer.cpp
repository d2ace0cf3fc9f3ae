// SPDX-License-Identifier: MIT
// Which rank steps which parameter, and how states of parts become that of the whole and back.
#include "tinygrad/distributed/zero_redundancy_optimizer.h"

#include <algorithm>
#include <map>
#include <numeric>
#include <sstream>

#include "tinygrad/autograd.h"
#include "tinygrad/distributed/collectives.h"
#include "tinygrad/ops.h"

namespace tinygrad::distributed {
namespace {

/// An entry of a state, as a line of text tells it to other ranks.
struct Entry {
  std::string name;
  DType dtype = DType::float32;
  Shape shape;
};
std::string text_of(const NamedTensors& state) {
  std::ostringstream text;
  for (auto& [name, t] : state) {
    text << name << " " << int(t.dtype()) << " " << t.dim();
    for (std::int64_t size : t.shape()) text << " " << size;
    text << "\n";
  }
  return text.str();
}
std::vector<Entry> entries_of(const std::string& text) {
  std::vector<Entry> all;
  std::istringstream in(text);
  Entry entry;
  for (int dtype, rank; in >> entry.name >> dtype >> rank; all.push_back(entry)) {
    entry.dtype = DType(dtype);
    entry.shape = Shape();
    for (std::int64_t size; rank > 0 && in >> size; --rank) entry.shape.push_back(size);
  }
  return all;
}

/// The texts of all ranks.
std::vector<std::string> exchanged(const std::string& own, const Group& group) {
  const std::vector<std::uint8_t> bytes(own.begin(), own.end());
  const auto lengths =
      all_gather(full({1}, std::int64_t(own.size()), {.dtype = int64, .device = "cpu"}), 0, group)
          .to_vector<std::int64_t>();
  const auto all = all_gather(from_vector(bytes, {std::int64_t(bytes.size())}, "cpu"), 0, group)
                       .to_vector<std::uint8_t>();
  std::vector<std::string> texts;
  auto at = all.begin();
  for (std::int64_t length : lengths) texts.emplace_back(at, at + length), at += length;
  return texts;
}

/// "3.exp_avg": 3 and ".exp_avg"; nothing for "group.0.lr".
struct Name {
  std::optional<std::size_t> parameter;
  std::string rest;
  explicit Name(const std::string& name) : rest(name) {
    const std::size_t dot = name.find('.');
    if (dot == 0 || dot > 9 || name.find_first_not_of("0123456789") != dot) return;
    parameter = std::stoul(name.substr(0, dot));
    rest = name.substr(dot);
  }
};

}  // namespace

ShardedParameters::ShardedParameters(const std::vector<Tensor>& parameters, const Group& group)
    : parameters_(parameters), owners_(parameters.size()), group_(group) {
  std::vector<std::size_t> order(parameters.size());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return parameters[a].numel() > parameters[b].numel();
  });
  std::vector<std::int64_t> elements(static_cast<std::size_t>(group.size()));
  for (std::size_t i : order) {
    const auto least = std::min_element(elements.begin(), elements.end());
    owners_[i] = int(least - elements.begin());
    *least += parameters[i].numel();
  }
}

std::vector<std::size_t> ShardedParameters::positions_of(int rank) const {
  std::vector<std::size_t> all;
  for (std::size_t i = 0; i < owners_.size(); ++i)
    if (owners_[i] == rank) all.push_back(i);
  return all;
}
std::vector<Tensor> ShardedParameters::own() const {
  std::vector<Tensor> all;
  for (std::size_t i : positions_of(group_.rank())) all.push_back(parameters_[i]);
  return all;
}
void ShardedParameters::zero_grad() {
  for (Tensor& p : parameters_)
    if (p.requires_grad()) p.set_grad({});
}

void ShardedParameters::exchange(SourceLocation location) const {
  if (group_.size() == 1) return;
  const NoGrad off;
  std::vector<Work> works;
  for (std::size_t i = 0; i < parameters_.size(); ++i)
    works.push_back(broadcast_async({parameters_[i], location}, owners_[i], group_));
  for (std::size_t i = 0; i < parameters_.size(); ++i)
    if (const Tensor now = works[i].wait(); owners_[i] != group_.rank())
      Tensor(parameters_[i]).copy_(now);
}

NamedTensors ShardedParameters::joined(const NamedTensors& own, SourceLocation location) const {
  if (group_.size() == 1) return own;
  const NoGrad off;
  std::map<std::size_t, NamedTensors> of_parameter;
  NamedTensors of_groups;  // equal on all ranks; rank 0 has the largest parameter
  const auto texts = exchanged(text_of(own), group_);
  for (int rank = 0; rank < group_.size(); ++rank) {
    const auto positions = positions_of(rank);
    std::size_t next = 0;
    for (const Entry& entry : entries_of(texts[std::size_t(rank)])) {
      const Tensor sent = rank == group_.rank()
                              ? own[next++].second
                              : empty(entry.shape, {.dtype = entry.dtype, .device = "cpu"});
      const Tensor value = broadcast({sent, location}, rank, group_);
      const Name name(entry.name);
      if (name.parameter) {
        const std::size_t i = positions[*name.parameter];
        of_parameter[i].emplace_back(std::to_string(i) + name.rest, value);
      } else if (rank == 0) of_groups.emplace_back(name.rest, value);
    }
  }
  NamedTensors all = std::move(of_groups);
  for (auto& [i, entries] : of_parameter) all.insert(all.end(), entries.begin(), entries.end());
  return all;
}

NamedTensors ShardedParameters::own_part(const NamedTensors& all) const {
  const auto positions = positions_of(group_.rank());
  NamedTensors part;
  for (auto& [full_name, value] : all) {
    const Name name(full_name);
    const auto at = std::find(positions.begin(), positions.end(), name.parameter);
    if (!name.parameter) part.emplace_back(full_name, value);
    else if (at != positions.end())
      part.emplace_back(std::to_string(at - positions.begin()) + name.rest, value);
  }
  return part;
}

}  // namespace tinygrad::distributed
