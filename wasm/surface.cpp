// SPDX-License-Identifier: MIT
// The page of update orders: gradient descent in two variables, at once, one after another, or with
// gradients that are a step old.
#include "bind.h"

namespace page {

/// f(x, y), elementwise: "quadratic" (x² + 2 c x y + y²) / 2, "valley" (x² + 4 (y - c x²)²) / 2, or
/// "waves" (x² + y²) / 4 + 1 - cos(2 c x) cos(2 y).
Tensor surface(const std::string& name, double c, const Tensor& x, const Tensor& y) {
  if (name == "valley") return (x * x + 4 * square(y - c * x * x)) / 2;
  if (name == "waves") return (x * x + y * y) / 4 + 1 - cos(2 * c * x) * cos(2 * y);
  return (x * x + 2 * c * x * y + y * y) / 2;
}

/// The heights [n, n] for x from -size to size, and y, which goes up, likewise.
val heights(const std::string& name, double c, int n, double size) {
  return guarded([&] {
    const Tensor x = tg::linspace(-size, size, n);
    return to_js(surface(name, c, x, unsqueeze(-x, 1)));
  });
}

/// The points [steps + 1, 2] of gradient descent from (x, y), in float64. order: "at once", "in
/// turn" (y's derivative is taken at the new x), or "late" (both are those of the step before).
val descend(const std::string& name, double c, double x, double y, double lr,
            const std::string& order, int steps) {
  return guarded([&] {
    const auto gradient = [&](double at_x, double at_y) {
      const Tensor a = tg::tensor(at_x, {.dtype = tg::DType::float64}).requires_grad_(),
                   b = tg::tensor(at_y, {.dtype = tg::DType::float64}).requires_grad_();
      const auto g = tg::grad({surface(name, c, a, b)}, {a, b});
      return std::pair(g[0].item<double>(), g[1].item<double>());
    };
    std::vector<float> points{float(x), float(y)};
    std::pair<double, double> old = {0, 0};
    for (int i = 0; i < steps; ++i) {
      auto [dx, dy] = gradient(x, y);
      if (order == "in turn") dy = gradient(x - lr * dx, y).second;
      if (order == "late") std::tie(dx, dy) = std::exchange(old, std::pair(dx, dy));
      x -= lr * dx, y -= lr * dy;
      points.push_back(float(x)), points.push_back(float(y));
    }
    return to_js(tg::from_vector(points));
  });
}

EMSCRIPTEN_BINDINGS(surface) {
  emscripten::function("heights", heights);
  emscripten::function("descend", descend);
}

}  // namespace page
