// SPDX-License-Identifier: MIT
// Points in a plane: noise, samplers and guidance of a diffusion model that one can look at.
#pragma once
#include <fmt/format.h>

#include "common/cosine_schedule.h"
#include "labs/diffusion_nets.h"
#include "labs/digits.h"

namespace lab {

/// Points [N, 2] of three arms of a spiral, with noise, and the arms they belong to.
inline tg::data::Dataset spirals(std::int64_t n) {
  const Tensor y = tg::randint(0, 3, {n}), u = tg::rand({n});
  const Tensor angle = y.to(tg::float32) * (2 * M_PI / 3) + 4 * u, radius = 0.2 + 1.8 * u;
  const Tensor x = tg::stack({radius * cos(angle), radius * sin(angle)}, 1);
  return {x + 0.15 * tg::randn({n, 2}), y, {}, {}};
}

/// The distance of two sets of samples: they are seen along random directions, where it is the
/// root mean square of the differences of their sorted values (sliced Wasserstein distance).
inline double distance(const Tensor& a, const Tensor& b) {
  const Tensor u = tg::randn({a.flatten(1).size(1), 64}), unit = u / sqrt(square(u).sum(0, true));
  const auto seen = [&](const Tensor& x) { return msort(matmul(x.flatten(1), unit)); };
  return std::sqrt(square(seen(a) - seen(b)).mean().item<double>());
}

inline std::vector<plot::Series> arms(const tg::data::Dataset& data) {
  std::vector<plot::Series> all(3);
  const auto x = data.x.to_vector<float>();
  const auto y = data.y.to_vector<std::int64_t>();
  for (std::size_t i = 0; i < std::min<std::size_t>(y.size(), 400); ++i) {
    plot::Series& s = all[std::size_t(y[i])];
    s.style = plot::Style::points;
    s.x.push_back(x[2 * i]), s.y.push_back(x[2 * i + 1]);
  }
  return all;
}

/// Draws the points at some timesteps, and measures how well the net tells points and noise apart.
inline void noise_levels(Lab& lab, DenseNet& net, const tg::data::Dataset& data) {
  const tg::NoGrad off;
  const models::DDIMScheduler s(common::cosine_schedule());
  std::vector<Row> rows;
  std::vector<plot::Chart> charts;
  std::vector<double> of_points, of_noise;
  for (const int time : {0, 250, 500, 750, 999}) {
    const Tensor noise = tg::randn_like(data.x), t = full_like(data.y, time);
    const Tensor x = s.add_noise(data.x, noise, t), v = net(x, t, full_like(data.y, 3));
    const double alpha = s.alphas_cumprod[std::size_t(time)];
    const Tensor point = std::sqrt(alpha) * x - std::sqrt(1 - alpha) * v,
                 guess = std::sqrt(alpha) * v + std::sqrt(1 - alpha) * x;
    of_points.push_back(mse_loss(point, data.x).item<double>());
    of_noise.push_back(mse_loss(guess, noise).item<double>());
    rows.push_back({double(time), alpha, of_points.back(), of_noise.back()});
    if (time % 250 == 0)
      charts.push_back({.title = fmt::format("t = {}", time), .series = arms({x, data.y, {}, {}})});
  }
  lab.table("noise", {{"t"}, {"ᾱ", "{:.3f}"}, {"of x0", "{:.3f}", 0.06}, {"of ε", "{:.3f}", 0.06}},
            rows);
  lab.picture("noise", charts);
  lab.claim(
      "the more noise, the less is known of the point, and the more of the noise",
      std::ranges::is_sorted(of_points) && std::ranges::is_sorted(of_noise, std::greater<>()));
}

inline void samplers(Lab& lab, DenseNet& net, const tg::data::Dataset& test) {
  models::DDPMScheduler ddpm(common::cosine_schedule());
  models::DDIMScheduler ddim(common::cosine_schedule());
  const double same = distance(spirals(test.size()).x, test.x);
  std::vector<Row> rows;
  plot::Chart chart{.x = {"steps", "步数"},
                    .y = {"distance to the data", "与数据的距离"},
                    .x_axis = plot::Axis::log,
                    .y_axis = plot::Axis::log,
                    .series = {{"DDPM", {}, {}},
                               {"DDIM", {}, {}},
                               {{"data to data", "数据与数据"}, {}, {}, {}, plot::Style::dashed}}};
  for (const int steps : {5, 10, 20, 50, lab.choose(500, 100)}) {
    const auto of = [&](models::Scheduler& s) {
      return distance(draw(net, s, full_like(test.y, 3), test.x.shape(), 3, steps), test.x);
    };
    const double all[] = {of(ddpm), of(ddim), same};
    rows.push_back({double(steps), all[0], all[1], same});
    for (std::size_t i = 0; i < 3; ++i)
      chart.series[i].x.push_back(steps), chart.series[i].y.push_back(all[i]);
  }
  lab.table(
      "samplers",
      {{"steps"}, {"DDPM", "{:.3f}", 0.08}, {"DDIM", "{:.3f}", 0.06}, {"data", "{:.3f}", 0.03}},
      rows);
  lab.picture("samplers", {chart});
  const auto& y = chart.series;
  lab.claim("in ten steps DDIM comes nearer to the data than DDPM", y[1].y[1] < y[0].y[1]);
  lab.claim("more steps help DDPM", y[0].y.back() < y[0].y.front());
}

inline void guidance(Lab& lab, DenseNet& net, const tg::data::Dataset& data,
                     const tg::data::Dataset& test) {
  models::DDIMScheduler s(common::cosine_schedule());
  std::vector<Row> rows;
  std::vector<plot::Chart> charts;
  std::vector<double> right, spread;
  for (const double w : {0., 1., 2., 4., 8.}) {
    const Tensor x = draw(net, s, test.y, test.x.shape(), 3, 50, w);
    // The arm of the nearest training point.
    const Tensor apart = square(data.x).sum(1) - 2 * matmul(x, data.x.t());
    const Tensor arm = data.y.index_select(0, apart.argmin(1));
    right.push_back(100 * (arm == test.y).to(tg::float32).mean().item<double>());
    double variance = 0;
    for (int c = 0; c < 3; ++c) {
      const Tensor own = x.index_select(0, nonzero(test.y == c).flatten());
      variance += square(own - own.mean(0, true)).sum(1).mean().item<double>() / 3;
    }
    spread.push_back(std::sqrt(variance));
    rows.push_back({w, right.back(), spread.back(), distance(x, test.x)});
    if (w == 0 || w == 1 || w == 4)
      charts.push_back({.title = fmt::format("w = {}", w), .series = arms({x, test.y, {}, {}})});
  }
  lab.table(
      "guidance",
      {{"w"}, {"right arm %", "{:.1f}", 4}, {"spread", "{:.3f}", 0.1}, {"distance", "{:.3f}", 0.1}},
      rows);
  lab.picture("guidance", charts, 3);
  lab.claim("with guidance, samples are what was asked for more often",
            right[0] < 45 && right[0] < right[1] && right[1] < right[3]);
  lab.claim("and they are less varied", spread[3] < spread[1]);
}

/// The three measurements, with one net.
inline void plane(Lab& lab) {
  const tg::data::Dataset data = spirals(4000), test = spirals(lab.choose(4000, 1000));
  DenseNet net(2, lab.choose(128, 64), 3);
  fit(net, models::DDIMScheduler(common::cosine_schedule()), data.x, data.y, 3,
      lab.choose(5000, 600), 3e-3, 256);
  noise_levels(lab, net, test);
  samplers(lab, net, test);
  guidance(lab, net, data, test);
}

}  // namespace lab
