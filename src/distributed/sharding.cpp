// SPDX-License-Identifier: MIT
// Parts of tensors, and the table of parameters that are parts.
#include "tinygrad/distributed/sharding.h"

#include <map>
#include <mutex>
#include <set>

#include "state_exchange.h"
#include "tinygrad/autograd.h"
#include "tinygrad/distributed/collectives.h"
#include "tinygrad/op.h"
#include "tinygrad/ops.h"

namespace tinygrad::distributed {
namespace {

/// The shardings of all ShardedParameters.
struct Table {
  std::mutex mutex;
  std::map<const TensorImpl*, Sharding> entries;
};
Table& table() {
  static Table& all = *new Table;  // parameters may be static
  return all;
}

/// The shardings of a module's parameters, by their memory, which a parameter with several names
/// has under each of them.
class Shardings {
 public:
  explicit Shardings(const nn::Module& module) {
    const std::lock_guard lock(table().mutex);
    for (auto& [name, p] : module.named_parameters())
      if (const auto entry = table().entries.find(p.impl()); entry != table().entries.end())
        all_.emplace(key(p), entry->second);
  }
  const Sharding* find(const Tensor& t) const {
    const auto entry = all_.find(key(t));
    return entry == all_.end() ? nullptr : &entry->second;
  }

 private:
  using Key = std::pair<const void*, std::int64_t>;
  static Key key(const Tensor& t) { return {view_of(t).memory().handle, view_of(t).offset()}; }
  std::map<Key, Sharding> all_;
};

}  // namespace

Tensor shard(In whole, const Sharding& s) {
  require<ShapeError>(s.dim >= 0 && s.dim < whole->dim() && whole->shape()[s.dim] == s.size &&
                          s.size % s.blocks == 0 && s.size / s.blocks >= s.group.size(),
                      {"shard", whole.location}, "cannot divide dimension ", s.dim, " of shape ",
                      whole->shape(), " among ", s.group.size(), " ranks as ", s.blocks,
                      " blocks; expected size ", s.size);
  const Tensor blocks = unflatten(whole->detach(), s.dim, {s.blocks, -1});
  return clone(flatten(narrow(blocks, s.dim + 1, s.start(), s.part()), s.dim, s.dim + 1));
}

Tensor unshard(In part, const Sharding& s) {
  const Tensor blocks = unflatten(part->detach(), s.dim, {s.blocks, -1});
  return flatten(all_gather({blocks, part.location}, s.dim + 1, s.group), s.dim, s.dim + 1);
}

ShardedParameter::ShardedParameter(nn::Parameter part, const Sharding& sharding)
    : Parameter(std::move(part)) {
  const std::lock_guard lock(table().mutex);
  table().entries.emplace(impl(), sharding);
  entry_ = std::shared_ptr<void>(impl(), [](const void* key) {
    const std::lock_guard again(table().mutex);
    table().entries.erase(static_cast<const TensorImpl*>(key));
  });
}

bool is_sharded(const Tensor& parameter) {
  const std::lock_guard lock(table().mutex);
  return table().entries.count(parameter.impl()) > 0;
}

ShardedParameter ShardedModule::add_part(std::string name, const Tensor& whole, int dim,
                                         const Group& group, std::int64_t blocks) {
  if (!whole.defined()) return {};
  const Sharding sharding{dim, whole.size(dim), group, blocks};
  return {add(std::move(name), shard(whole, sharding)), sharding};
}

nn::Parameter ShardedModule::add_copy(std::string name, const Tensor& whole) {
  return whole.defined() ? add(std::move(name), clone(whole.detach())) : nn::Parameter();
}

NamedTensors full_state_dict(const nn::Module& module, const Group& stages) {
  const Shardings shardings(module);
  NamedTensors state = module.state_dict();
  for (auto& [name, t] : state)
    if (const Sharding* s = shardings.find(t)) t = unshard(t, *s);
  if (stages.size() == 1) return state;
  NamedTensors all;
  std::set<std::string> known;
  for (int rank = 0; rank < stages.size(); ++rank)
    for (auto& entry : broadcast_state(state, rank, stages))
      if (known.insert(entry.first).second) all.push_back(entry);
  return all;
}

nn::LoadReport load_full_state_dict(nn::Module& module, const NamedTensors& state,
                                    const nn::LoadStateOptions& options, SourceLocation location) {
  const Shardings shardings(module);
  std::map<std::string, const Sharding*> of_name;
  for (auto& [name, t] : module.state_dict()) of_name[name] = shardings.find(t);
  NamedTensors own = state;
  for (auto& [name, t] : own)
    if (const auto entry = of_name.find(name); entry != of_name.end() && entry->second)
      t = shard({t, location}, *entry->second);
  return module.load_state_dict(own, options, location);
}

GroupStream::GroupStream(const Group& group) {
  const Generator own = generator();
  const std::int64_t words[] = {std::int64_t(own.seed), std::int64_t(own.call)};
  const Tensor state = broadcast(
      from_data(words, DType::int64, {2}, {.dtype = DType::int64, .device = "cpu"}), 0, group);
  const auto first = state.to_vector<std::int64_t>();
  if (group.rank() > 0)
    stream_.emplace(Generator{std::uint64_t(first[0]), std::uint64_t(first[1])});
}

}  // namespace tinygrad::distributed
