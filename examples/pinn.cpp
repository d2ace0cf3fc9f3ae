// SPDX-License-Identifier: MIT
// A physics-informed neural network (Raissi, Perdikaris, Karniadakis 2019): u(x, t) is a network
// whose derivatives fulfil Burgers' equation
//   u_t + u u_x = ν u_xx for -1 < x < 1, 0 < t <= 1,   u(x, 0) = -sin(πx),   u(-1, t) = u(1, t) =
//   0.
// No solution is shown to it: the loss is the mean square by which the three equations are missed
// at random points. The error is that against the solution of Cole and Hopf.
#include <fmt/format.h>
#include <tinygrad/tinygrad.h>
#include <tinygrad/train/train.h>

#include <CLI/CLI.hpp>
#include <cmath>
#include <nlohmann/json.hpp>
#include <numbers>
#include <vector>

#include "common/json_lines.h"
#include "common/program.h"
#include "common/step_observers.h"
#include "pinn_solution.h"

namespace {

namespace tg = tinygrad;
using std::numbers::pi;

struct Options {
  common::Options common = {.program = "pinn"};
  int epochs = 60, steps = 100, points = 512, lbfgs = 0;
  double lr = 5e-3, viscosity = 0.05;
};

bool parse(int argc, char** argv, Options& o) {
  CLI::App app("Solves Burgers' equation with a neural network.", o.common.program);
  const auto add = [&](const char* name, auto& value, auto low, auto high, const char* what) {
    app.add_option(name, value, what)->check(CLI::Range(low, high))->capture_default_str();
  };
  add("--epochs", o.epochs, 0, 100000, "how many epochs");
  add("--steps", o.steps, 1, 1000000, "steps of an epoch, each with new points");
  add("--points", o.points, 4, 10000000, "points inside, and a quarter as many on each border");
  add("--lr", o.lr, 0.0, 1e6, "learning rate of the first step; a cosine takes it to 0");
  add("--viscosity", o.viscosity, 1e-3, 1e3, "ν; below 0.01 the wave is hardly smooth");
  add("--lbfgs", o.lbfgs, 0, 1000000, "iterations of L-BFGS after the epochs");
  common::add_options(app, o.common);
  if (!common::parse(app, o.common, argc, argv)) return false;
  tg::require(std::isfinite(o.lr), "--lr", "takes a finite number");
  return true;
}

/// x and t [N, 1] -> u [N, 1].
struct Net : tg::nn::Module {
  tg::nn::Linear in = add("in", tg::nn::Linear(2, 32));
  tg::nn::Linear hidden1 = add("hidden1", tg::nn::Linear(32, 32));
  tg::nn::Linear hidden2 = add("hidden2", tg::nn::Linear(32, 32));
  tg::nn::Linear out = add("out", tg::nn::Linear(32, 1));

  tg::Tensor operator()(tg::In x, tg::In t) {
    return run(x.location, [&] {
      const tg::Tensor h = tanh(in(tg::cat({*x, *t}, 1)));
      return out(tanh(hidden2(tanh(hidden1(h)))));
    });
  }
};

/// N points [N, 1], uniform between low and high.
tg::Tensor points(std::int64_t n, double low, double high) {
  return tg::rand({n, 1}) * (high - low) + low;
}

/// u_t + u u_x - ν u_xx at N random points: 0 for a solution.
tg::Tensor residual(Net& net, std::int64_t n, double viscosity) {
  const tg::Tensor x = points(n, -1, 1).requires_grad_(), t = points(n, 0, 1).requires_grad_();
  const tg::Tensor u = net(x, t);
  // Row i of u depends on row i of x and t alone, so the gradient of the sum is that of each row.
  const auto first = tg::grad(u.sum(), {x, t}, {.create_graph = true});
  const tg::Tensor u_xx = tg::grad(first[0].sum(), x, {.create_graph = true})[0];
  return first[1] + u * first[0] - viscosity * u_xx;
}

/// The mean square by which the network misses the equation, the initial and the border values.
tg::Tensor loss_of(Net& net, const Options& o) {
  const std::int64_t n = o.points / 4;
  const tg::Tensor x = points(n, -1, 1), t = points(n, 0, 1), one = tg::ones({n, 1});
  return mean(square(residual(net, o.points, o.viscosity))) +
         mean(square(net(x, tg::zeros({n, 1})) + sin(pi * x))) + mean(square(net(one, t))) +
         mean(square(net(-one, t)));
}

class Training {
 public:
  Training(const Options& o, tg::train::Progress& progress)
      : o_(o),
        progress_(progress),
        solution_(o.viscosity),
        adam_(net_.parameters(), {.lr = o.lr}),
        schedule_(adam_, std::max(o.epochs * o.steps, 1)),
        trainer_(net_, adam_,
                 {.epochs = o.epochs,
                  .schedule = &schedule_,
                  .schedule_every = tg::train::ScheduleEvery::step,
                  .checkpoint = o.common.checkpoint,
                  .run = fmt::format("{} --epochs {} --steps {} --points {} --lr {} --viscosity {} "
                                     "--seed {}",
                                     o.common.program, o.epochs, o.steps, o.points, o.lr,
                                     o.viscosity, o.common.seed),
                  .on_step = [this](const tg::train::Trainer&) { observers_.on_step(), draw(); },
                  .on_epoch = [this](const tg::train::EpochReport& r) { report(r); }}) {
    net_.to(tg::default_device());
    if (o.common.resume) common::resume(trainer_, progress_);
  }

