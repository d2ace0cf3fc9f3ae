// SPDX-License-Identifier: MIT
// Pipeline: the layers of a model are divided into stages, one for each rank of a group, and the
// micro-batches of a step pass through them one after another.
//
//   Stage stage(group.rank());  // a Module with the layers of this rank
//   tg::distributed::Pipeline pipeline(stage, {.micro_batches = 8}, group);
//   for (auto [x, y] : loader) {  // the same on all ranks
//     optimizer.zero_grad();      // of the parameters of this stage
//     const double mean = pipeline.step(x, y, criterion);  // criterion(output, y) is the loss
//     optimizer.step();
//   }
#pragma once
#include <vector>

#include "tinygrad/distributed/group.h"
#include "tinygrad/distributed/schedule.h"
#include "tinygrad/nn/module.h"

namespace tinygrad::distributed {

struct PipelineOptions {
  ScheduleKind schedule = ScheduleKind::one_f_one_b;
  int micro_batches = 1;  ///< of a step; fewer than stages leave stages idle, but are allowed
  /// The parameters that the first and the last stage share, such as the weight of an embedding and
  /// an output layer: for each the copy that this stage has; in the same order on both.
  std::vector<Tensor> tied = {};
};
/// The mean loss of a micro-batch, from the last stage's output and the target.
using PipelineLoss = InlineFunction<Tensor(const Tensor& output, const Tensor& target), 64>;

/// Runs the stages of a model. Between stages one floating tensor is passed on, whose shape may
/// differ from step to step, but not among the micro-batches of a step.
class TINYGRAD_API Pipeline {
 public:
  /// `stage` is the module of this rank, which the object refers to. Copies the tied parameters of
  /// the first stage to the last. Throws ArgumentError unless micro_batches is positive. It is an
  /// operation of the group.
  explicit Pipeline(nn::Module& stage, const PipelineOptions& options = {},
                    const Group& group = world(),
                    SourceLocation location = SourceLocation::current());
  /// Adds the gradients of the mean loss of all micro-batches to those of this stage's parameters,
  /// and returns that loss, on all ranks. x [N, ...] is read by the first stage, y [N, ...] by the
  /// last; other ranks may pass an undefined tensor. N must be a multiple of micro_batches. Without
  /// recording (NoGrad) it computes the loss alone. Passes run in the order of with_messages(), and
  /// gradients are summed in ascending order of micro-batches: they have the bits that one process
  /// has which takes the same micro-batches one after another.
  double step(const Tensor& x, const Tensor& y, const PipelineLoss& loss,
              SourceLocation location = SourceLocation::current());
  /// Gives the tied parameters the sum of the gradients of both stages: to be called once before
  /// step() of the optimizer and, if there is a DataParallel, after its step_ready().
  void sum_tied_gradients(SourceLocation location = SourceLocation::current());
  /// The largest number of micro-batches in the last step whose activations this stage kept, from
  /// their forward to their backward pass.
  int peak_activations() const { return peak_; }

 private:
  nn::Module& stage_;
  PipelineOptions options_;
  Group group_, ends_;
  std::vector<Action> actions_;
  int peak_ = 0;
};

}  // namespace tinygrad::distributed
