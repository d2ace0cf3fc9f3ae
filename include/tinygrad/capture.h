// SPDX-License-Identifier: MIT
// capture(): a training step is recorded once and then replayed as a whole. On a GPU the host needs
// some microseconds to launch a kernel, which is more than a small kernel takes; replaying a
// recorded step (a CUDA graph) costs one call.
//
//   auto step = tg::capture([&] {
//     optimizer.zero_grad();
//     Tensor loss = tg::cross_entropy(net(x), y);
//     loss.backward();
//     optimizer.step();
//     schedule.step();
//     return loss;
//   });
//   for (auto [images, labels] : loader) {
//     x.copy_(images), y.copy_(labels);
//     Tensor loss = step();
//   }
//
// The recording holds what the device does. So the step must read its batch from tensors that stay
// (x and y above), and inside it the host must not read tensors (item, to_vector, printing) or make
// them from its own values: that throws a DeviceError, which names the op. Values that change from
// call to call are read from the device's memory (tinygrad/step_values.h): the counters of random
// calls, learning rates and step counts of optimizers, the factor of a GradScaler, and whether its
// step is taken. Everything else on the host (net.eval(), a branch) is as it was when the step was
// recorded.
#pragma once
#include <memory>
#include <type_traits>

#include "tinygrad/device.h"
#include "tinygrad/tensor.h"

namespace tinygrad {

struct CaptureOptions {
  int warm_up = 3;  ///< number of calls that run as they are before the recording, so that memory,
                    ///< plans and the optimizers' state exist: at least 1
  Device device = default_device();  ///< the device that records
};

/// The result of capture(). Each call runs one step; its results are bitwise those of the step
/// itself.
class TINYGRAD_API Captured {
 public:
  using Step = InlineFunction<Tensors(), 64>;
  /// Throws ArgumentError unless warm_up is at least 1.
  Captured(Step step, const CaptureOptions& options, SourceLocation location);
  ~Captured();
  Captured(Captured&&) noexcept;
  /// Runs a step and returns what it returned. Once the step is recorded, these are always the same
  /// tensors, which the next call overwrites. Throws what the step throws, and ArgumentError if the
  /// thread's seed is not the one with which the step was recorded.
  Tensors operator()(SourceLocation location = SourceLocation::current());
  /// Returns whether calls replay the recording. Always false on devices that cannot record: there
  /// each call runs the step itself.
  bool is_recorded() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// Records `step`, which returns a Tensor, Tensors or nothing, after its first calls, and replays
/// it from then on.
template <class F>
auto capture(F step, const CaptureOptions& options = {},
             SourceLocation location = SourceLocation::current()) {
  using Result = std::invoke_result_t<F&>;
  struct Step {
    Captured captured;
    Result operator()(SourceLocation caller = SourceLocation::current()) {
      [[maybe_unused]] Tensors results = captured(caller);
      if constexpr (std::is_same_v<Result, Tensor>) return results[0];
      else if constexpr (!std::is_void_v<Result>) return results;
    }
    bool is_recorded() const { return captured.is_recorded(); }
  };
  auto as_tensors = [shared = std::make_shared<F>(std::move(step))]() -> Tensors {
    if constexpr (std::is_void_v<Result>) return (*shared)(), Tensors();
    else if constexpr (std::is_same_v<Result, Tensor>) return {(*shared)()};
    else return (*shared)();
  };
  return Step{Captured(std::move(as_tensors), options, location)};
}

}  // namespace tinygrad
