// SPDX-License-Identifier: MIT
// Answer: (f g)' = f' g + f g',  (f / g)' = (f' g - f g') / g²,  (sin f)' = cos(f) f'.
struct Dual {
  double value, slope;
};
inline Dual operator+(Dual f, Dual g) { return {f.value + g.value, f.slope + g.slope}; }
inline Dual operator*(Dual f, Dual g) {
  return {f.value * g.value, f.slope * g.value + f.value * g.slope};
}
inline Dual operator/(Dual f, Dual g) {
  return {f.value / g.value, (f.slope * g.value - f.value * g.slope) / (g.value * g.value)};
}
inline Dual sin(Dual f) { return {std::sin(f.value), std::cos(f.value) * f.slope}; }
