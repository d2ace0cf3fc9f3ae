// A step that is recorded once and then run again as a whole. On a GPU the host needs some
// microseconds for each kernel, which is more than a small kernel takes; a recorded step (a CUDA
// graph) costs one call.
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
// What is recorded is what the device does. So the step reads its batch from tensors that stay (x
// and y above), and inside it nothing is read by the host (item, to_vector, printing) or made from
// the host's numbers: that is a DeviceError, which names the op. What changes from call to call is
// read from the device's memory: the numbers of random calls, learning rates and step counts of
// optimizers, the factor of a GradScaler, and whether its step is taken. Everything else on the
// host (net.eval(), a branch) is as it was when the step was recorded.
#pragma once
#include <memory>
#include <type_traits>

#include "tinygrad/device.h"
#include "tinygrad/tensor.h"

namespace tinygrad {

struct CaptureOptions {
  int warm_up = 3;  ///< calls that run as they are, so that memory, plans and the optimizers' state
                    ///< are there: at least 1
  Device device = default_device();
};

/// The result of capture(). Each call is one step, with the bits of the step itself.
class TINYGRAD_API Captured {
 public:
  using Step = InlineFunction<Tensors(), 64>;
  /// Throws ArgumentError unless warm_up is at least 1.
  Captured(Step step, const CaptureOptions& options, SourceLocation location);
  ~Captured();
  Captured(Captured&&) noexcept;
  /// What the step returned; once it is recorded always the same tensors, which the next call
  /// overwrites. Throws what the step throws, and ArgumentError where the seed is another one than
  /// when the step was recorded.
  Tensors operator()(SourceLocation location = SourceLocation::current());
  /// Whether calls run the record. Never on devices that cannot record: there each call is the step
  /// itself.
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
    Result operator()(SourceLocation location = SourceLocation::current()) {
      [[maybe_unused]] Tensors results = captured(location);
      if constexpr (std::is_same_v<Result, Tensor>) return results[0];
      else if constexpr (!std::is_void_v<Result>) return results;
    }
    bool is_recorded() const { return captured.is_recorded(); }
  };
  auto as_tensors = [step = std::make_shared<F>(std::move(step))]() -> Tensors {
    if constexpr (std::is_void_v<Result>) return (*step)(), Tensors();
    else if constexpr (std::is_same_v<Result, Tensor>) return {(*step)()};
    else return (*step)();
  };
  return Step{Captured(std::move(as_tensors), options, location)};
}

}  // namespace tinygrad
