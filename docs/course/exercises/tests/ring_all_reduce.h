// SPDX-License-Identifier: MIT
// Threads in a ring, which exchange tensors by distributed::send() and recv(); the last elements of
// a result are what each rank has sent.
inline Values run_ring(int n, int size) {
  namespace td = tg::distributed;
  Values all(std::size_t(n * size)), sent(std::size_t(n), 0.);
  const auto rank = [&](const td::Group& ring) {
    const int r = ring.rank();
    const auto send = [&](const Values& values) {
      sent[std::size_t(r)] += double(values.size());
      td::send(tg::tensor(Values{double(values.size())}, {.dtype = tg::float64}), (r + 1) % n,
               ring);
      td::send(tg::tensor(values, {.dtype = tg::float64}), (r + 1) % n, ring);
    };
    const auto recv = [&] {
      const int from = (r + n - 1) % n;
      const auto count = td::recv({1}, tg::float64, from, ring).item<std::int64_t>();
      return td::recv({count}, tg::float64, from, ring).to_vector<double>();
    };
    const Values sum = ring_all_reduce(sample(size, unsigned(r + 1)), r, n, send, recv);
    tg::require(int(sum.size()) == size, "ring_all_reduce", "the result has ", sum.size(),
                " elements, expected ", size);
    std::copy(sum.begin(), sum.end(), all.begin() + r * size);
  };
  td::run_threads(n, rank, {.timeout = std::chrono::seconds(10)});
  all.insert(all.end(), sent.begin(), sent.end());
  return all;
}
inline Values sums(int n, int size) {
  Values sum(std::size_t(size), 0.), all;
  for (int r = 0; r < n; ++r)
    for (int k = 0; k < size; ++k) sum[k] += sample(size, unsigned(r + 1))[k];
  for (int r = 0; r < n; ++r) all.insert(all.end(), sum.begin(), sum.end());
  all.insert(all.end(), std::size_t(n), 2. * (n - 1) / n * size);
  return all;
}

inline void grade(Grade& g) {
  const auto none = [](const Values&) {};
  g.expect({"a ring of one", "一个进程"},
           ring_all_reduce({1, 2}, 0, 1, none, [] { return Values(); }), Values{1, 2});
  g.expect({"2 ranks; at the end what each sent", "2 个进程；末尾是各自发送的元素数"},
           run_ring(2, 6), sums(2, 6));
  g.expect({"3 ranks; at the end what each sent", "3 个进程；末尾是各自发送的元素数"},
           run_ring(3, 6), sums(3, 6));
  g.expect({"5 ranks; at the end what each sent", "5 个进程；末尾是各自发送的元素数"},
           run_ring(5, 10), sums(5, 10));
}
