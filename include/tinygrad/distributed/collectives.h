// SPDX-License-Identifier: MIT
// Collectives: operations that all ranks of a group call together, and messages between two ranks.
//
// They take tensors of every dtype, device and layout; elements travel through the host's memory.
// Each rank first tells the others which operation it calls, with which shape and dtype. If these
// differ, all ranks throw the same ShapeError, DTypeError or ArgumentError. If a rank does not
// arrive within the group's time limit, the others fail: under MPI they print the sentence and end
// with exit code 75, on threads they throw CommunicationError. In a group of one every operation
// returns its input.
//
// No gradient flows through them: unless recording is off, they throw AutogradError for a tensor
// that requires one (conjugate.h has those with gradients).
#pragma once
#include <memory>

#include "tinygrad/distributed/group.h"
#include "tinygrad/tensor.h"

namespace tinygrad::distributed {

/// The op that makes one element of those of several ranks. The sum of booleans is their
/// disjunction; integers wrap; float16 and bfloat16 are summed in float32 and rounded once.
enum class Reduce : std::uint8_t {
  sum,
  mean,  ///< sum / size(), for floating dtypes
  max,   ///< NaN if an element is NaN; so is min
  min
};

/// An operation that a communication thread carries out while the caller goes on. Operations run in
/// the order in which they were called. A write to the input before the end is an error that
/// nothing detects.
class TINYGRAD_API Work {
 public:
  struct State;
  explicit Work(std::shared_ptr<State> state) : state_(std::move(state)) {}
  /// Returns whether the operation has ended, also with an error.
  bool done() const;
  /// Waits for the end and returns the result: undefined for send and barrier. Throws the error of
  /// the operation. It may be called again.
  Tensor wait() const;

 private:
  std::shared_ptr<State> state_;
};

/// Declares a collective and its asynchronous form, whose wait() returns what the other returns.
#define COLLECTIVE(name, ...)                                          \
  TINYGRAD_API Tensor name(__VA_ARGS__, const Group& group = world()); \
  [[nodiscard]] TINYGRAD_API Work name##_async(__VA_ARGS__, const Group& group = world())

/// The reduction of x over all ranks, on every rank, and bit-identical there. The order of a sum is
/// a tree over the ranks, ((x0 + x1) + (x2 + x3)) + x4, if are_deterministic_algorithms_enabled();
/// otherwise the order is MPI's. Each rank sends 2 (n - 1) / n of the bytes of x.
COLLECTIVE(all_reduce, In x, Reduce reduce = Reduce::sum);
/// The tensors x of all ranks, joined along dim in the order of ranks, on every rank. The sizes of
/// dim may differ; other sizes must not.
COLLECTIVE(all_gather, In x, int dim = 0);
/// The part of all_reduce(x) that has this rank's position along dim, whose size must be a multiple
/// of size(). Sums have the tree's order.
COLLECTIVE(reduce_scatter, In x, int dim = 0, Reduce reduce = Reduce::sum);
/// The tensor x of rank `root`, on every rank. On other ranks x gives shape, dtype and device.
COLLECTIVE(broadcast, In x, int root = 0);
/// Cuts x along dim, whose size must be a multiple of size(), into a part for each rank; returns
/// the parts that the ranks have for this rank, joined along dim in the order of ranks.
COLLECTIVE(all_to_all, In x, int dim = 0);
/// Sends x to rank `to`, which must call recv(). It copies x and does not wait for that rank.
TINYGRAD_API void send(In x, int to, const Group& group = world());
/// The tensor of the next send() of rank `from` to this rank. Throws ShapeError or DTypeError if it
/// has another shape or dtype.
TINYGRAD_API Tensor recv(const Shape& shape, DType dtype, int from, const Group& group = world(),
                         SourceLocation location = SourceLocation::current());
[[nodiscard]] TINYGRAD_API Work recv_async(const Shape& shape, DType dtype, int from,
                                           const Group& group = world(),
                                           SourceLocation location = SourceLocation::current());
#undef COLLECTIVE

}  // namespace tinygrad::distributed
