// SPDX-License-Identifier: MIT
// Answer: at t = 1 the corrected m is g and the corrected v is g², so that w moves by lr.
struct Adam {
  double lr, beta1, beta2, eps;
};
inline void step(Values& w, Values& m, Values& v, const Values& g, int t, Adam o) {
  for (std::size_t i = 0; i < w.size(); ++i) {
    m[i] = o.beta1 * m[i] + (1 - o.beta1) * g[i];
    v[i] = o.beta2 * v[i] + (1 - o.beta2) * g[i] * g[i];
    const double mean = m[i] / (1 - std::pow(o.beta1, t));
    const double square = v[i] / (1 - std::pow(o.beta2, t));
    w[i] -= o.lr * mean / (std::sqrt(square) + o.eps);
  }
}
