// SPDX-License-Identifier: MIT
// Shares batches among ranks, and joins what they computed.
#include "common/ranks.h"

#include <tinygrad/tinygrad.h>

#include <csignal>

namespace common {

namespace tg = tinygrad;
namespace td = tinygrad::distributed;

Ranks::Ranks(Options& o)
    : group_(td::init({.timeout = std::chrono::milliseconds(std::int64_t(1000 * o.timeout))})) {
  o.rank = group_.rank(), o.ranks = group_.size();
  if (o.threads) tg::set_num_threads(o.threads);  // init() divides the machine
  if (o.rank == 0) return;
  o.quiet = true, o.profile = false;
  for (std::string* file : {&o.save, &o.json, &o.tensorboard, &o.compare, &o.trace}) file->clear();
}

int Ranks::share(int batch_size) const {
  tg::require(batch_size % size() == 0, "--batch-size", batch_size, " samples cannot be shared by ",
              size(), " processes; take a multiple of ", size());
  return batch_size / size();
}

tg::data::Sampler Ranks::shuffled(std::int64_t n, bool drop_last) const {
  return tg::data::distributed_sampler(tg::data::random_sampler(n), group_.rank(), size(),
                                       drop_last);
}

tg::data::Sampler Ranks::in_order(std::int64_t n) const {
  std::vector<std::int64_t> positions;
  for (std::int64_t i = group_.rank(); i < n; i += size()) positions.push_back(i);
  return {std::ssize(positions), [positions](std::uint64_t) { return positions; }};
}

bool Ranks::is_interrupted() const {
  const int own = tg::train::interrupted();
  const tg::Tensor signal = tg::full({}, own, {.dtype = tg::int32, .device = "cpu"});
  const int any = td::all_reduce(signal, td::Reduce::max, group_).item<int>();
  if (any && !own) std::raise(any);  // which interrupted() then returns here too
  return any != 0;
}

tg::train::TrainerOptions Ranks::joined(tg::train::TrainerOptions options) {
  if (size() == 1) return options;
  options.before_step = [this] { parallel_->step_ready(); };
  options.is_interrupted = [this] { return is_interrupted(); };
  options.saves = group_.rank() == 0;
  return options;
}

void Ranks::begin(tg::nn::Module& net, const tg::train::Trainer& trainer) {
  if (size() == 1) return;
  const tg::Tensor own = tg::from_vector(
                       std::vector<std::int64_t>{trainer.epoch(), trainer.batch()}, "cpu"),
                   most = td::all_reduce(own, td::Reduce::max, group_),
                   least = td::all_reduce(own, td::Reduce::min, group_);
  tg::require<tg::IoError>((most == least).all().item<bool>(), "--resume",
                           "the processes found different checkpoints; all must see one folder");
  parallel_.emplace(net, td::DataParallelOptions(), group_);
  tg::generator().seed += std::uint64_t(group_.rank()) * 0x9E3779B97F4A7C15;
}

tg::train::Pass Ranks::total(const tg::train::Pass& own) const {
  const double n = double(own.samples);
  std::vector<double> sums = {n, own.samples_per_second, n * own.loss};
  for (const double metric : own.metrics) sums.push_back(n * metric);
  if (size() == 1) return own;
  sums = td::all_reduce(tg::from_vector(sums, "cpu"), td::Reduce::sum, group_).to_vector<double>();
  tg::train::Pass all{
      .loss = sums[2] / sums[0], .samples = std::int64_t(sums[0]), .samples_per_second = sums[1]};
  for (std::size_t i = 3; i < sums.size(); ++i) all.metrics.push_back(sums[i] / sums[0]);
  return all;
}

std::vector<std::int64_t> Ranks::joined(const std::vector<std::int64_t>& own) const {
  if (size() == 1) return own;
  const auto all = td::all_gather(tg::from_vector(own, "cpu"), 0, group_).to_vector<std::int64_t>();
  std::vector<std::int64_t> in_order(all.size());
  for (std::size_t rank = 0, from = 0; rank < std::size_t(size()); ++rank)
    for (std::size_t i = rank; i < all.size(); i += std::size_t(size())) in_order[i] = all[from++];
  return in_order;
}

}  // namespace common
