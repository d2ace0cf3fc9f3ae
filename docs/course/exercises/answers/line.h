// SPDX-License-Identifier: MIT
// Answer: ∂L/∂a = 2/n Σ e x and ∂L/∂b = 2/n Σ e, where e is the error of a point.
inline Values step(double a, double b, const Values& x, const Values& y, double lr) {
  double da = 0, db = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    const double e = a * x[i] + b - y[i];
    da += 2 * e * x[i], db += 2 * e;
  }
  const double n = double(x.size());
  return {a - lr * da / n, b - lr * db / n};
}
