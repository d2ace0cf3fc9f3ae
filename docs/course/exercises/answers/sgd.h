// SPDX-License-Identifier: MIT
// Answer: the new m is what w moves by.
inline void step(Values& w, Values& m, const Values& g, double lr, double momentum) {
  for (std::size_t i = 0; i < w.size(); ++i) {
    m[i] = momentum * m[i] + g[i];
    w[i] -= lr * m[i];
  }
}
