// SPDX-License-Identifier: MIT
// Operation: one collective, or one message, on one rank: what the ranks tell each other about it,
// and the messages of its algorithm.
#pragma once
#include <atomic>
#include <functional>

#include "communication_thread.h"
#include "communicator.h"

namespace tinygrad::distributed {

/// What Group refers to.
struct Member {
  std::shared_ptr<Communicator> communicator;
  std::shared_ptr<CommunicationThread> thread;
  std::chrono::milliseconds timeout;
  std::atomic<std::int64_t> operations = 0;  ///< the number of operations that were called
};

enum class Kind : std::int32_t {
  barrier,
  all_reduce,
  all_gather,
  reduce_scatter,
  broadcast,
  all_to_all,
  split,
  send,
  recv
};
/// "all_reduce".
const char* name_of(Kind kind);

/// What a rank calls. Ranks send it to each other as bytes, so it has no gaps.
struct Header {
  Kind kind = Kind::barrier;
  std::int32_t dtype = 0, rank = 0;  ///< the rank of the tensor
  std::int32_t dim = 0, root = 0;    ///< root: also the peer of send and recv
  std::int32_t reduce = 0, deterministic = 0, zero = 0;
  std::int64_t sizes[max_rank] = {};

  Header(Kind op = Kind::barrier) : kind(op) {}
  Header(Kind op, const Shape& shape, DType type);
  Shape shape() const { return {sizes, rank}; }
  DType element() const { return DType(dtype); }
  std::size_t bytes() const { return std::size_t(shape().count()) * size_of(element()); }
};
/// "all_reduce (sum) of float32 [2, 3]".
std::string to_string(const Header& header);

/// The memory of a contiguous tensor of the CPU, from byte `offset` on.
char* bytes_of(const Tensor& tensor, std::size_t offset = 0);

class Operation {
 public:
  Operation(Member& member, const Header& header, SourceLocation location);
  int rank() const { return communicator().rank(); }
  int size() const { return communicator().size(); }
  Communicator& communicator() const { return *communicator_; }
  const Header& header() const { return header_; }
  /// The error's place.
  Call call() const { return {name_of(header_.kind), location_}; }

  /// Exchanges headers with all ranks, and checks that they agree. After it a check that depends on
  /// the header alone fails on all ranks or on none.
  void meet();
  /// The header of another rank, after meet().
  const Header& header_of(int rank) const { return all_[std::size_t(rank)]; }
  /// Throws CommunicationError if a message does not arrive in time.
  void exchange(std::span<const Message> sends, std::span<const Message> receives,
                Channel channel = Channel::collective);
  /// The backend's own reduction; false if it has none.
  bool all_reduce(const Tensor& inout);
  /// Throws CommunicationError unless absent is empty.
  void check(const Absent& absent) const;

 private:
  void compare() const;
  // Not the member, whose thread must not destroy itself.
  std::shared_ptr<Communicator> communicator_;
  std::chrono::milliseconds timeout_;
  Header header_;
  SourceLocation location_;
  std::int64_t number_;
  Deadline deadline_;
  bool has_met_ = false;
  std::vector<Header> all_;
};

/// An algorithm: runs on the communication thread, and returns a tensor of the CPU.
using Algorithm = std::function<Tensor(Operation&)>;
/// Starts an operation. The group has several ranks.
Work start(const Group& group, const Header& header, SourceLocation location, Algorithm algorithm,
           std::function<Tensor(const Tensor&)> finish = {});
/// An operation that has ended: its result is x.
Work ended(const Tensor& x);

}  // namespace tinygrad::distributed
