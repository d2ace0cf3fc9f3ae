// SPDX-License-Identifier: MIT
// Lion, an optimizer written outside the library: Chen et al. 2023, "Symbolic discovery of
// optimization algorithms". It keeps one running mean m and moves every element by the same amount:
//
//   w -= lr (sign(beta1 m + (1 - beta1) g) + weight_decay w)
//   m  = beta2 m + (1 - beta2) g
//
// The library has one too, optim::Lion; this one shows how an optimizer is written from outside.
// Only public headers are used. state_dict(), learning-rate schedules, gradient scaling and
// recorded steps (tinygrad/capture.h) come with the base class: the rule is written with ops, and
// the learning rate, which changes from step to step, is a StepValue.
#pragma once
#include <tinygrad/ops.h>
#include <tinygrad/optim.h>
#include <tinygrad/step_values.h>

#include <vector>

struct LionOptions {
  double lr = 1e-4;
  double beta1 = 0.9;
  double beta2 = 0.99;
  double weight_decay = 0;
};

class Lion : public tinygrad::optim::Optimizer {
 public:
  using Tensor = tinygrad::Tensor;
  using SourceLocation = tinygrad::SourceLocation;

  explicit Lion(const std::vector<Tensor>& params, const LionOptions& options = {},
                SourceLocation location = SourceLocation::current())
      : Optimizer("Lion"), options_(options) {
    add_group(params, options.lr, {"exp_avg"}, location);
  }

 private:
  void update(const Batch& batch) override {
    const tinygrad::StepValue lr = step_lr(batch);
    const LionOptions& o = options_;
    apply_rule("lion", batch, [&](const Tensor& w, const Tensor& g, tinygrad::Tensors& state) {
      Tensor& m = state[0];
      const Tensor direction = tinygrad::sign(o.beta1 * m + (1 - o.beta1) * g);
      m = o.beta2 * m + (1 - o.beta2) * g;
      return w - lr * (direction + o.weight_decay * w);
    });
  }

  LionOptions options_;
};
