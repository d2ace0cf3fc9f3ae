// SPDX-License-Identifier: MIT
// Tests the parts of the CUDA backend that are not kernels: memory, copies between host and device,
// errors, and index arithmetic. The device is the emulated one or the one that
// TINYGRAD_TESTED_DEVICE names.
#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <random>
#include <thread>

#include "backends/common/bad_indices.h"
#include "backends/cuda/errors.h"
#include "backends/cuda/memory.h"
#include "backends/cuda/offset_calculator.h"
#include "support/message_of.h"
#include "support/tested_device.h"
#include "tinygrad/backend.h"
#include "tinygrad/tinygrad.h"

namespace tg = tinygrad;
using namespace tinygrad::cuda;

namespace {

const tg::Device gpu = tg::tested_device("emulated_cuda");

// ------------------------------------------------------------ the pool

/// A driver with `room` bytes, whose segments are far apart.
class CudaPool : public testing::Test {
 protected:
  Driver driver() {
    return {.allocate =
                [this](std::size_t bytes) {
                  if (bytes > room) return static_cast<void*>(nullptr);
                  void* at = reinterpret_cast<void*>(next);
                  next += std::uintptr_t(1) << 40;
                  segments[at] = bytes, room -= bytes;
                  return at;
                },
            .release = [this](void* at) { room += segments.at(at), segments.erase(at); },
            .problem = [] { return std::string("; the driver says no"); }};
  }
  std::size_t room = std::size_t(1) << 30;
  std::uintptr_t next = std::uintptr_t(1) << 40;
  std::map<void*, std::size_t> segments;
  MemoryPool pool{"a GPU", driver(), Segments::reused};
};
constexpr std::size_t megabyte = 1 << 20;
char* address(const tg::Memory& memory) { return static_cast<char*>(memory.handle); }

TEST_F(CudaPool, CutsSmallBlocksFromOneSegment) {
  const tg::Memory a = pool.allocate(100), b = pool.allocate(100), c = pool.allocate(200'000);
  EXPECT_EQ(segments.size(), 1u);
  EXPECT_EQ(pool.stats().reserved, MemoryPool::small_segment);
  EXPECT_EQ(address(b) - address(a), 256);
  pool.release(a);
  EXPECT_EQ(pool.allocate(110).handle, a.handle);  // of the same class
  EXPECT_NE(pool.allocate(1000).handle, a.handle);
  EXPECT_TRUE(pool.owns(c.handle));
  EXPECT_FALSE(pool.owns(address(c) + 1));
}
TEST_F(CudaPool, TakesTheSmallestBlockThatIsLargeEnough) {
  const tg::Memory a = pool.allocate(20 * megabyte), b = pool.allocate(40 * megabyte),
                   c = pool.allocate(30 * megabyte);
  pool.release(a), pool.release(b), pool.release(c);
  EXPECT_EQ(pool.allocate(25 * megabyte).handle, c.handle);
  EXPECT_EQ(pool.allocate(32 * megabyte).handle, b.handle);
  EXPECT_EQ(pool.allocate(8 * megabyte).handle, address(b) + 32 * megabyte);  // the remainder of b
  EXPECT_EQ(segments.size(), 3u);
}
TEST_F(CudaPool, MakesFreeNeighboursOneAgain) {
  tg::Memory blocks[4];
  for (auto& block : blocks) block = pool.allocate(4 * megabyte);
  EXPECT_EQ(segments.size(), 1u);
  for (int i : {1, 3, 2, 0}) pool.release(blocks[i]);
  EXPECT_EQ(pool.allocate(MemoryPool::large_segment).handle, blocks[0].handle);
  EXPECT_EQ(segments.size(), 1u);
}
TEST_F(CudaPool, CountsWhatIsInUse) {
  const tg::Memory a = pool.allocate(1000), b = pool.allocate(3 * megabyte),
                   nothing = pool.allocate(0);
  EXPECT_EQ(nothing.handle, nullptr);
  EXPECT_EQ(pool.stats().in_use, 1000 + 3 * megabyte);
  EXPECT_EQ(pool.stats().live_blocks, 3u);
  EXPECT_EQ(pool.stats().reserved, MemoryPool::small_segment + MemoryPool::large_segment);
  pool.release(a), pool.release(b), pool.release(nothing);
  EXPECT_EQ(pool.stats().in_use, 0u);
  EXPECT_EQ(pool.stats().live_blocks, 0u);
  EXPECT_EQ(pool.stats().peak, 1000 + 3 * megabyte);
  pool.empty_cache();
  EXPECT_EQ(pool.stats().reserved, 0u);
  EXPECT_TRUE(segments.empty());
}
TEST_F(CudaPool, PeaksAreThoseOfAllThatCountTogether) {
  const auto counters = std::make_shared<DeviceCounters>();
  MemoryPool one("a GPU", driver(), Segments::reused, counters),
      other("a GPU", driver(), Segments::kept, counters);
  one.release(one.allocate(40 * megabyte));
  EXPECT_EQ(other.stats().peak, 40 * megabyte);
  const tg::Memory a = one.allocate(10 * megabyte), b = other.allocate(20 * megabyte);
  EXPECT_EQ(one.stats().peak, 40 * megabyte);  // 30 in use at once are fewer
  EXPECT_EQ(one.stats().peak_reserved, 60 * megabyte);
  const tg::Memory c = other.allocate(15 * megabyte);
  EXPECT_EQ(one.stats().peak, 45 * megabyte);
  one.release(a), other.release(b), other.release(c);
}
TEST_F(CudaPool, KeepsSegmentsInWhichSomethingIsInUse) {
  const tg::Memory a = pool.allocate(4 * megabyte), b = pool.allocate(4 * megabyte);
  pool.release(a);
  pool.empty_cache();
  EXPECT_EQ(pool.stats().reserved, MemoryPool::large_segment);
  EXPECT_EQ(pool.allocate(4 * megabyte).handle, a.handle);
  pool.release(a), pool.release(b);
}
TEST_F(CudaPool, GivesBackWhatIsFreeBeforeItRunsOut) {
  room = 100 * megabyte;
  const tg::Memory a = pool.allocate(60 * megabyte);
  pool.release(a);
  const tg::Memory b = pool.allocate(90 * megabyte);  // only after the 60 were given back
  EXPECT_NE(b.handle, nullptr);
  const std::string text = tg::message_of<tg::DeviceError>([&] { pool.allocate(20 * megabyte); });
  EXPECT_EQ(text,
            "memory: a GPU has no 20971520 bytes left; 94371840 are in use by 1 blocks, 94371840 "
            "are held; the driver says no; take smaller "
            "batches, or free tensors");
  EXPECT_EQ(pool.stats().in_use, 90 * megabyte);
  pool.release(b);
  EXPECT_NE(pool.allocate(20 * megabyte).handle, nullptr);  // and the pool still works
}
TEST_F(CudaPool, GivesExactSegmentsWithoutReuse) {
  MemoryPool exact("a GPU", driver(), Segments::one_each);
  const tg::Memory a = exact.allocate(1001);
  EXPECT_EQ(segments.at(a.handle), 1001u);
  exact.release(a);
  EXPECT_TRUE(segments.empty());
}
TEST_F(CudaPool, KeepsWhatARecordWorksIn) {
  room = 100 * megabyte;
  {
    MemoryPool kept("a GPU", driver(), Segments::kept);
    const tg::Memory a = kept.allocate(60 * megabyte);
    kept.release(a);
    EXPECT_THROW(kept.allocate(90 * megabyte), tg::DeviceError);  // though the 60 would make room
    kept.empty_cache();
    EXPECT_EQ(segments.size(), 1u);
    const tg::Memory b = kept.allocate(60 * megabyte);
    EXPECT_EQ(b.handle, a.handle);
    kept.release(b);
  }
  EXPECT_TRUE(segments.empty());
}
/// Random requests: blocks never overlap, are aligned, and merge again when all are free.
TEST_F(CudaPool, NeverGivesAByteTwice) {
  std::mt19937 random(1);
  std::map<char*, tg::Memory> live;
  for (int step = 0; step < 20'000; ++step) {
    if (live.size() < 60 && random() % 2) {
      const tg::Memory block =
          pool.allocate(random() % 3 ? random() % 5000 : random() % (20 * megabyte));
      if (!block.handle) continue;
      const auto next = live.lower_bound(address(block));
      ASSERT_EQ(std::uintptr_t(block.handle) % MemoryPool::alignment, 0u);
      ASSERT_TRUE(next == live.end() || address(block) + block.bytes <= next->first);
      ASSERT_TRUE(next == live.begin() ||
                  std::prev(next)->first + std::prev(next)->second.bytes <= address(block));
      live[address(block)] = block;
    } else if (!live.empty()) {
      const auto gone = std::next(live.begin(), std::ptrdiff_t(random() % live.size()));
      pool.release(gone->second);
      live.erase(gone);
    }
    if (step % 1000 == 0) pool.empty_cache();
  }
  for (auto& [at, block] : live) pool.release(block);
  pool.empty_cache();
  EXPECT_TRUE(segments.empty());
  EXPECT_EQ(pool.stats().reserved, 0u);
}

// ------------------------------------------------------------ offsets

TEST(CudaOffsetCalculator, DividesByProducts) {
  std::mt19937 random(1);
  std::vector<std::uint32_t> numbers = {0, 1, 2, 3, 0x7FFFFFFF, 0x7FFFFFFE};
  for (std::int64_t d : {1, 2, 3, 5, 7, 10, 641, 1 << 16, (1 << 16) + 1, 0x7FFFFFFF})
    for (std::uint32_t k : {1u, 2u, 1000u, 0x7FFFFFFFu / std::uint32_t(d)})
      for (std::uint32_t off : {0u, 1u}) numbers.push_back(k * std::uint32_t(d) - off);
  for (int i = 0; i < 1000; ++i) numbers.push_back(std::uint32_t(random() >> 1));
  std::vector<std::int64_t> divisors = {1,
                                        2,
                                        3,
                                        4,
                                        5,
                                        6,
                                        7,
                                        9,
                                        10,
                                        641,
                                        6700417,
                                        1 << 16,
                                        (1 << 16) + 1,
                                        1 << 30,
                                        (1 << 30) + 1,
                                        0x7FFFFFFF};
  for (int i = 0; i < 200; ++i)
    divisors.push_back(1 + std::int64_t(random() >> (1 + random() % 30)) % 0x7FFFFFFF);
  for (std::int64_t d : divisors)
    for (std::uint32_t n : numbers)
      ASSERT_EQ(Divisor(d).quotient(n & 0x7FFFFFFF), (n & 0x7FFFFFFF) / std::uint32_t(d))
          << n << " / " << d;
}
TEST(CudaOffsetCalculator, FindsElementsOfAnyStrides) {
  tg::Layout l;
  l.rank = 3, l.count = 24;
  const std::int64_t shape[] = {2, 3, 4}, strides[2][3] = {{12, 4, 1}, {0, -5, 100}};
  for (int d = 0; d < 3; ++d)
    l.shape[d] = shape[d], l.strides[0][d] = strides[0][d], l.strides[1][d] = strides[1][d];
  const OffsetCalculator<2> calculator(l);
  for (int i = 0; i < 24; ++i) {
    std::int32_t at[2];
    calculator.offsets(std::uint32_t(i), at);
    EXPECT_EQ(at[0], i);
    EXPECT_EQ(at[1], i / 4 % 3 * -5 + i % 4 * 100);
  }
}
/// More elements than 31 bits can count are split into adjacent parts.
TEST(CudaOffsetCalculator, FallsIntoPartsWhereItIsLong) {
  const std::int64_t n = (std::int64_t(5) << 31) + 12;
  tg::Layout l;
  l.rank = 2, l.count = 3 * n, l.shape[0] = 3, l.shape[1] = n;
  l.strides[0][0] = n, l.strides[0][1] = 1, l.strides[1][1] = 2;
  std::map<std::int64_t, std::int64_t> rows[3];  // columns begin ... of each row
  each_part(l, 2, [&](const tg::Layout& part, const std::int64_t* starts) {
    EXPECT_TRUE(fits_32_bits(part, 2));
    EXPECT_EQ(part.count, part.shape[0] * part.shape[1]);
    EXPECT_EQ(starts[0] % n % 4096, 0);  // vectors stay aligned
    EXPECT_EQ(starts[1], starts[0] % n * 2);
    for (std::int64_t row = 0; row < part.shape[0]; ++row)
      rows[starts[0] / n + row][starts[0] % n] = part.shape[1];
  });
  for (auto& row : rows) {
    std::int64_t end = 0;
    for (auto& [begin, size] : row) {
      EXPECT_EQ(begin, end);
      end += size;
    }
    EXPECT_EQ(end, n);
  }
}

// ------------------------------------------------------------ the device

TEST(CudaErrors, HaveNamesAndAdvice) {
  EXPECT_EQ(error_name(cudaErrorMemoryAllocation), "cudaErrorMemoryAllocation (2)");
  EXPECT_NE(advice(cudaErrorNoKernelImageForDevice).find("no code for this GPU"),
            std::string::npos);
  EXPECT_NE(advice(cudaErrorIllegalAddress).find("TINYGRAD_SYNC=1"), std::string::npos);
  EXPECT_EQ(advice(cudaErrorUnknown), "");
}
TEST(CudaErrors, TooLargeABlockIsRefused) {
  const std::string text =
      tg::message_of<tg::DeviceError>([] { tg::empty({std::int64_t(1) << 50}, {.device = gpu}); });
  const std::string name = to_string(gpu) + " (" + tg::backend(gpu).description() + ")";
  EXPECT_EQ(text.rfind("memory: " + name + " has no 4503599627370496 bytes left; ", 0), 0u) << text;
  EXPECT_NE(text.find(" of the device's "), std::string::npos) << text;
  EXPECT_EQ(tg::ones({3}, {.device = gpu}).sum().item<float>(), 3);  // the process can continue
}
TEST(CudaErrors, BadIndicesAreToldAtTheNextRead) {
  const tg::Tensor x = tg::ones({4}, {.device = gpu}), bad = tg::tensor({1, 7, 9}).to(gpu),
                   good = tg::tensor({1, 2, 3}).to(gpu);
  const int line = __LINE__ + 1;
  const tg::Tensor y = tg::gather(x, 0, bad);
  const tg::Tensor z = tg::gather(x, 0, good);
  try {
    z.to_vector<float>();
    FAIL() << "no error";
  } catch (const tg::IndexError& e) {
    EXPECT_STREQ(e.what(),
                 ("gather: index 7 at position 1 is not in [0, 4)\n  called at runtime_test.cpp:" +
                  std::to_string(line))
                     .c_str());
  }
  EXPECT_EQ(z.to_vector<float>(), std::vector<float>(3, 1));  // reported once
}
TEST(CudaErrors, TheFirstOfManyBadIndicesIsTold) {
  std::vector<std::int64_t> index(100'000, 0);
  index[70'001] = -5, index[99'999] = 4;
  const auto look_up = [&](const tg::Device& device) {
    return tg::message_of<tg::IndexError>([&] {
      tg::embedding(tg::from_vector(index, {100, 1000}, device),
                    tg::ones({4, 2}, {.device = device}))
          .to_vector<float>();
    });
  };
  EXPECT_EQ(look_up(gpu), look_up("cpu"));
  const tg::Tensor x = tg::ones({4}, {.device = gpu}),
                   places = tg::zeros({10}, {.dtype = tg::int64, .device = gpu});
  for (int i = 0; i < 2 * tg::BadIndices::slots; ++i)
    tg::gather(x, 0, places);  // more checks than the ring has slots
  tg::synchronize(gpu);
}
TEST(CudaMemory, IsKeptForReuse) {
  tg::empty_cache(gpu);
  const tg::MemoryStats before = tg::memory_stats(gpu);
  { const tg::Tensor x = tg::ones({2000, 2000}, {.device = gpu}); }
  const tg::MemoryStats after = tg::memory_stats(gpu);
  EXPECT_EQ(after.live_blocks, before.live_blocks);
  EXPECT_GE(after.reserved, before.reserved + 16'000'000);
  { const tg::Tensor x = tg::ones({2000, 2000}, {.device = gpu}); }
  EXPECT_EQ(tg::memory_stats(gpu).reserved, after.reserved);
  tg::empty_cache(gpu);
  EXPECT_EQ(tg::memory_stats(gpu).reserved, before.reserved);
}
TEST(CudaMemory, EmptyTensorsNeverReachTheDriver) {
  const tg::Tensor x = tg::zeros({0, 3}, {.device = gpu});
  EXPECT_EQ((x + 1).to_vector<float>(), std::vector<float>());
  EXPECT_EQ(tg::sum(x).item<float>(), 0);
}
TEST(CudaThreads, ShareTheStream) {
  auto work = [](std::uint64_t seed, std::vector<float>& result) {
    tg::manual_seed(seed);
    tg::Tensor x = tg::randn({37, 53}, {.device = gpu});
    for (int i = 0; i < 10; ++i)
      x = tg::tanh(tg::matmul(x, x.t()).slice(1, 0, 37) * 0.1) +
          tg::randn({37, 37}, {.device = gpu});
    result = x.to_vector<float>();
  };
  std::vector<float> alone[2], together[2];
  for (int i = 0; i < 2; ++i) work(std::uint64_t(i), alone[i]);
  std::thread first(work, 0, std::ref(together[0])), second(work, 1, std::ref(together[1]));
  first.join(), second.join();
  for (int i = 0; i < 2; ++i) EXPECT_EQ(together[i], alone[i]);
}

}  // namespace
