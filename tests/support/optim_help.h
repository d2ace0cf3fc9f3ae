// SPDX-License-Identifier: MIT
// Defines the problem of the optimizers' trajectories, as in golden/make_optim.py.
#pragma once
#include <cstdlib>
#include <fstream>
#include <sstream>

#include "support/nn_help.h"
#include "tinygrad/optim.h"

namespace tinygrad {

/// Parameters a [2, 3] and b [4], or, with columns, [4, 1]; loss = Σ c (w - t)² / 2.
struct Problem {
  std::vector<Tensor> w, c, t;
  explicit Problem(DType dtype = float64, const Device& device = default_device(),
                   bool columns = false) {
    auto fill = [&](std::vector<Tensor>& list, auto f) {
      std::vector<double> a, b;
      for (int i = 0; i < 10; ++i) (i < 6 ? a : b).push_back(f(i));
      list = {from_vector(a, {2, 3}).to(dtype).to(device),
              from_vector(b, columns ? Shape{4, 1} : Shape{4}).to(dtype).to(device)};
    };
    fill(w, [](int i) { return (i - 4) / 4.; });
    fill(c, [](int i) { return (i % 3 + 1) / 2.; });
    fill(t, [](int i) { return (i % 5) / 4.; });
    for (Tensor& p : w) p.requires_grad_();
  }
  void backward() const {
    const Tensor loss = (sum(c[0] * square(w[0] - t[0])) + sum(c[1] * square(w[1] - t[1]))) / 2;
    loss.backward();
  }
  void step(optim::Optimizer& optimizer) const {
    optimizer.zero_grad();
    backward();
    optimizer.step();
  }
  /// The ten values.
  std::vector<double> values() const {
    std::vector<double> all = w[0].to_vector<double>();
    for (double x : w[1].to_vector<double>()) all.push_back(x);
    return all;
  }
};

/// golden/optim/<name>.txt: a line of ten values for each step.
inline std::vector<std::vector<double>> golden_trajectory(const std::string& name) {
  std::ifstream file(TINYGRAD_SOURCE_DIR "/tests/golden/optim/" + name + ".txt");
  std::vector<std::vector<double>> steps;
  for (std::string line; std::getline(file, line);) {
    std::istringstream numbers(line);
    steps.emplace_back();
    for (double x = 0; numbers >> x;) steps.back().push_back(x);
  }
  return steps;
}

}  // namespace tinygrad
