// SPDX-License-Identifier: MIT
// The rows of whole steps: training, inference, optimizers, random numbers, the loader.
#include <tinygrad/vision/transforms.h>

#include "row.h"

namespace bench {
namespace {

/// A step on fixed data, captured if the device records: SGD with momentum, or Adam.
Work train(const Row& row, const Setting& s) {
  const Task task = task_of(row, s);
  task.net->to(s.device);
  std::shared_ptr<tg::optim::Optimizer> optimizer;
  if (row.word("optimizer") == "adam")
    optimizer = std::make_shared<tg::optim::Adam>(task.net->parameters());
  else
    optimizer = std::make_shared<tg::optim::SGD>(
        task.net->parameters(), tg::optim::SgdOptions{.lr = 0.01, .momentum = 0.9});
  auto step = [=] {
    optimizer->zero_grad();
    Tensor loss;
    {
      const tg::Autocast autocast(s.dtype);
      const Tensor scores = (*task.net)(task.x);
      loss = tg::is_floating(task.y.dtype())
                 ? tg::mse_loss(scores, task.y)
                 : tg::cross_entropy(scores.reshape({-1, scores.size(-1)}), task.y);
    }
    loss.backward();
    optimizer->step();
    return loss;
  };
  auto captured =
      std::make_shared<decltype(tg::capture(step))>(tg::capture(step, {.device = s.device}));
  return Work{[=] { (*captured)(); }};
}

Work infer(const Row& row, const Setting& s) {
  const Task task = task_of(row, s);
  task.net->to(s.device);
  task.net->eval();
  return Work{[=] {
    const tg::NoGrad off;
    const tg::Autocast autocast(s.dtype);
    (void)(*task.net)(task.x);
  }};
}

/// A step over `count` parameters of the row's shape; streams: arrays that it reads and writes.
template <class Optimizer, class Options>
Kind optimizer(const Options& options, double read, double written) {
  return [=](const Row& row, const Setting& s) {
    std::vector<Tensor> all;
    const std::int64_t count = row.number("count", 1);
    for (std::int64_t i = 0; i < count; ++i) {
      all.push_back(tg::rand(row.inputs[0].shape, {.device = s.device}).requires_grad_());
      all.back().set_grad(tg::rand_like(all.back().detach()));
    }
    auto made = std::make_shared<Optimizer>(all, options);
    const double bytes = 4. * double(count * all[0].numel());
    return Work{[=] { made->step(); }, read * bytes, written * bytes};
  };
}

Work randn(const Row& row, const Setting& s) {
  return Work{[=, shape = row.inputs[0].shape] { (void)tg::randn(shape, {.device = s.device}); }};
}

/// An epoch of batches of pictures, each cropped at random out of a border of 4 zeros, mirrored at
/// random, and normalized.
Work loader(const Row& row, const Setting& s) {
  namespace vision = tg::vision;
  const std::int64_t n = row.number("pictures", 4096);
  const Tensor x = tg::randint(0, 256, {n, 3, 32, 32}).to(tg::uint8), y = tg::randint(0, 10, {n});
  const vision::Transform augment =
      vision::compose({vision::random_crop(32, 32, 4), vision::random_horizontal_flip(),
                       vision::to_float(), vision::normalize({0.5, 0.5, 0.5}, {0.25, 0.25, 0.25})});
  const tg::data::MapDataset data(n, [=](std::int64_t i, std::uint64_t seed) {
    return tg::data::Batch{augment(x.select(0, i), seed, std::uint64_t(i)), y.select(0, i)};
  });
  auto made = std::make_shared<tg::data::DataLoader>(
      data, tg::data::DataLoaderOptions{.batch_size = row.number("batch", 128),
                                        .shuffle = true,
                                        .workers = int(row.number("workers", 1)),
                                        .device = s.device});
  return Work{[made] {
    for (const auto& batch : *made) (void)batch.x.numel();
  }};
}

}  // namespace

Kinds step_kinds() {
  return {
      {"train", train},
      {"infer", infer},
      {"sgd", optimizer<tg::optim::SGD>(tg::optim::SgdOptions{.lr = 0.01, .momentum = 0.9}, 3, 2)},
      {"adam", optimizer<tg::optim::Adam>(tg::optim::AdamOptions{}, 4, 3)},
      {"randn", randn},
      {"loader", loader},
  };
}

}  // namespace bench