  int run() {
    json_.emplace(o_.common, int(trainer_.epoch()) + 1);
    progress_.begin(trainer_.epoch() + 1, o_.epochs, o_.steps);
    common::compare(o_.common, progress_, net_, {},
                    [this](const tg::Tensors&) { return loss_of(net_, o_); });
    // A batch is only a place: each step draws its points.
    const std::vector<int> steps(std::size_t(o_.steps));
    const auto outcome = trainer_.fit(steps, [this](int) { return loss_of(net_, o_); });
    if (outcome == tg::train::Outcome::interrupted)
      return common::stopped(trainer_, o_.common, progress_);
    if (o_.lbfgs > 0) polish();
    show();
    json_->write_final({{"error", solution_.error(net_)}}, o_.common.seed);
    if (!o_.common.save.empty()) tg::save_safetensors(net_.state_dict(), o_.common.save);
    return 0;
  }

 private:
  void draw() {
    common::draw(trainer_, progress_,
                 [](const tg::train::Pass& p) { return fmt::format("loss {:.2e}", p.loss); });
  }
  void report(const tg::train::EpochReport& r) {
    const double error = solution_.error(net_);
    progress_.end(fmt::format("loss {:.2e}   error {:.2e}   {:.0f} steps/s", r.train.loss, error,
                              r.train.samples_per_second));
    json_->write({{"epoch", r.epoch + 1},
                  {"loss", r.train.loss},
                  {"error", error},
                  {"steps_per_second", r.train.samples_per_second}});
    progress_.begin(r.epoch + 2, o_.epochs, o_.steps);
  }
  /// Goes on with L-BFGS, which needs a loss that stays the same: all points are those of one draw.
  void polish() {
    const tg::Generator points = tg::generator();
    tg::optim::LBFGS lbfgs(
        net_.parameters(),
        {.max_iter = o_.lbfgs, .line_search_fn = tg::optim::LineSearch::strong_wolfe});
    lbfgs.step([&] {
      const tg::ThreadStream same(points);
      lbfgs.zero_grad();
      const tg::Tensor loss = loss_of(net_, o_);
      loss.backward();
      return loss;
    });
  }
  /// A table of u(x, 1), of the network and exact.
  void show() {
    const tg::NoGrad off;
    progress_.say("\n    x   u(x, 1)     exact");
    for (double x : {-0.75, -0.5, -0.25, 0., 0.25, 0.5, 0.75})
      progress_.say(fmt::format("{:5.2f}  {:8.4f}  {:8.4f}", x,
                                net_(tg::full({1, 1}, x), tg::ones({1, 1})).item<float>(),
                                burgers::exact(x, 1, o_.viscosity)));
    progress_.say(fmt::format("relative error {:.2e}", solution_.error(net_)));
  }

  const Options& o_;
  tg::train::Progress& progress_;
  burgers::Solution solution_;
  Net net_;
  tg::optim::Adam adam_;
  tg::optim::CosineAnnealingLR schedule_;
  common::StepObservers observers_{o_.common, progress_, net_};
  tg::train::Trainer trainer_;
  std::optional<common::JsonLines> json_;
};

}  // namespace

int main(int argc, char** argv) {
  Options options;
  return common::run(options.common, [&] {
    if (!parse(argc, argv, options)) return 0;
    tg::train::Progress progress(options.common.quiet, "steps");
    tg::manual_seed(options.common.seed);
    tg::train::watch_signals();
    return Training(options, progress).run();
  });
}
