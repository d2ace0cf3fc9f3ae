// SPDX-License-Identifier: MIT
// y must be the sum over i and j; the gradients those of Σ dy y by differences.
inline void grade(Grade& g) {
  constexpr std::size_t n = 2, s = 9;  // N, and I J = K L
  const Tensor x = sample({n, 3, 3}, 1), w = sample({3, 3, 3, 3}, 2), b = sample({3, 3}, 3);
  const Tensor dy = sample({n, 3, 3}, 4);
  const Values in = x.to_vector<double>(), weight = w.to_vector<double>();
  const Values bias = b.to_vector<double>(), send = dy.to_vector<double>();
  const auto layer = [&](const Values& u, const Values& v) {
    Values y(n * s);
    for (std::size_t i = 0; i < n * s; ++i) {
      y[i] = bias[i % s];
      for (std::size_t k = 0; k < s; ++k) y[i] += u[i / s * s + k] * v[k * s + i % s];
    }
    return y;
  };
  const auto loss = [&](const Values& u, const Values& v) {
    return std::inner_product(send.begin(), send.end(), layer(u, v).begin(), 0.);
  };
  g.expect({"y", "y"}, forward(x, w, b), tensor_of(layer(in, weight), {n, 3, 3}));
  g.expect({"∂L/∂W", "∂L/∂W"}, weight_gradient(x, dy),
           slopes([&](const Values& v) { return loss(in, v); }, w), 1e-8);
  g.expect({"∂L/∂x", "∂L/∂x"}, input_gradient(w, dy),
           slopes([&](const Values& v) { return loss(v, weight); }, x), 1e-8);
}
