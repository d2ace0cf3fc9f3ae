// SPDX-License-Identifier: MIT
// Group: the processes, or ranks, that work on one model and exchange tensors. A rank is also the
// position of a process in its group, from 0.
#pragma once
#include <chrono>
#include <memory>
#include <string>

#include "tinygrad/error.h"

namespace tinygrad::distributed {

/// A rank did not arrive within the time limit, or ended while others waited for it. The message
/// names the operation, its number in the group, and the ranks.
struct TINYGRAD_API CommunicationError : Error {
  using Error::Error;
};

/// The exit code of a process whose operation under MPI failed as in CommunicationError.
inline constexpr int communication_exit_code = 75;

struct Options {
  /// "auto": MPI if mpirun started the program on more than one rank, else a group of one. "mpi":
  /// MPI in any case.
  std::string backend = "auto";
  /// The time for which an operation waits for other ranks.
  std::chrono::milliseconds timeout = std::chrono::seconds(60);
};

struct Member;

/// The ranks that take part in an operation. Every rank of a group must call the same operations in
/// the same order; a program whose ranks form several groups must call those of all groups in an
/// order that suits everyone, since a process carries them out one after another. Copies are the
/// same group.
class TINYGRAD_API Group {
 public:
  /// A group of one rank, in which every operation returns its input.
  Group() = default;
  explicit Group(std::shared_ptr<Member> member) : member_(std::move(member)) {}
  /// The position of this process, 0 to size() - 1.
  int rank() const;
  /// The number of ranks.
  int size() const;
  /// Divides the group: ranks that give the same color, which must not be negative, form a new
  /// group, in ascending order of key, and of rank where keys are equal; key -1 stands for the
  /// rank. Every rank of this group must call it. (MPI_Comm_split)
  Group split(int color, int key = -1, SourceLocation location = SourceLocation::current()) const;
  /// Returns when every rank has called it.
  void barrier(SourceLocation location = SourceLocation::current()) const;
  /// This rank's part in the group, for the operations; null for a group of one.
  const std::shared_ptr<Member>& member() const { return member_; }

 private:
  std::shared_ptr<Member> member_;
};

/// Finds the other processes of the program, which mpirun started, and returns the group of all of
/// them, which world() returns from then on. Without mpirun, that is a group of one, so that the
/// same program also runs alone. On a thread of run_threads() it returns that thread's group. Under
/// MPI it also divides the processors of a machine: num_threads() becomes the number of processors
/// per rank, unless $TINYGRAD_THREADS is set. Throws ArgumentError if the backend is unknown, or if
/// mpirun started the program but the library was built without MPI. A later call returns the same
/// group.
TINYGRAD_API Group init(const Options& options = {},
                        SourceLocation location = SourceLocation::current());
/// The group of all ranks: that of init() or, on a thread of run_threads(), of its threads. Before
/// init(), a group of one.
TINYGRAD_API const Group& world();

}  // namespace tinygrad::distributed
