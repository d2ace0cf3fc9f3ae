// SPDX-License-Identifier: MIT
// Optimizer: what all optimizers share. It holds the parameters in groups, keeps their state,
// gathers what one step updates, and saves and loads.
//
// An optimizer of your own derives from it, registers its parameters with add_group(), and gives
// the rule of one step in update() (examples/custom_optimizer.cpp).
#pragma once
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "tinygrad/detail/inline_function.h"
#include "tinygrad/tensor.h"

namespace tinygrad {
class Backend;
class GradScaler;
struct Operand;
struct StepValue;
class View;
}  // namespace tinygrad
namespace tinygrad::optim {

/// Parameters that are updated with options of their own.
template <class Options> struct ParamGroup {
  std::vector<Tensor> params;
  Options options;
};

/// Updates parameters in place from their gradients. It holds the tensors, so a module may move to
/// another device before the first step. Schedules refer to it: it is neither copied nor moved.
///
/// Constructors throw ArgumentError for an empty list, a parameter that is undefined or listed
/// twice, and values out of range, and AutogradError for a parameter that was computed.
class TINYGRAD_API Optimizer {
 public:
  Optimizer(const Optimizer&) = delete;
  virtual ~Optimizer() = default;

  /// Forgets the gradients.
  void zero_grad();
  /// Takes one step. Parameters without a gradient are left alone. Throws AutogradError if no
  /// parameter requires one (all are frozen).
  void step(SourceLocation location = SourceLocation::current());

  std::size_t groups() const { return groups_.size(); }
  /// The parameters of all groups, in order.
  std::vector<Tensor> parameters() const;
  /// The learning rate of a group. Throws IndexError if there is no such group.
  double lr(std::size_t group = 0) const;
  /// Sets the rate of all groups, or of one. Throws ArgumentError unless it is finite and not
  /// negative.
  void set_lr(double lr);
  void set_lr(std::size_t group, double lr);

  /// Returns the state that a resumed run needs to go on with the same bits: for parameter i
  /// (counted through all groups) "i.step" (int64 []) and the tensors that the optimizer keeps,
  /// such as "i.exp_avg"; for group g "group.g.lr" (float64 []). They share memory with the
  /// optimizer.
  virtual NamedTensors state_dict() const;
  /// Copies a state in. Throws ArgumentError that lists all that is wrong; then nothing has been
  /// loaded.
  virtual void load_state_dict(const NamedTensors& state,
                               SourceLocation location = SourceLocation::current());

 protected:
  /// A parameter and the state that is kept for it; no tensors before its first step.
  struct Slot {
    Tensor param;
    Tensors state;
    std::int64_t step = 0;
  };
  /// One call updates a batch: parameters that have a gradient, and the same dtype, device and
  /// number of steps.
  struct Batch {
    std::size_t group;
    std::int64_t step;  ///< 1 for the first. In a recorded step (capture.h): when it was recorded
    SourceLocation location;
    Tensors params = {}, grads = {};
    /// All of the first kind, all of the second, ...; zeros before the first step.
    Tensors state = {};
    std::vector<Slot*> slots = {};
    Tensor overflow = {};  ///< shape []: the step is taken only if it is 0. Undefined: always
  };
  /// The rule of one step for one parameter, written with ops: returns the new w, and assigns new
  /// tensors to `state` (one for each kind, in the order of add_group()).
  using Rule = InlineFunction<Tensor(const Tensor& w, const Tensor& g, Tensors& state), 64>;
  /// The same for a whole batch at once, in place, by a kernel. Returns false, before writing
  /// anything, if the backend has none for this. state: all of the first kind, all of the second.
  using StepKernel = InlineFunction<bool(Backend&, std::span<const View> w, std::span<const View> g,
                                         std::span<const View> state),
                                    64>;

