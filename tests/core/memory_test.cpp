// SPDX-License-Identifier: MIT
// Tests the CPU's allocator: reuse, statistics, exact blocks, and its behaviour if no memory is
// left.
#include "backends/cpu/memory.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <cstring>
#include <thread>
#include <vector>

#include "tinygrad/error.h"

// Sanitizers end a program that requests too much memory, while malloc returns null; this test does
// so on purpose.
extern "C" const char* __asan_default_options() { return "allocator_may_return_null=1"; }
extern "C" const char* __tsan_default_options() { return "allocator_may_return_null=1"; }

namespace tinygrad::cpu {
namespace {

TEST(Memory, BlocksAreAlignedAndAsLargeAsAsked) {
  Allocator allocator(true);
  for (std::size_t bytes = 0; bytes < 5000; bytes += 37) {
    void* p = allocator.allocate(bytes);
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(p) % 64, 0u);
    std::memset(p, 1, bytes);
    EXPECT_GE(allocator.stats().reserved, bytes);
    allocator.release(p, bytes);
    allocator.empty_cache();
    EXPECT_EQ(allocator.stats().reserved, 0u);
  }
}

TEST(Memory, AReleasedBlockIsUsedAgain) {
  Allocator allocator(true);
  void* p = allocator.allocate(1000);
  allocator.release(p, 1000);
  EXPECT_EQ(allocator.allocate(1010), p);  // of the same size class
  allocator.release(p, 1010);
}

TEST(Memory, StatisticsCountBytesAndBlocks) {
  Allocator allocator(true);
  void* a = allocator.allocate(100);
  void* b = allocator.allocate(300);
  EXPECT_EQ(allocator.stats().in_use, 400u);
  EXPECT_EQ(allocator.stats().live_blocks, 2u);
  allocator.release(a, 100), allocator.release(b, 300);
  EXPECT_EQ(allocator.stats().in_use, 0u);
  EXPECT_EQ(allocator.stats().peak, 400u);
  EXPECT_EQ(allocator.stats().live_blocks, 0u);
  const std::size_t reserved = allocator.stats().reserved;
  EXPECT_GE(reserved, 400u);
  allocator.empty_cache();
  EXPECT_EQ(allocator.stats().reserved, 0u);
  EXPECT_EQ(allocator.stats().peak_reserved, reserved);
}

TEST(Memory, KeepsLittleMoreThanWasInUseAtOnce) {
  Allocator allocator(true);
  constexpr std::size_t mb = 1 << 20;
  for (std::size_t size = 64 * mb; size <= 1024 * mb; size += 64 * mb)  // one at a time
    allocator.release(allocator.allocate(size), size);
  EXPECT_LE(allocator.stats().peak_reserved, (1024 + 1024 / 4 + 64) * mb);
  EXPECT_EQ(allocator.stats().peak, 1024 * mb);
  void* p = allocator.allocate(1024 * mb);  // what is kept is used
  EXPECT_LE(allocator.stats().reserved, (1024 + 1024 / 4 + 64) * mb);
  allocator.release(p, 1024 * mb);
  allocator.empty_cache();
  EXPECT_EQ(allocator.stats().reserved, 0u);
}

TEST(Memory, WithoutThePoolNothingIsKept) {
  Allocator allocator(false);
  void* p = allocator.allocate(1000);
  EXPECT_EQ(allocator.stats().reserved, 1000u);
  allocator.release(p, 1000);
  EXPECT_EQ(allocator.stats().reserved, 0u);
}

TEST(Memory, TooMuchIsAnErrorThatNamesBytes) {
  Allocator allocator(true);
  void* p = allocator.allocate(64);
  for (std::size_t bytes : {std::size_t(1) << 60, SIZE_MAX}) try {
      allocator.allocate(bytes);
      FAIL();
    } catch (const DeviceError& e) {
      EXPECT_NE(std::string(e.what()).find(std::to_string(bytes)), std::string::npos) << e.what();
      EXPECT_NE(std::string(e.what()).find("64 are in use"), std::string::npos) << e.what();
    }
  allocator.release(p, 64);
}

TEST(Memory, ManyThreadsAtOnce) {
  Allocator allocator(true);
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&, t] {
      for (std::size_t i = 1; i < 2000; ++i) {
        auto* p = static_cast<char*>(allocator.allocate(i));
        p[0] = p[i - 1] = char(t);
        EXPECT_EQ(p[0], char(t));
        allocator.release(p, i);
      }
    });
  for (auto& t : threads) t.join();
  EXPECT_EQ(allocator.stats().live_blocks, 0u);
}

}  // namespace
}  // namespace tinygrad::cpu
