// SPDX-License-Identifier: MIT
// Values and slopes must be those of the same functions in double, by differences.
/// The slope of f(x) by dual numbers, and by differences of the same function in double.
inline void expect_slope(Grade& g, Text what, Dual given, double (*f)(double)) {
  g.expect(what, Values{given.value, given.slope},
           Values{f(0.7), slopes([f](const Values& v) { return f(v[0]); }, {0.7})[0]}, 1e-8);
}
inline void grade(Grade& g) {
  const Dual x{0.7, 1}, three{3, 0};
  expect_slope(g, {"{value, slope} of x (x + 3)", "x (x + 3) 的 {值, 斜率}"}, x * (x + three),
               [](double v) { return v * (v + 3); });
  expect_slope(g, {"{value, slope} of x / (x x + 3)", "x / (x x + 3) 的 {值, 斜率}"},
               x / (x * x + three), [](double v) { return v / (v * v + 3); });
  expect_slope(g, {"{value, slope} of sin(3 x) / x", "sin(3 x) / x 的 {值, 斜率}"},
               sin(three * x) / x, [](double v) { return std::sin(3 * v) / v; });
}
