// SPDX-License-Identifier: MIT
// Which rank steps which parameter, and how states of parts become that of the whole and back.
#include "tinygrad/distributed/zero_redundancy_optimizer.h"

#include <algorithm>
#include <map>
#include <numeric>

#include "state_exchange.h"
#include "tinygrad/autograd.h"
#include "tinygrad/distributed/collectives.h"

namespace tinygrad::distributed {
namespace {

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
  for (int rank = 0; rank < group_.size(); ++rank) {
    const auto positions = positions_of(rank);
    for (const auto& [entry, value] : broadcast_state(own, rank, group_, location)) {
      const Name name(entry);
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
