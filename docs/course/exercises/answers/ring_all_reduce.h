// SPDX-License-Identifier: MIT
// Answer: in step s a rank passes on block rank - s, which came in the step before.
inline Values ring_all_reduce(Values x, int rank, int n,
                              const std::function<void(const Values&)>& send,
                              const std::function<Values()>& recv) {
  const int size = int(x.size()) / n;
  const auto block = [&](int i) { return x.begin() + (i + 2 * n) % n * size; };
  for (int step = 0; step < 2 * (n - 1); ++step) {
    const auto from = block(rank - step);
    send(Values(from, from + size));
    const Values came = recv();
    const auto to = block(rank - step - 1);
    for (int k = 0; k < size; ++k) to[k] = step < n - 1 ? to[k] + came[k] : came[k];
  }
  return x;
}
