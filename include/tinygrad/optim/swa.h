// SPDX-License-Identifier: MIT
// Stochastic weight averaging (Izmailov et al. 2018): the mean of the weights along the way, which
// SWALR (optim/lr_scheduler.h) prepares. For running means see nn::update_average.
#pragma once
#include "tinygrad/nn/module.h"

namespace tinygrad::optim {

/// A copy of a network, made as nn::clone makes it, whose parameters are the mean of those that
/// update_parameters() has seen. Buffers are those of the last. Batch norms need statistics of
/// their own: run the training data through `module` in training mode.
template <std::derived_from<nn::Module> M> class AveragedModel {
 public:
  template <class F = M (*)()>
  explicit AveragedModel(
      const M& net, F make = [] { return M(); })
      : module(nn::clone(net, make)) {}
  void update_parameters(const M& net) {
    nn::update_average(module, net, double(count_) / double(count_ + 1));
    ++count_;
  }
  std::int64_t n_averaged() const { return count_; }
  M module;

 private:
  std::int64_t count_ = 0;
};

}  // namespace tinygrad::optim
