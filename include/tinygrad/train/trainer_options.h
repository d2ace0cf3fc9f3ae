// SPDX-License-Identifier: MIT
// The options of a Trainer, and its reports.
#pragma once
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "tinygrad/amp.h"
#include "tinygrad/optim.h"
#include "tinygrad/train/metrics.h"

namespace tinygrad::train {

/// The result of a pass over a data set.
struct Pass {
  double loss = 0;                   ///< the mean over the samples
  std::vector<double> metrics = {};  ///< the values of TrainerOptions::metrics, in that order
  std::int64_t samples = 0;
  double samples_per_second = 0;  ///< of the samples since the pass was begun or resumed
};
/// The result of an epoch.
struct EpochReport {
  std::int64_t epoch = 0;  ///< from 0
  Pass train;
  std::optional<Pass> validation = {};  ///< empty without a validation
};

class Trainer;
enum class ScheduleEvery { epoch, step };
/// A metric that the function of the loss updates. It must outlive the Trainer.
struct NamedMetric {
  std::string name;
  Metric& metric;
};

struct TrainerOptions {
  std::int64_t epochs = 1;
  /// The dtype of products (Autocast). With float16 a GradScaler scales the loss.
  DType autocast = DType::float32;
  GradScalerOptions scaler = {};
  /// The number of batches whose gradients are averaged for a step of the optimizer. The last step
  /// of an epoch may have fewer; its sum is divided by the same number.
  int accumulate = 1;
  /// The norm to which gradients are clipped (clip_grad_norm_).
  double max_norm = std::numeric_limits<double>::infinity();
  /// Is stepped after each epoch, or after each step of the optimizer. It must outlive the Trainer.
  optim::LRScheduler* schedule = nullptr;
  ScheduleEvery schedule_every = ScheduleEvery::epoch;
  /// Stops after so many epochs in a row that did not lower the lowest loss (of the validation, if
  /// there is one) by more than min_delta; 0: never.
  int patience = 0;
  double min_delta = 0;
  /// They are reset when a pass begins and saved in checkpoints.
  std::vector<NamedMetric> metrics = {};
  /// The folder of checkpoints: one after each epoch, and one when interrupted. Empty: none.
  std::string checkpoint = {};
  /// Describes the settings of the run: resume() refuses a checkpoint with another description.
  std::string run = {};
  SharedFunction<void(const Trainer&)> on_step = {};  ///< after each batch
  /// After training and validation of an epoch, before the schedule and the checkpoint.
  SharedFunction<void(const EpochReport&)> on_epoch = {};

  /// false: loss_of() adds the gradients itself, as distributed::Pipeline::step() does.
  bool backward = true;

  /// What ranks that train together set (distributed/data_parallel.h).
  /// Before each step of the optimizer, when its gradients are complete: step_ready().
  SharedFunction<void()> before_step = {};
  /// Returns whether to stop after this step. All ranks must agree. Not set: whether a signal came
  /// (train/signals.h).
  SharedFunction<bool()> is_interrupted = {};
  bool saves = true;  ///< false: resumes from checkpoints and writes none
};

/// The way in which a call of fit() ended.
enum class Outcome { finished, stopped_early, interrupted };

/// The result of resume().
struct Resumed {
  std::string path;      ///< the file of the checkpoint; empty if there is none
  std::string warnings;  ///< one line for each damaged file that was skipped
};

}  // namespace tinygrad::train
