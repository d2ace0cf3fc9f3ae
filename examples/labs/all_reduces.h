// SPDX-License-Identifier: MIT
// Three ways to sum a tensor over all ranks with send() and recv(): by a star, a tree and a ring;
// and what the busiest rank sends in each.
#pragma once
#include <tinygrad/distributed/distributed.h>
#include <tinygrad/tinygrad.h>

#include "labs/lab.h"

namespace lab {

namespace tg = tinygrad;
namespace td = tinygrad::distributed;
using tg::Tensor;

/// The ends of a rank's links, which count what it sends.
struct Mail {
  const td::Group& group;
  double messages = 0, bytes = 0;
  void send(const Tensor& x, int to) {
    td::send(x, to, group);
    ++messages, bytes += double(x.numel()) * double(tg::size_of(x.dtype()));
  }
  Tensor recv(const Tensor& like, int from) {
    return td::recv(like.shape(), like.dtype(), from, group);
  }
};

/// Rank 0 collects and sums, and sends the sum to each.
inline Tensor star(Tensor x, Mail& mail) {
  const int n = mail.group.size();
  if (mail.group.rank() > 0) {
    mail.send(x, 0);
    return mail.recv(x, 0);
  }
  for (int from = 1; from < n; ++from) x = x + mail.recv(x, from);
  for (int to = 1; to < n; ++to) mail.send(x, to);
  return x;
}

/// Pairs, then pairs of pairs, ...; the sum goes back the same way. n must be a power of two.
inline Tensor tree(Tensor x, Mail& mail) {
  const int n = mail.group.size(), rank = mail.group.rank();
  int step = 1;
  for (; step < n && rank % (2 * step) == 0; step *= 2) x = x + mail.recv(x, rank + step);
  if (rank > 0) {
    mail.send(x, rank - step);
    x = mail.recv(x, rank - step);
  }
  while ((step /= 2) > 0) mail.send(x, rank + step);
  return x;
}

/// Block i goes round, and collects its sum; then the sum goes round.
inline Tensor ring(Tensor x, Mail& mail) {
  const int n = mail.group.size(), rank = mail.group.rank();
  tg::Tensors blocks = chunk(x, n, 0);
  const auto block = [&](int i) -> Tensor& { return blocks[std::size_t((i + 2 * n) % n)]; };
  for (int step = 0; step < 2 * (n - 1); ++step) {
    mail.send(block(rank - step), (rank + 1) % n);
    Tensor& own = block(rank - step - 1);
    const Tensor came = mail.recv(own, (rank + n - 1) % n);
    own = step < n - 1 ? own + came : came;
  }
  return tg::cat(blocks);
}

/// A way; by formulas, the messages of the busiest rank and its bytes as a multiple of the
/// tensor's; and how often messages one after another are as many: up and down, or once.
struct AllReduce {
  const char* name;
  Tensor (*run)(Tensor x, Mail& mail);
  double (*messages)(double n);
  double (*share)(double n);
  double times;
  /// With a latency and a rate of links in seconds and bytes per second.
  double seconds(double n, double bytes, double latency, double rate) const {
    return times * messages(n) * latency + times * share(n) * bytes / rate;
  }
};
inline const AllReduce all_reduces[] = {
    {"star", star, [](double n) { return n - 1; }, [](double n) { return n - 1; }, 2},
    {"tree", tree, [](double n) { return std::log2(n); }, [](double n) { return std::log2(n); }, 2},
    {"ring", ring, [](double n) { return 2 * (n - 1); }, [](double n) { return 2 * (n - 1) / n; },
     1}};

/// Runs each way on n threads, and counts.
inline void count_messages(Lab& lab) {
  std::vector<Row> rows;
  bool right = true, as_predicted = true;
  constexpr std::int64_t size = 1 << 14;
  for (const int n : {2, 4, 8})
    for (const AllReduce& way : all_reduces) {
      std::vector<std::pair<double, double>> sent(static_cast<std::size_t>(n));
      td::run_threads(n, [&](const td::Group& g) {
        const Tensor x = tg::arange(size).to(tg::float32) * (g.rank() + 1.);
        Mail mail{g};
        const bool is_sum = equal(way.run(x, mail), td::all_reduce(x, td::Reduce::sum, g));
        sent[std::size_t(g.rank())] = {is_sum ? mail.messages : HUGE_VAL, mail.bytes};
      });
      double messages = 0, bytes = 0;
      for (auto& [m, b] : sent) messages = std::max(messages, m), bytes = std::max(bytes, b);
      const double share = bytes / (4. * double(size));
      right = right && std::isfinite(messages);
      as_predicted = as_predicted && messages == way.messages(n) && share == way.share(n);
      rows.push_back({double(n), way.name, messages, bytes, share});
    }
  lab.table("all_reduce",
            {{"ranks"}, {"way"}, {"messages"}, {"bytes"}, {"bytes / tensor", "{:.2f}"}}, rows);
  lab.claim("star, tree and ring give the sum on all ranks", right);
  lab.claim("of a tensor the ring sends 2 (n - 1) / n, the tree log2 n, the star n - 1",
            as_predicted);
}

/// Writes the time that 64 ranks would need, by the formula, with a latency of 5 us and 18 GB/s.
inline void times(Lab& lab) {
  std::vector<Row> rows;
  plot::Chart chart{.title = {"Sum over 64 ranks", "对 64 个进程求和"},
                    .x = {"bytes of the tensor", "张量的字节数"},
                    .y = {"time, ms", "时间，毫秒"},
                    .x_axis = plot::Axis::log,
                    .y_axis = plot::Axis::log};
  for (const AllReduce& way : all_reduces) chart.series.push_back({way.name});
  for (double bytes = 1e3; bytes < 2e9; bytes *= 10) {
    double ms[3];
    for (std::size_t i = 0; i < 3; ++i) {
      ms[i] = 1e3 * all_reduces[i].seconds(64, bytes, 5e-6, 18e9);
      chart.series[i].x.push_back(bytes), chart.series[i].y.push_back(ms[i]);
    }
    rows.push_back({bytes, ms[0], ms[1], ms[2]});
  }
  const char* ms = "{:.2f}";
  lab.table("times", {{"bytes", "{:.0f}"}, {"star (ms)", ms}, {"tree (ms)", ms}, {"ring (ms)", ms}},
            rows);
  lab.picture("times", {chart});
  const auto at = [&](std::size_t row, std::size_t i) { return chart.series[i].y[row]; };
  lab.claim("the tree is the fastest way for small tensors, the ring for large ones",
            at(0, 1) < std::min(at(0, 0), at(0, 2)) && at(6, 2) < std::min(at(6, 0), at(6, 1)));
}

}  // namespace lab
