// SPDX-License-Identifier: MIT
// Tests the end of a program while a detached thread goes on computing: nothing may wait for that
// thread, on no device.
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <future>
#include <thread>

#include "support/tested_device.h"
#include "tinygrad/tinygrad.h"

namespace tinygrad {
namespace {

/// Starts a thread that computes for ever, and returns as soon as it has results.
void leave_a_thread(const Device& device) {
  auto& has_results = *new std::promise<void>;
  std::thread([device, &has_results] {
    const Tensor weights = full({128, 128}, 1e-2, {.device = device});
    Tensor x = ones({128, 128}, {.device = device});
    matmul(x, weights).to_vector<float>();
    has_results.set_value();
    for (;;) x = matmul(x, weights);
  }).detach();
  has_results.get_future().wait();
}

/// Runs in a new process. If that does not end, a signal ends it.
void expect_end(void (*end)(const Device&)) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  const Device device = tested_device("cpu");
  EXPECT_EXIT((alarm(60), end(device)), testing::ExitedWithCode(3), "");
}

TEST(Exit, DoesNotWaitForADetachedThread) {
  expect_end([](const Device& device) {
    leave_a_thread(device);
    ones({3}, {.device = device}).sum().item<float>();
    std::exit(3);
  });
}
TEST(Exit, DoesNotWaitForAnIdleMainThreadsOthers) {
  expect_end([](const Device& device) {
    leave_a_thread(device);
    std::thread([&] { ones({3}, {.device = device}).sum().item<float>(); }).join();
    std::exit(3);
  });
}
/// A static object that uses the device is destroyed after main.
TEST(Exit, LetsStaticObjectsCompute) {
  expect_end([](const Device& device) {
    static struct Late {
      Tensor x;
      ~Late() {
        if ((x + 1).sum().item<float>() != 6) _exit(4);
      }
    } late{ones({3}, {.device = device})};
    std::exit(3);
  });
}

}  // namespace
}  // namespace tinygrad
