// Optimizers and learning-rate schedules, with PyTorch's formulas and defaults.
#pragma once
#include <string>
#include <vector>

#include "tinygrad/tensor.h"

namespace tinygrad {
struct StepValue;
struct Operand;
class GradScaler;
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
/// twice, and numbers out of range, and AutogradError for a parameter that was computed.
class TINYGRAD_API Optimizer {
 public:
  Optimizer(const Optimizer&) = delete;
  virtual ~Optimizer() = default;

  /// Forgets the gradients.
  void zero_grad();
  /// One step; parameters without a gradient are left alone.
  void step(SourceLocation location = SourceLocation::current());

  std::size_t groups() const { return groups_.size(); }
  /// The parameters of all groups, in order.
  std::vector<Tensor> parameters() const;
  /// Throws IndexError for a group that is not there.
  double lr(std::size_t group = 0) const;
  /// Of all groups, or of one. Throws ArgumentError unless it is finite and not negative.
  void set_lr(double lr);
  void set_lr(std::size_t group, double lr);

  /// What a resumed run needs to go on with the same bits: for parameter i (counted through all
  /// groups) "i.step" (int64 []) and what the optimizer keeps, such as "i.exp_avg"; for group g
  /// "group.g.lr" (float64 []). They share memory with the optimizer.
  NamedTensors state_dict() const;
  /// Copies a state in. Throws ArgumentError that lists all that is wrong, and nothing has been
  /// loaded.
  void load_state_dict(const NamedTensors& state,
                       SourceLocation location = SourceLocation::current());

 protected:
  /// A parameter and what is kept for it: none before its first step.
  struct Slot {
    Tensor param;
    Tensors state;
    std::int64_t step = 0;
  };
  struct Group {
    std::vector<Slot> slots;
    std::vector<std::string> kinds;  ///< of state: "exp_avg", ...
    double lr = 0;
  };
  /// What is updated by one call: parameters that have a gradient, and the same dtype, device and
  /// number of steps.
  struct Batch {
    std::size_t group;
    std::int64_t step;  ///< 1 for the first. In a step that is recorded (capture.h): of the record
    Tensors params, grads;
    Tensors state;  ///< all of the first kind, all of the second, ...; zeros before the first step
    SourceLocation location;
    std::vector<Slot*> slots;
    Tensor overflow = {};  ///< [], see step_unless; undefined: the step is taken
  };
  explicit Optimizer(const char* name) : name_(name) {}
  /// The group's rate, and the number of this step (1 for the first), as kernels take them.
  StepValue changing_lr(const Batch& batch);
  StepValue changing_step(const Batch& batch);
  /// The batch's overflow, as kernels take it.
  static Operand overflow_of(const Batch& batch);
  void add_group(const std::vector<Tensor>& params, double lr, std::vector<std::string> kinds,
                 SourceLocation location);
  virtual void update(const Batch& batch) = 0;

 private:
  friend class tinygrad::GradScaler;
  /// A step that is recorded and that the device leaves out where `overflow` (shape []) is not 0;
  /// nothing is counted then.
  void step_unless(const Tensor& overflow, SourceLocation location);
  static void take_over(Slot& slot, Slot& loaded);
  std::vector<Batch> batches(std::size_t group, SourceLocation location);
  void commit(const Batch& batch);
  const char* name_;
  std::vector<Group> groups_;
};

struct SgdOptions {
  double lr = 1e-3;
  double momentum = 0;
  double dampening = 0;
  double weight_decay = 0;
  bool nesterov = false;
};
/// g += weight_decay w;  m = momentum m + (1 - dampening) g (at first m = g);  w -= lr m, or with
/// nesterov lr (g + momentum m).
class TINYGRAD_API SGD : public Optimizer {
 public:
  explicit SGD(const std::vector<Tensor>& params, const SgdOptions& options = {},
               SourceLocation location = SourceLocation::current());
  explicit SGD(const std::vector<ParamGroup<SgdOptions>>& groups,
               SourceLocation location = SourceLocation::current());

