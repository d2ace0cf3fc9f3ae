// SPDX-License-Identifier: MIT
// The probabilities are loops here.
inline void grade(Grade& g) {
  constexpr std::size_t m = 3, n = 4, c = 3;
  const Tensor scores = 4 * sample({m, n, c}, 5);
  const Values s = scores.to_vector<double>();
  Values p(n * c), best(n);
  for (std::size_t i = 0; i < m * n; ++i) {
    double sum = 0;
    for (std::size_t k = 0; k < c; ++k) sum += std::exp(s[i * c + k]);
    for (std::size_t k = 0; k < c; ++k) p[i % n * c + k] += std::exp(s[i * c + k]) / sum / m;
  }
  for (std::size_t i = 0; i < n; ++i)
    best[i] = double(std::max_element(&p[i * c], &p[i * c] + c) - &p[i * c]);
  g.expect({"the probabilities", "概率"}, ensemble(scores), tensor_of(p, {n, c}));
  g.expect({"the answers", "答案"}, answers(scores), best);
}
