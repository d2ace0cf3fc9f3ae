// SPDX-License-Identifier: MIT
// Tests the thread pool: every part runs once, exceptions arrive, calls nest, and many callers
// share it.
#include "backends/cpu/threads.h"

#include <gtest/gtest.h>

#include <atomic>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "backends/cpu/parallel.h"
#include "tinygrad/device.h"
#include "tinygrad/error.h"

namespace tinygrad::cpu {
namespace {

/// Runs with that many threads, and sets the number back.
struct WithThreads {
  int before = num_threads();
  explicit WithThreads(int n) { set_num_threads(n); }
  ~WithThreads() { set_num_threads(before); }
};

TEST(Threads, EveryPartRunsOnce) {
  for (int n : {1, 2, 3, 8}) {
    WithThreads threads(n);
    for (std::int64_t parts : {0, 1, 2, 7, 1000}) {
      std::vector<int> ran(std::size_t(parts), 0);
      parallel(parts, [&](std::int64_t i) { ++ran[std::size_t(i)]; });
      for (int r : ran) EXPECT_EQ(r, 1);
    }
  }
}

TEST(Threads, ManySmallJobsInARow) {
  WithThreads threads(3);
  std::atomic<std::int64_t> sum = 0;
  for (int job = 0; job < 20000; ++job)
    parallel(3, [&](std::int64_t i) { sum.fetch_add(i, std::memory_order_relaxed); });
  EXPECT_EQ(sum, 60000);
}

TEST(Threads, TheExceptionOfTheLowestPartArrives) {
  WithThreads threads(4);
  for (int round = 0; round < 200; ++round) try {
      parallel(64, [](std::int64_t i) {
        if (i >= 5) throw std::runtime_error(std::to_string(i));
      });
      FAIL();
    } catch (const std::runtime_error& e) { EXPECT_STREQ(e.what(), "5"); }
  int ran = 0;
  parallel(1, [&](std::int64_t) { ++ran; });  // and the pool goes on
  EXPECT_EQ(ran, 1);
}

TEST(Threads, NestedCallsRunSerially) {
  WithThreads threads(3);
  std::atomic<int> sum = 0;
  parallel(8, [&](std::int64_t) {
    const auto self = std::this_thread::get_id();
    parallel(8, [&](std::int64_t) {
      EXPECT_EQ(std::this_thread::get_id(), self);
      ++sum;
    });
  });
  EXPECT_EQ(sum, 64);
}

TEST(Threads, ManyCallersAtOnce) {
  WithThreads threads(3);
  std::vector<std::thread> callers;
  std::atomic<std::int64_t> sum = 0;
  for (int t = 0; t < 4; ++t)
    callers.emplace_back([&] {
      for (int job = 0; job < 500; ++job) {
        std::vector<std::int64_t> mine(16);
        parallel(16, [&](std::int64_t i) { mine[std::size_t(i)] = i; });
        for (auto m : mine) sum += m;
      }
    });
  for (int i = 0; i < 20; ++i) set_num_threads(1 + i % 4);
  for (auto& c : callers) c.join();
  EXPECT_EQ(sum, 4 * 500 * 120);
}

TEST(Threads, TheNumberIsChecked) {
  EXPECT_THROW(set_num_threads(0), ArgumentError);
  EXPECT_THROW(set_num_threads(257), ArgumentError);
}

}  // namespace
}  // namespace tinygrad::cpu
