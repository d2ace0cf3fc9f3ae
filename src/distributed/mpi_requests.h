// SPDX-License-Identifier: MIT
// Requests of MPI, and the pauses between two questions whether they are complete.
#pragma once
#include <mpi.h>

#include <algorithm>
#include <thread>
#include <vector>

#include "communicator.h"

namespace tinygrad::distributed {

constexpr std::size_t largest_message = std::size_t(1) << 30;  // MPI counts in int

/// Time between two questions: none at first, since most messages take microseconds.
class Pause {
 public:
  /// Returns whether it slept.
  bool operator()() {
    if (++count_ < 100) return std::this_thread::yield(), false;
    std::this_thread::sleep_for(std::chrono::microseconds(std::min(count_ - 80, 200)));
    return true;
  }

 private:
  int count_ = 0;
};

/// The requests of an operation, with their peers.
struct Requests {
  std::vector<MPI_Request> list;
  std::vector<int> peers;

  /// Begins parts of at most largest_message bytes: begin(address, bytes, request).
  template <class Begin> void add(const Message& m, const Begin& begin) {
    for (std::size_t at = 0; at < m.bytes; at += largest_message) {
      peers.push_back(m.peer);
      begin(static_cast<char*>(m.data) + at, int(std::min(largest_message, m.bytes - at)),
            &list.emplace_back());
    }
  }
  bool done() {
    int all = 0;
    MPI_Testall(int(list.size()), list.data(), &all, MPI_STATUSES_IGNORE);
    return all;
  }
  /// The peers of requests that are not complete, each once.
  std::vector<int> waiting_for() {
    std::vector<int> ranks;
    for (std::size_t i = 0; i < list.size(); ++i) {
      int complete = 0;
      MPI_Test(&list[i], &complete, MPI_STATUS_IGNORE);
      if (!complete && std::count(ranks.begin(), ranks.end(), peers[i]) == 0)
        ranks.push_back(peers[i]);
    }
    std::sort(ranks.begin(), ranks.end());
    return ranks;
  }
};

}  // namespace tinygrad::distributed
