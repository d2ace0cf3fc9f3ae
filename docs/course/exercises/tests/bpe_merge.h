// SPDX-License-Identifier: MIT
// Texts of a few tokens, merged by hand.
inline void grade(Grade& g) {
  const auto check = [&](Text what, const std::vector<int>& ids, const Values& expected) {
    const std::vector<int> merged = bpe_step(ids, 9);
    g.expect(what, Values(merged.begin(), merged.end()), expected);
  };
  check({"1 2 3 1 2 4", "1 2 3 1 2 4"}, {1, 2, 3, 1, 2, 4}, {9, 3, 9, 4});
  check({"a frequent token whose pairs are rare", "词元常见而它的对不常见"},
        {5, 1, 5, 2, 5, 3, 7, 8, 7, 8}, {5, 1, 5, 2, 5, 3, 9, 9});
  check({"pairs at odd places", "位置为奇数的对"}, {3, 7, 8, 7, 8, 4, 7, 8}, {3, 9, 9, 4, 9});
  check({"pairs that overlap", "互相重叠的对"}, {1, 1, 1, 2}, {9, 1, 2});
  check({"pairs that are equally frequent", "次数相同的对"}, {4, 3, 2, 3}, {4, 3, 9});
}
