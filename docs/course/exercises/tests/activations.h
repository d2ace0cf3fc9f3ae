// SPDX-License-Identifier: MIT
// σ is (1 + tanh(x / 2)) / 2 here; the slope must be that of x σ(x) by differences.
inline void grade(Grade& g) {
  const auto silu = [](const Values& v) { return v[0] * (0.5 + 0.5 * std::tanh(v[0] / 2)); };
  Values of, expected, slope, expected_slope;
  for (const double x : {-1000., -3., -0.5, 0., 0.5, 3., 1000.}) {
    of.push_back(sigmoid(x)), expected.push_back(0.5 + 0.5 * std::tanh(x / 2));
    slope.push_back(silu_slope(x)), expected_slope.push_back(slopes(silu, {x})[0]);
  }
  g.expect({"σ of -1000, -3, -0.5, 0, 0.5, 3, 1000", "-1000、-3、-0.5、0、0.5、3、1000 的 σ"}, of,
           expected);
  g.expect(
      {"silu' of -1000, -3, -0.5, 0, 0.5, 3, 1000", "-1000、-3、-0.5、0、0.5、3、1000 的 silu'"},
      slope, expected_slope, 1e-6);
}
