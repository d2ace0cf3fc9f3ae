// SPDX-License-Identifier: MIT
// ObservedOp: tells the thread's observers (tinygrad/observer.h) when an op begins and ends.
#pragma once
#include <memory>
#include <span>

#include "tinygrad/observer.h"
#include "tinygrad/tensor.h"

namespace tinygrad {

/// The innermost ObserverScope of this thread; null if nobody observes.
extern constinit thread_local const ObserverScope* innermost_observer;

/// Lives while an op runs. If end() is not reached, the op has failed. Costs one test of
/// innermost_observer if nobody observes.
class ObservedOp {
 public:
  ObservedOp(const char* name, SourceLocation location, const Backend& backend,
             std::span<const Tensor> inputs) {
    if (innermost_observer) [[unlikely]]
      begin(name, location, backend, inputs);
  }
  ObservedOp(const ObservedOp&) = delete;
  ~ObservedOp() {
    if (state_) [[unlikely]]
      fail();
  }
  void end(OpStatus status, std::span<const Tensor> outputs) {
    if (state_) [[unlikely]]
      finish(status, outputs);
  }
  /// The backend whose kernels an op calls: the observers may put another before the device's.
  static Backend& kernels(Backend& own) {
    return innermost_observer ? kernels(innermost_observer, own) : own;
  }

 private:
  struct State;
  struct Delete {
    void operator()(State*) const;
  };
  void begin(const char* name, SourceLocation location, const Backend& backend,
             std::span<const Tensor> inputs);
  void finish(OpStatus status, std::span<const Tensor> outputs);
  void fail() noexcept;
  static Backend& kernels(const ObserverScope* scope, Backend& own);
  static void tell_begin(const ObserverScope* scope, const OpEvent& event);
  static void tell_end(const ObserverScope* scope, const OpEvent& event);
  std::unique_ptr<State, Delete> state_;
};

inline std::span<const Tensor> span_of(const Tensors& list) { return {list.data(), list.size()}; }
inline std::span<const Tensor> span_of(const Tensor& one) { return {&one, 1}; }

}  // namespace tinygrad
