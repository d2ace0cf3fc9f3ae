// SPDX-License-Identifier: MIT
// Answer: count each pair, then write the text anew.
inline std::vector<int> bpe_step(const std::vector<int>& ids, int joined) {
  const auto pair_at = [&](std::size_t i) { return std::pair(ids[i], ids[i + 1]); };
  std::pair<int, int> best;
  int most = 0;
  for (std::size_t i = 0; i + 1 < ids.size(); ++i) {
    int count = 0;
    for (std::size_t j = 0; j + 1 < ids.size(); ++j) count += pair_at(j) == pair_at(i);
    if (count > most || (count == most && pair_at(i) < best)) best = pair_at(i), most = count;
  }
  std::vector<int> merged;
  for (std::size_t i = 0; i < ids.size(); ++i) {
    const bool joins = i + 1 < ids.size() && pair_at(i) == best;
    merged.push_back(joins ? joined : ids[i]);
    if (joins) ++i;
  }
  return merged;
}