  /// name: for errors; it must outlive the optimizer.
  explicit Optimizer(const char* name) : name_(name) {}
  /// Adds parameters with their learning rate. kinds: the names of the state that each parameter
  /// has, as state_dict() writes them ("exp_avg").
  /// maximize: update() gets the gradients with the other sign.
  void add_group(const std::vector<Tensor>& params, double lr, std::vector<std::string> kinds,
                 SourceLocation location, bool maximize = false);
  /// Updates the batch: once for each set of parameters that step() gathers. Most call
  /// apply_rule() once.
  virtual void update(const Batch& batch) = 0;
  /// Updates the batch by the kernel if there is one, else by the rule for each parameter. op: the
  /// name of the update in errors and traces. Works in recorded steps too, if what changes from
  /// step to step is a StepValue (step_lr(), step_count(), tinygrad/step_values.h).
  void apply_rule(const char* op, const Batch& batch, const Rule& rule,
                  const StepKernel& kernel = {});
  /// The group's learning rate (float64), and the number of this step (int64, 1 for the first).
  StepValue step_lr(const Batch& batch);
  StepValue step_count(const Batch& batch);
  /// formula(lr, number of this step), a float64: what a rule makes of the two on the host.
  StepValue step_scalar(const Batch& batch,
                        InlineFunction<double(double lr, double step), 32> formula);
  /// The batch's overflow as kernels take it: 0 if the step is always taken.
  static Operand overflow_of(const Batch& batch);
  /// Throws AutogradError if no parameter requires a gradient.
  void check_trained(SourceLocation location) const;

 private:
  friend class tinygrad::GradScaler;
  friend class LRScheduler;
  struct Group {
    std::vector<Slot> slots;
    std::vector<std::string> kinds;
    double lr = 0;
    bool maximize = false, is_recorded = false;
    std::optional<double> initial_lr = {};  ///< when the first schedule began
  };
  /// The option of a group that OneCycleLR changes: momentum or beta1; null if there is none.
  virtual double* momentum(std::size_t) { return nullptr; }
  /// A recorded step, which the device leaves out if `overflow` (shape []) is not 0; then no step
  /// is counted.
  void step_unless(const Tensor& overflow, SourceLocation location);
  static Tensors run_rule(const char* op, const Rule& rule, const Tensors& in, std::size_t n,
                          const Tensor& overflow);
  static void take_over(Slot& slot, Slot& loaded);
  std::vector<Batch> batches(std::size_t group, SourceLocation location);
  void commit(const Batch& batch);
  const char* name_;
  std::vector<Group> groups_;
};

/// An optimizer whose groups have Options: `lr`, the optimizer's `name`, and state_names(), which
/// checks the options and the parameters and names the state of each parameter.
template <class Options> class TINYGRAD_API OptimizerWith : public Optimizer {
 public:
  explicit OptimizerWith(const std::vector<Tensor>& params, const Options& options = {},
                         SourceLocation location = SourceLocation::current())
      : OptimizerWith(std::vector<ParamGroup<Options>>{{params, options}}, location) {}
  template <std::floating_point T>
  OptimizerWith(const std::vector<Tensor>&, T lr) = delete;  // write Adam(params, {.lr = lr})
  explicit OptimizerWith(const std::vector<ParamGroup<Options>>& groups,
                         SourceLocation location = SourceLocation::current())
      : Optimizer(Options::name) {
    require(!groups.empty(), Call{Options::name, location}, "there is no group of parameters");
    for (auto& [params, options] : groups) add_param_group(params, options, location);
  }
  /// Adds parameters to train from now on. Schedules that exist already leave their rate alone.
  void add_param_group(const std::vector<Tensor>& params, const Options& options = {},
                       SourceLocation location = SourceLocation::current()) {
    bool maximize = false;
    if constexpr (requires { options.maximize; }) maximize = options.maximize;
    add_group(params, options.lr, options.state_names(params, {Options::name, location}), location,
              maximize);
    options_.push_back(options);
  }

 protected:
  const Options& options(const Batch& batch) const { return options_[batch.group]; }

 private:
  double* momentum(std::size_t group) override {
    if constexpr (requires { Options::momentum; }) return &options_[group].momentum;
    else if constexpr (requires { Options::beta1; }) return &options_[group].beta1;
    else return nullptr;
  }
  std::vector<Options> options_;
};

}  // namespace tinygrad::optim
