// SPDX-License-Identifier: MIT
// Group, its division, and the world of a process or of a thread.
#include "tinygrad/distributed/group.h"

#include <algorithm>
#include <cstdlib>
#include <mutex>

#include "mpi_backend.h"
#include "operation.h"
#include "tinygrad/ops.h"
#include "world.h"

namespace tinygrad::distributed {
namespace {

std::mutex initializing;
Group& process_world() {
  static Group& world = *new Group;  // is used until the very end
  return world;
}
thread_local const Group* thread_world = nullptr;

/// The ranks with this rank's color, in ascending order of their keys. colors_keys: int64 [n, 2].
std::vector<int> ranks_of_color(const Tensor& colors_keys, int rank) {
  const auto all = colors_keys.to_vector<std::int64_t>();
  const auto color = [&](int r) { return all[2 * std::size_t(r)]; };
  const auto key = [&](int r) { return std::pair(all[2 * std::size_t(r) + 1], r); };
  std::vector<int> ranks;
  for (int r = 0; r < int(all.size() / 2); ++r)
    if (color(r) == color(rank)) ranks.push_back(r);
  std::sort(ranks.begin(), ranks.end(), [&](int a, int b) { return key(a) < key(b); });
  return ranks;
}

void end_process_world() { close_mpi(*process_world().member()->thread); }

}  // namespace

WorldOfThread::WorldOfThread(const Group& group) { thread_world = &group; }
WorldOfThread::~WorldOfThread() { thread_world = nullptr; }

const Group& world() { return thread_world ? *thread_world : process_world(); }

Group make_world(std::shared_ptr<Communicator> communicator, const Options& options) {
  const auto member = std::make_shared<Member>();
  member->thread =
      std::make_shared<CommunicationThread>([communicator] { return communicator->progress(); });
  member->communicator = std::move(communicator);
  member->timeout = options.timeout;
  return Group(member);
}

Group init(const Options& options, SourceLocation location) {
  const Call call{"init", location};
  require(options.backend == "auto" || options.backend == "mpi", call, "unknown backend ",
          in_quotes(options.backend), "; it must be auto or mpi");
  if (thread_world) return *thread_world;
  const std::lock_guard lock(initializing);
  Group& world = process_world();
  if (world.member() || (options.backend == "auto" && !started_by_mpirun())) return world;
  if (auto communicator = open_mpi(call)) {
    world = make_world(std::move(communicator), options);
    std::atexit(end_process_world);
  }
  return world;
}

int Group::rank() const { return member_ ? member_->communicator->rank() : 0; }
int Group::size() const { return member_ ? member_->communicator->size() : 1; }

void Group::barrier(SourceLocation location) const {
  if (size() == 1) return;
  start(*this, Kind::barrier, location, [](Operation& op) {
    op.meet();
    return Tensor();
  }).wait();
}

Group Group::split(int color, int key, SourceLocation location) const {
  if (size() == 1) return *this;
  const std::int64_t own[] = {color, key < 0 ? rank() : key};
  const Tensor all = all_gather(
      {from_data(own, int64, {1, 2}, {.dtype = int64, .device = "cpu"}), location}, 0, *this);
  require(amin(all).item<std::int64_t>() >= 0, {"split", location},
          "the color of a rank is negative");
  const auto ranks = ranks_of_color(all, rank());
  const auto member = std::make_shared<Member>();
  start(*this, Kind::split, location, [&](Operation& op) {
    member->communicator = op.communicator().split(color, ranks);
    return Tensor();
  }).wait();
  if (ranks.size() == 1) return Group();
  member->thread = member_->thread;
  member->timeout = member_->timeout;
  return Group(member);
}

}  // namespace tinygrad::distributed
