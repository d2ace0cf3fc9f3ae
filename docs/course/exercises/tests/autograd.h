// SPDX-License-Identifier: MIT
// Values and gradients must be those of the same functions in double, by differences.
inline void grade(Grade& g) {
  const auto expect = [&](Text what, Ref (*build)(Ref, Ref), double (*f)(double, double)) {
    const Ref x = leaf(0.6), y = leaf(-1.3), loss = build(x, y);
    backward(loss);
    const Values slope = slopes([f](const Values& v) { return f(v[0], v[1]); }, {0.6, -1.3});
    g.expect(what, Values{loss->value, x->grad, y->grad}, Values{f(0.6, -1.3), slope[0], slope[1]},
             1e-8);
  };
  expect({"{value, ∂/∂x, ∂/∂y} of x y", "x y 的 {值, ∂/∂x, ∂/∂y}"}, multiply,
         [](double x, double y) { return x * y; });
  expect(
      {"{value, ∂/∂x, ∂/∂y} of x x + y", "x x + y 的 {值, ∂/∂x, ∂/∂y}"},
      [](Ref x, Ref y) { return add(multiply(x, x), y); },
      [](double x, double y) { return x * x + y; });
  expect(
      {"{value, ∂/∂x, ∂/∂y} of h h + h with h = tanh(x + y)",
       "h h + h（h = tanh(x + y)）的 {值, ∂/∂x, ∂/∂y}"},
      [](Ref x, Ref y) { return x = tanh(add(x, y)), add(multiply(x, x), x); },
      [](double x, double y) { return std::tanh(x + y) * (std::tanh(x + y) + 1); });
}
