// SPDX-License-Identifier: MIT
// Computes the solution of Burgers' equation that examples/pinn.cpp is compared with.
#pragma once
#include <tinygrad/tinygrad.h>

#include <cmath>
#include <numbers>
#include <vector>

namespace burgers {

namespace tg = tinygrad;
using std::numbers::pi;

/// The solution of Cole (1951) and Hopf (1950): with w(y) = exp(-cos(πy) / 2πν),
/// u = -∫ sin(πy) w(y) g(y) dy / ∫ w(y) g(y) dy for the normal density g of mean x and variance
/// 2νt.
inline double exact(double x, double t, double viscosity) {
  double above = 0, below = 0;
  for (int i = -400; i <= 400; ++i) {
    const double z = i * 0.02, y = x - z * std::sqrt(2 * viscosity * t);
    const double w = std::exp(-(std::cos(pi * y) + 1) / (2 * pi * viscosity) - z * z / 2);
    above -= std::sin(pi * y) * w, below += w;
  }
  return above / below;
}

/// A grid of points with the exact solution.
struct Solution {
  tg::Tensor x, t, u;  ///< [N, 1]
  explicit Solution(double viscosity) {
    std::vector<double> xs, ts, us;
    for (int i = 0; i <= 10; ++i)
      for (int k = 0; k <= 40; ++k) {
        xs.push_back(k / 20. - 1), ts.push_back(i / 10.);
        us.push_back(exact(xs.back(), ts.back(), viscosity));
      }
    const auto column = [](const std::vector<double>& values) {
      return tg::reshape(tg::tensor(values), {-1, 1}).to(tg::float32).to(tg::default_device());
    };
    x = column(xs), t = column(ts), u = column(us);
  }
  /// ‖u(net) - u‖ / ‖u‖ of a network u(x, t).
  template <class Net> double error(Net& net) const {
    const tg::NoGrad off;
    return (tg::norm(net(x, t) - u) / tg::norm(u)).template item<double>();
  }
};

}  // namespace burgers
