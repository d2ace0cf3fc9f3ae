// SPDX-License-Identifier: MIT
// Communicator: what a backend (MPI, threads, NCCL) must provide. Messages between ranks are
// enough: collectives are written once, on exchange(). A backend's own collective makes one faster.
#pragma once
#include <chrono>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "tinygrad/distributed/collectives.h"

namespace tinygrad::distributed {

using Deadline = std::chrono::steady_clock::time_point;

/// Bytes to another rank, or from it.
struct Message {
  int peer;
  void* data;
  std::size_t bytes;
};
/// Messages of collectives and of send() and recv() do not mix.
enum class Channel { collective, direct };
/// Ranks that an operation waited for in vain: until the deadline, or because they have ended.
struct Absent {
  std::vector<int> late, ended;
  bool none() const { return late.empty() && ended.empty(); }
};

/// The ranks of a group, as one of them sees them. All functions are called on the communication
/// thread. Ranks are positions in the group.
class Communicator {
 public:
  virtual ~Communicator() = default;
  virtual int rank() const = 0;
  virtual int size() const = 0;
  /// Sends and receives all messages, in any order, and returns when that is done or impossible.
  /// Messages from one rank to another arrive in the order in which they were sent.
  virtual Absent exchange(std::span<const Message> sends, std::span<const Message> receives,
                          Channel channel, Deadline deadline) = 0;
  /// Sends on the direct channel, and does not wait; `owner` holds the memory.
  virtual void post(const Message& message, std::shared_ptr<const void> owner) = 0;
  /// Works on messages that were posted. Returns whether some are still under way.
  virtual bool progress() { return false; }
  /// The backend's own reduction of `count` elements in place. Returns false, before it changes
  /// anything, if it has none for this dtype.
  virtual bool all_reduce(void*, std::int64_t /*count*/, DType, Reduce, Deadline, Absent&) {
    return false;
  }
  /// The group of these ranks of this group; other calls with the same color have the same ranks.
  virtual std::shared_ptr<Communicator> split(int color, const std::vector<int>& ranks) = 0;
  /// Lets operations of the other ranks fail, since one of this rank has failed.
  virtual void give_up(const std::string& message) = 0;
};

}  // namespace tinygrad::distributed
