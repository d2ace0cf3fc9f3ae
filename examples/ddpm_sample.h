// SPDX-License-Identifier: MIT
// Draws pictures with the network of examples/ddpm: from noise, step by step, as a scheduler says.
#pragma once
#include <tinygrad/models/schedulers.h>
#include <tinygrad/random.h>

#include <functional>
#include <memory>

#include "common/cosine_schedule.h"
#include "ddpm_unet.h"

namespace ddpm {

/// The cosine schedule, where no estimate of the picture leaves -1 ... 1.
inline std::unique_ptr<tg::models::Scheduler> make_scheduler(bool ddpm, int steps) {
  tg::models::SchedulerOptions options = common::cosine_schedule();
  options.clip_sample = options.use_clipped_model_output = true;
  auto scheduler = tg::models::make_scheduler(ddpm ? "DDPMScheduler" : "DDIMScheduler", options);
  scheduler->set_timesteps(steps);
  return scheduler;
}

/// The pictures to draw: labels int64 [N], and outlines [N, 1, H, W] or {}.
struct Request {
  tg::Tensor labels, outlines = {};
};

/// Classifier-free guidance (Ho and Salimans 2022): v(none) + w (v(class) - v(none)), where both
/// are computed in one batch.
inline tg::Tensor guided(UNet& net, const tg::Tensor& x, const tg::Tensor& t, const Request& r,
                         double w) {
  if (w == 1) return net(x, t, r.labels, r.outlines);
  const tg::Tensor none = full_like(r.labels, net.sizes.classes);
  const auto twice = [](const tg::Tensor& y) { return y.defined() ? tg::cat({y, y}) : y; };
  const auto v =
      tg::chunk(net(twice(x), twice(t), tg::cat({r.labels, none}), twice(r.outlines)), 2);
  return v[1] + w * (v[0] - v[1]);
}

/// Pictures [N, colors, H, W] in -1 ... 1. show(i, x): the sample before step i, and at the end.
inline tg::Tensor draw(UNet& net, tg::models::Scheduler& scheduler, const Request& r, double w,
                       std::int64_t side,
                       const std::function<void(std::size_t, const tg::Tensor&)>& show = {}) {
  const tg::NoGrad off;
  net.eval();
  tg::Tensor x = tg::randn({r.labels.size(0), net.sizes.colors, side, side});
  scheduler.set_timesteps(std::int64_t(scheduler.timesteps().size()));
  std::size_t i = 0;
  for (const double t : scheduler.timesteps()) {
    if (show) show(i++, x);
    x = scheduler.step(guided(net, x, full_like(r.labels, std::int64_t(t)), r, w), t, x);
  }
  if (show) show(i, x);
  return x;
}

}  // namespace ddpm
