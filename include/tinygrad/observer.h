// SPDX-License-Identifier: MIT
// Observers: what runs on a thread, op by op, for tracing, profiling and explaining. An observer is
// told when each op begins and ends, in the forward pass, in the backward pass and in optimizers.
// Nobody pays for it while no observer is there.
//
//   struct Print : tg::Observer {
//     void end(const tg::OpEvent& op) override {
//       std::cout << op.name << " in " << (op.path ? op.path->text : "") << "\n";
//     }
//   };
//   Print print;
//   {
//     const tg::ObserverScope scope(print);
//     net(x);
//   }
//
// An op that runs its formula encloses the ops of which the formula is made. Not part of
// tinygrad.h.
#pragma once
#include <cstdint>

#include "tinygrad/backend.h"
#include "tinygrad/scope.h"
#include "tinygrad/tensor.h"

namespace tinygrad {

/// The status says how an op was computed; it is `running` until the op ends.
enum class OpStatus : std::uint8_t {
  running,
  kernel,   ///< by a kernel of the backend
  formula,  ///< by other ops, since the backend has no kernel for this
  view,     ///< not at all: the output is a view of the input's memory
  failed    ///< it threw; there are no outputs
};

/// One op. Pointers and spans are valid during the call to the observer.
struct OpEvent {
  const char* name;           ///< "conv2d"
  const ModulePath* path;     ///< the module that runs, or ran in the forward pass; null: none
  SourceLocation location;    ///< the line of the user's source; line 0 if it is not known
  const char* derivative_of;  ///< in a backward pass: the op whose derivative is computed,
                              ///< "backward" for the sums of gradients in leaves. Null outside
  const Device& device;
  OpStatus status;
  Views inputs;   ///< a null view for an input that was not given
  Views outputs;  ///< empty in begin(), and if the op failed
  /// The tensors of these views. While an observer holds copies, their memory is no other tensor's.
  std::span<const Tensor> input_tensors, output_tensors;
  bool is_backward() const { return derivative_of != nullptr; }
};

/// The base of observers. Ops that it runs itself are not observed. An exception that it throws
/// leaves the op; after the failure of an op it is dropped.
class TINYGRAD_API Observer {
 public:
  virtual ~Observer() = default;
  virtual void begin(const OpEvent&) {}
  /// For each begin(), in reverse order; also if the op failed.
  virtual void end(const OpEvent&) {}
  /// The backend whose kernels ops call: `own`, the device's, or one that notes the arguments,
  /// which are all that an op knows besides its inputs, and passes the calls on to it.
  virtual Backend& kernels(Backend& own) { return own; }
};

/// While it lives, `observer` is told of the ops of this thread. Scopes nest: outer observers are
/// told too, first when an op begins and last when it ends.
class TINYGRAD_API ObserverScope {
 public:
  explicit ObserverScope(Observer& observer);
  ~ObserverScope();
  ObserverScope(const ObserverScope&) = delete;

 private:
  friend class ObservedOp;
  Observer& observer_;
  const ObserverScope* outer_;
};

}  // namespace tinygrad
