// SPDX-License-Identifier: MIT
// Saves and resumes the state of a Trainer.
#include <cmath>

#include "tinygrad/ops.h"
#include "tinygrad/train/trainer.h"

namespace tinygrad::train {
namespace {

Tensor scalar(std::int64_t n) { return full({}, n, {.dtype = DType::int64, .device = "cpu"}); }
Tensor scalar(double x) { return full({}, x, {.dtype = DType::float64, .device = "cpu"}); }

Tensor find(const NamedTensors& tensors, const std::string& name) {
  for (auto& [key, tensor] : tensors)
    if (key == name) return tensor;
  return {};
}

}  // namespace

void Trainer::save() const {
  if (!folder_ || !options_.saves) return;
  folder_->save({.model = model_.state_dict(),
                 .optimizer = optimizer_.state_dict(),
                 .schedule = options_.schedule ? options_.schedule->state_dict() : NamedTensors(),
                 .epoch = epoch_,
                 .batch = batch_,
                 .generator = generator(),
                 .loader_seed = seed_,
                 .metadata = {{"run", options_.run}},
                 .extra = sums()});
}

NamedTensors Trainer::sums() const {
  NamedTensors all = {{"samples", scalar(samples_)}, {"bad_epochs", scalar(bad_epochs_)}};
  if (loss_sum_.defined()) all.emplace_back("loss_sum", loss_sum_);
  if (std::isfinite(lowest_)) all.emplace_back("lowest", scalar(lowest_));
  for (auto& [name, tensor] : scaler_.state_dict()) all.emplace_back("scaler." + name, tensor);
  for (auto& [name, metric] : options_.metrics)
    if (metric.state().defined()) all.emplace_back("metric." + name, metric.state());
  return all;
}

void Trainer::load_sums(const NamedTensors& sums) {
  samples_ = find(sums, "samples").item<std::int64_t>();
  bad_epochs_ = find(sums, "bad_epochs").item<std::int64_t>();
  loss_sum_ = find(sums, "loss_sum");
  if (const Tensor lowest = find(sums, "lowest"); lowest.defined()) lowest_ = lowest.item<double>();
  NamedTensors scaler = scaler_.state_dict();
  for (auto& [name, tensor] : scaler) tensor = find(sums, "scaler." + name);
  scaler_.load_state_dict(scaler);
  for (auto& [name, metric] : options_.metrics) metric.load_state(find(sums, "metric." + name));
}

Resumed Trainer::resume(Call call) {
  require(folder_.has_value(), call, "the Trainer has no folder of checkpoints: set .checkpoint");
  LatestCheckpoint latest = folder_->latest({.device = "cpu"}, call.location);
  if (!latest.checkpoint) return {"", latest.warnings};
  const Checkpoint& c = *latest.checkpoint;
  require<IoError>(find(c.extra, "samples").defined(), call, latest.path,
                   " was not made by a Trainer");
  std::string made_by;
  for (auto& [key, value] : c.metadata)
    if (key == "run") made_by = value;
  require(made_by == options_.run, call, latest.path, " was made with ", made_by, "; this run has ",
          options_.run);
  model_.load_state_dict(c.model);
  optimizer_.load_state_dict(c.optimizer);
  if (options_.schedule) options_.schedule->load_state_dict(c.schedule);
  load_sums(c.extra);
  generator() = c.generator;
  epoch_ = c.epoch, batch_ = c.batch, resumed_seed_ = c.loader_seed, is_resumed_ = true;
  return {latest.path, latest.warnings};
}

void Trainer::check_seed(std::uint64_t seed) {
  require(!resumed_seed_ || *resumed_seed_ == seed, {"fit"}, "the loader has the seed ", seed,
          "; the run that is resumed had ", resumed_seed_.value_or(0),
          ": set DataLoaderOptions::seed, or call manual_seed() before the loader is made");
  seed_ = seed;
}

}  // namespace tinygrad::train
