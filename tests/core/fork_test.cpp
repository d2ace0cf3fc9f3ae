// SPDX-License-Identifier: MIT
// Tests forked processes: of the threads only the one that forked exists there, so that nothing may
// wait for another: not the thread pool, no mutex, no driver.
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <functional>
#include <thread>

#include "support/message_of.h"
#include "support/tested_device.h"
#include "tinygrad/tinygrad.h"

#if defined(__SANITIZE_ADDRESS__)
constexpr bool has_address_sanitizer = true;
#elif defined(__has_feature)
constexpr bool has_address_sanitizer = __has_feature(address_sanitizer);
#else
constexpr bool has_address_sanitizer = false;
#endif

bool is_child = false;
/// What the parent's other threads own would be reported as lost in a child.
extern "C" int __lsan_is_turned_off() { return is_child; }

namespace tinygrad {
namespace {

/// Returns the status of a child that ends with f's result by exit(), or by a signal if it waits.
int in_child(const std::function<int()>& f) {
  const pid_t child = fork();
  if (child == 0) {
    is_child = true;
    alarm(30);
    int code = 99;
    try {
      code = f();
    } catch (const std::exception& e) { std::fprintf(stderr, "%s\n", e.what()); }
    std::exit(code);
  }
  int status = -1;
  EXPECT_EQ(waitpid(child, &status, 0), child);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

/// A product and its gradient, large enough for all threads; 0 if they are right.
int compute(const Device& device = "cpu") {
  Tensor w = ones({256, 256}, {.device = device}).requires_grad_();
  matmul(w, w).sum().backward();
  return w.grad().mean().item<float>() == 512 ? 0 : 1;
}

struct WithThreads {
  int before = num_threads();
  explicit WithThreads(int n) { set_num_threads(n); }
  ~WithThreads() { set_num_threads(before); }
};

TEST(Fork, AChildHasAThreadPoolOfItsOwn) {
  const WithThreads threads(4);
  ASSERT_EQ(compute(), 0);
  EXPECT_EQ(in_child([] { return compute(); }), 0);
  EXPECT_EQ(in_child([] { return 0; }), 0);
  EXPECT_EQ(in_child([] {
              set_num_threads(2);
              return compute() + in_child([] { return compute(); });
            }),
            0);
  EXPECT_EQ(compute(), 0);
}

/// fork() while other threads hold what locks there are, but for one of the C library: a child of
/// glibc 2.36 waits in exit() for ever if another thread was in atexit() then. The library
/// registers functions there when its statics are used for the first time, before the first fork()
/// here.
TEST(Fork, AChildFindsEveryLockFree) {
  if (has_address_sanitizer)  // https://github.com/llvm/llvm-project/pull/75290, in LLVM 18
    GTEST_SKIP() << "AddressSanitizer's own allocator may be locked in a child, for ever";
  const WithThreads threads(3);
  Tensor w = ones({100}).requires_grad_();
  std::atomic<bool> stop = false;
  std::atomic<int> ready = 0;
  std::vector<std::thread> others;
  for (int t = 0; t < 3; ++t)
    others.emplace_back([&] {
      const auto work = [&] { (w * 2).sum().backward(), rand({10}), devices(), compute(); };
      work(), ++ready;
      while (!stop) work();
    });
  while (ready < 3) std::this_thread::yield();
  for (int i = 0; i < 50 && !HasFailure(); ++i)
    EXPECT_EQ(in_child([&] {
                (w * 2).sum().backward();
                manual_seed(1), rand({10}), devices();
                return compute();
              }),
              0)
        << i;
  stop = true;
  for (auto& other : others) other.join();
}

TEST(Fork, AChildIsRefusedADriverOfItsParent) {
  const Device device = tested_device("cpu");
  if (device == Device("cpu")) GTEST_SKIP() << "a device of the host needs no driver";
  Tensor x = ones({1000}, {.device = device});
  ASSERT_EQ(compute(device), 0);
  for (int i = 0; i < 20; ++i) x = x + 0;  // perhaps not run yet
  EXPECT_EQ(in_child([&] {
              const std::string refusal =
                  " cannot be used in this process, which was forked from one that uses it";
              for (const std::string& said :
                   {message_of<DeviceError>([&] { x + 1; }),
                    message_of<DeviceError>([&] { x.to_vector<float>(); }),
                    message_of<DeviceError>([&] { ones({3}, {.device = device}); }),
                    message_of<DeviceError>([&] { synchronize(device); })})
                if (said.find(refusal) == std::string::npos) return puts(said.c_str()), 2;
              x = Tensor();  // which its driver would release
              return compute();
            }),
            0);
  EXPECT_EQ(x.sum().item<float>(), 1000);  // and the parent goes on
}

}  // namespace
}  // namespace tinygrad
