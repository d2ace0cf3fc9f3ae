// SPDX-License-Identifier: MIT
// Trainer: the loop that steps an optimizer by the gradients of a loss, with validation, metrics,
// early stopping, mixed precision and checkpoints from which a run goes on with the same bits.
//
//   train::Accuracy accuracy;
//   train::Trainer trainer(net, sgd, {.epochs = 10, .metrics = {{"accuracy", accuracy}}});
//   const auto loss = [&](const data::Batch& batch) {
//     const Tensor scores = net(batch.x);
//     accuracy.update(scores, batch.y);
//     return cross_entropy(scores, batch.y);
//   };
//   trainer.fit(loader, loss, [&] { return trainer.evaluate(test_loader, loss); });
//
// A loader is any range of batches of any type. If it has set_epoch(), skip() and seed() as
// data::DataLoader does, these are used; another one must yield the same batches in each epoch.
#pragma once
#include <chrono>
#include <cstdint>
#include <limits>
#include <optional>
#include <utility>

#include "tinygrad/autograd.h"
#include "tinygrad/io/checkpoint.h"
#include "tinygrad/nn/module.h"
#include "tinygrad/train/trainer_options.h"

namespace tinygrad::train {

/// The number of samples of a batch: the first size of a tensor, of a member x, or of the first
/// element of a tuple; 1 for any other type.
template <class Batch> std::int64_t batch_size(const Batch& batch) {
  if constexpr (requires { batch.size(0); }) return batch.dim() ? batch.size(0) : 1;
  else if constexpr (requires { batch.x; }) return batch_size(batch.x);
  else if constexpr (requires { std::get<0>(batch); }) return batch_size(std::get<0>(batch));
  else return 1;
}

/// Trains a module. SIGINT and SIGTERM end fit() after the next step of the optimizer if
/// watch_signals() was called (train/signals.h). The random generator of the calling thread belongs
/// to the run: checkpoints hold it.
class TINYGRAD_API Trainer {
 public:
  /// model and optimizer must outlive the Trainer. Throws ArgumentError if an option is out of
  /// range, and IoError if the folder of checkpoints cannot be made.
  Trainer(nn::Module& model, optim::Optimizer& optimizer, TrainerOptions options = {},
          SourceLocation location = SourceLocation::current());
  Trainer(const Trainer&) = delete;

  /// Loads the newest intact checkpoint, if there is one: the next fit() goes on from there. Throws
  /// ArgumentError if it was made by a run with another description, and IoError if it was not made
  /// by a Trainer; call names the caller in these messages.
  Resumed resume(Call call = {"resume", SourceLocation::current()});

  /// Trains up to epoch `epochs`. loss_of(batch) returns the mean loss of a batch, a single
  /// element; validate() returns how the validation went, usually by evaluate(). Throws
  /// ArgumentError if the run was resumed with a loader of another seed, and what these throw.
  template <class Loader, class LossOf>
  Outcome fit(Loader&& loader, LossOf&& loss_of, const SharedFunction<Pass()>& validate = {}) {
    if constexpr (requires { loader.seed(); }) check_seed(loader.seed());
    while (begin_epoch()) {
      std::int64_t done = batch_;
      if constexpr (requires { loader.set_epoch(epoch_); }) loader.set_epoch(epoch_);
      if constexpr (requires { loader.skip(done); }) loader.skip(std::exchange(done, 0));
      for (auto&& batch : loader) {
        if (done-- > 0) continue;
        if (pending_ == 0) optimizer_.zero_grad();
        learn(loss_in_precision(loss_of, batch), batch_size(batch));
        if (is_interrupted()) return Outcome::interrupted;
      }
      step();
      if (is_interrupted()) return Outcome::interrupted;
      end_epoch(validate);
    }
    return is_patient() ? Outcome::finished : Outcome::stopped_early;
  }

  /// Runs a pass without training, in evaluation mode and unrecorded. The metrics keep its sums.
  /// Throws ArgumentError in the middle of an epoch, whose sums would be lost.
  template <class Loader, class LossOf> Pass evaluate(Loader&& loader, LossOf&& loss_of) {
    const NoGrad off;
    const bool was_training = model_.training();
    begin_evaluation();
    for (auto&& batch : loader) add(loss_in_precision(loss_of, batch), batch_size(batch));
    model_.train(was_training);
    return pass();
  }

  std::int64_t epoch() const { return epoch_; }  ///< that is being trained, from 0
  std::int64_t batch() const { return batch_; }  ///< the number of its batches that are done
  /// Returns how this pass went so far. Waits for the device.
  Pass pass() const;
  const GradScaler& scaler() const { return scaler_; }  ///< used if autocast is float16

 private:
  template <class LossOf, class Batch> Tensor loss_in_precision(LossOf& loss_of, Batch& batch) {
    const Autocast autocast(options_.autocast);
    return loss_of(batch);
  }
  void check_seed(std::uint64_t seed);
  bool begin_epoch();
  void begin_pass();
  void begin_evaluation();
  void learn(const Tensor& loss, std::int64_t samples);
  void add(const Tensor& loss, std::int64_t samples);
  void step();
  bool is_interrupted() const;
  void end_epoch(const SharedFunction<Pass()>& validate);
  void compare(double loss);
  bool is_patient() const;
  void save() const;
  NamedTensors sums() const;
  void load_sums(const NamedTensors& sums);

  nn::Module& model_;
  optim::Optimizer& optimizer_;
  TrainerOptions options_;
  GradScaler scaler_;
  std::optional<CheckpointFolder> folder_;
  std::optional<std::uint64_t> resumed_seed_ = {};  ///< of the loader
  std::uint64_t seed_ = 0;
  std::int64_t epoch_ = 0, batch_ = 0, samples_ = 0, bad_epochs_ = 0;
  int pending_ = 0;  ///< batches whose gradients wait for a step
  bool is_resumed_ = false;
  Tensor loss_sum_;  ///< Σ loss · samples, on the device of the loss; undefined before the first
  double lowest_ = std::numeric_limits<double>::infinity();
  std::int64_t samples_before_ = 0;  ///< those of this pass that an earlier run did
  std::chrono::steady_clock::time_point begun_;
};

}  // namespace tinygrad::train
