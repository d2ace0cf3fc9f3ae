// SPDX-License-Identifier: MIT
// In double, x = m 2^exponent with m in [0.5, 1) is rounded to a multiple of 2^(exponent - 8).
inline void grade(Grade& g) {
  const auto value = [](std::uint32_t high) { return double(std::bit_cast<float>(high << 16)); };
  const auto rounded = [](float x) {
    int exponent;
    std::frexp(double(x), &exponent);
    const double unit = std::ldexp(1., std::max(exponent - 8, -133));
    const double y = std::nearbyint(double(x) / unit) * unit;
    return std::fabs(y) < 0x1p128 ? y : std::copysign(INFINITY, y);
  };
  const auto expect = [&](Text what, const std::vector<float>& list) {
    Values given, expected;
    for (const float x : list) given.push_back(value(to_bfloat16(x)));
    for (const float x : list) expected.push_back(std::isfinite(x) ? rounded(x) : double(x));
    g.expect(what, given, expected, 0);
  };
  expect({"1, 1/3, -2.7, 1.003, 1e-40 as bfloat16", "1、1/3、-2.7、1.003、1e-40 的 bfloat16"},
         {1, 1.f / 3, -2.7f, 1.003f, 1e-40f});
  expect({"1 + 1/256 and 1 + 3/256, which lie between two", "恰在两数中间的 1 + 1/256、1 + 3/256"},
         {1 + 1 / 256.f, 1 + 3 / 256.f});
  expect({"3.4e38, -inf, inf", "3.4e38、-inf、inf"}, {3.4e38f, -INFINITY, INFINITY});
  expect({"two NaNs", "两个 NaN"}, {NAN, std::bit_cast<float>(0x7f800001u)});
}