 private:
  void update(const Batch& batch) override;
  std::vector<SgdOptions> options_;
};

struct AdamOptions {
  double lr = 1e-3;
  double beta1 = 0.9;
  double beta2 = 0.999;
  double eps = 1e-8;
  double weight_decay = 0;
};
/// Kingma and Ba 2014. m and v are running means of g and g²; w -= lr m̂ / (sqrt(v̂) + eps), hats for
/// the correction of the start. weight_decay w is added to g.
class TINYGRAD_API Adam : public Optimizer {
 public:
  explicit Adam(const std::vector<Tensor>& params, const AdamOptions& options = {},
                SourceLocation location = SourceLocation::current());
  explicit Adam(const std::vector<ParamGroup<AdamOptions>>& groups,
                SourceLocation location = SourceLocation::current());

 protected:
  Adam(const char* name, bool decoupled) : Optimizer(name), decoupled_(decoupled) {}
  void add(const std::vector<Tensor>& params, const AdamOptions& options, SourceLocation location);

 private:
  void update(const Batch& batch) override;
  std::vector<AdamOptions> options_;
  bool decoupled_;
};

struct AdamWOptions {
  double lr = 1e-3;
  double beta1 = 0.9;
  double beta2 = 0.999;
  double eps = 1e-8;
  double weight_decay = 1e-2;
};
/// Loshchilov and Hutter 2017: Adam whose weight decay shrinks w itself, by lr weight_decay w.
class TINYGRAD_API AdamW : public Adam {
 public:
  explicit AdamW(const std::vector<Tensor>& params, const AdamWOptions& options = {},
                 SourceLocation location = SourceLocation::current());
  explicit AdamW(const std::vector<ParamGroup<AdamWOptions>>& groups,
                 SourceLocation location = SourceLocation::current());
};

/// Sets the learning rates of an optimizer, which must outlive it, from how often step() was
/// called: usually once an epoch.
class TINYGRAD_API LRScheduler {
 public:
  LRScheduler(const LRScheduler&) = delete;
  virtual ~LRScheduler() = default;
  /// Counts one and sets the rates of all groups.
  void step();
  std::int64_t count() const { return count_; }
  /// "count" (int64 []) and "base_lr.g" (float64 []). The rates of now are in the optimizer's
  /// state.
  NamedTensors state_dict() const;
  /// Throws ArgumentError that lists all that is wrong, and nothing has been loaded.
  void load_state_dict(const NamedTensors& state,
                       SourceLocation location = SourceLocation::current());

 protected:
  explicit LRScheduler(Optimizer& optimizer);
  /// The rate after `count` steps of a group that began with `base`.
  virtual double rate(double base, std::int64_t count) const = 0;

 private:
  Optimizer& optimizer_;
  std::vector<double> base_;
  std::int64_t count_ = 0;
};

/// Multiplies the rate by gamma every step_size steps.
class TINYGRAD_API StepLR : public LRScheduler {
 public:
  StepLR(Optimizer& optimizer, std::int64_t step_size, double gamma = 0.1,
         SourceLocation location = SourceLocation::current());

 private:
  double rate(double base, std::int64_t count) const override;
  std::int64_t step_size_;
  double gamma_;
};

/// Half a cosine from the first rate down to eta_min at step t_max. Loshchilov and Hutter 2016,
/// without restarts.
class TINYGRAD_API CosineAnnealingLR : public LRScheduler {
 public:
  CosineAnnealingLR(Optimizer& optimizer, std::int64_t t_max, double eta_min = 0,
                    SourceLocation location = SourceLocation::current());

 private:
  double rate(double base, std::int64_t count) const override;
  std::int64_t t_max_;
  double eta_min_;
};

/// Scales all gradients by one factor so that their norm, taken together, is at most max_norm.
/// Returns the norm before, as a tensor of shape [] (no wait for the device). Parameters without a
/// gradient are left out.
TINYGRAD_API Tensor clip_grad_norm_(const std::vector<Tensor>& params, double max_norm,
                                    SourceLocation location = SourceLocation::current());

}  // namespace tinygrad::optim
