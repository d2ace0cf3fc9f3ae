// SPDX-License-Identifier: MIT
// A loop decides which elements are kept; the gradient must be that of Σ dy y.
inline void grade(Grade& g) {
  constexpr double p = 0.3;
  const Values draws{0.1, 0.95, 0.3, 0.29, 0.6, 0.0, 0.5, 0.2}, send = sample(8, 2);
  const Tensor x = sample({2, 4}, 1), u = tensor_of(draws, {2, 4}), dy = tensor_of(send, {2, 4});
  const auto kept = [&](const Values& v) {
    Values y(8);
    for (std::size_t i = 0; i < 8; ++i) y[i] = draws[i] < p ? 0 : v[i] / 0.7;
    return y;
  };
  const auto loss = [&](const Values& v) {
    const Values y = kept(v);
    return std::inner_product(y.begin(), y.end(), send.begin(), 0.);
  };
  g.expect({"y in training", "训练时的 y"}, dropout(x, u, p, true),
           tensor_of(kept(x.to_vector<double>()), {2, 4}));
  g.expect({"y outside training", "不训练时的 y"}, dropout(x, u, p, false), x);
  g.expect({"∂L/∂x", "∂L/∂x"}, dropout_gradient(dy, u, p), slopes(loss, x), 1e-8);
}
