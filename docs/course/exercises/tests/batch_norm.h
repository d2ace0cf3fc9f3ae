// SPDX-License-Identifier: MIT
// The gradient must be that of Σ dy y, which is a loop here, by differences.
inline void grade(Grade& g) {
  constexpr std::size_t n = 5, c = 2;
  const Values gamma{1.5, -0.7}, send = sample(n * c, 2);
  const auto loss = [&](const Values& x) {  // Σ dy γ x̂
    double sum = 0;
    for (std::size_t k = 0; k < c; ++k) {
      double mean = 0, square = 0;
      for (std::size_t i = 0; i < n; ++i) mean += x[i * c + k] / n;
      for (std::size_t i = 0; i < n; ++i) square += std::pow(x[i * c + k] - mean, 2) / n;
      for (std::size_t i = 0; i < n; ++i)
        sum += send[i * c + k] * gamma[k] * (x[i * c + k] - mean) / std::sqrt(square + 0.01);
    }
    return sum;
  };
  const Tensor x = sample({n, c}, 1);
  g.expect({"∂L/∂x", "∂L/∂x"}, gradient(x, tensor_of(gamma, {c}), tensor_of(send, {n, c}), 0.01),
           slopes(loss, x), 1e-7);
}
