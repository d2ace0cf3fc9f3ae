// SPDX-License-Identifier: MIT
// Tests matrix products with sub-groups: the kernel's source, run by work-groups that emulate
// sub-groups, and the plain tiled kernel are both compared with loops. Also tests the self check
// that decides whether a device may use sub-groups.
#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <fstream>
#include <random>
#include <vector>

#include "backends/opencl/matmul.h"
#include "support/files.h"
#include "support/opencl_device.h"
#include "tinygrad/error.h"

namespace fs = std::filesystem;
using namespace tinygrad;
using namespace tinygrad::opencl;

namespace {

Runtime& runtime() {
  static Runtime runtime(first_device(), "opencl");
  return runtime;
}

/// Random matrices on the host and on the device, whose rows begin `step` elements apart.
class Matrices {
 public:
  Matrices(const Shape& shape, std::int64_t step, unsigned seed)
      : values(std::size_t(shape[0] * shape[1] * step)) {
    std::mt19937 words(seed);
    for (float& x : values) x = float(int(words() % 257) - 128) / 64;
    memory_ = runtime().memory().allocate(values.size() * sizeof(float));
    runtime().upload(values.data(), memory_, 0, values.size() * sizeof(float));
    view = View(memory_, DType::float32, shape, {shape[1] * step, step, 1});
  }
  ~Matrices() { runtime().memory().release(memory_); }
  Matrices(const Matrices&) = delete;
  void read() { runtime().read(memory_, 0, values.data(), values.size() * sizeof(float)); }
  double at(std::int64_t i, std::int64_t j, std::int64_t k) const {
    return values[std::size_t(i * view.stride(0) + j * view.stride(1) + k)];
  }

  std::vector<float> values;
  View view;

 private:
  Memory memory_;
};

enum class Bias { none, of_rows, of_columns };

void check(std::int64_t batch, std::int64_t m, std::int64_t k, std::int64_t n, Bias kind) {
  SCOPED_TRACE(to_string(Shape{batch, m, k, n}) + " bias " + std::to_string(int(kind)));
  const Matrices a({batch, m, k}, k + 3, 1), b({batch, k, n}, n + 5, 2),
      bias_values({1, 1, std::max(m, n)}, std::max(m, n), 3);
  Matrices c({batch, m, n}, n, 4), by_tiles({batch, m, n}, n, 5);
  View bias;
  if (kind != Bias::none)
    bias =
        bias_values.view.reshaped({m, n}, kind == Bias::of_rows ? Strides{1, 0} : Strides{0, 1}, 0);
  product_by_sub_groups(runtime(), a.view, b.view, bias, c.view, SubGroups::emulated);
  product_by_tiles(runtime(), a.view, b.view, bias, by_tiles.view);
  c.read(), by_tiles.read();
  for (std::int64_t i = 0; i < batch * m * n; ++i) {
    const std::int64_t matrix = i / (m * n), row = i / n % m, column = i % n;
    double sum =
        kind == Bias::none ? 0 : bias_values.at(0, 0, kind == Bias::of_rows ? row : column);
    for (std::int64_t t = 0; t < k; ++t) sum += a.at(matrix, row, t) * b.at(matrix, t, column);
    for (const Matrices* found : {&c, &by_tiles})
      ASSERT_NEAR(found->at(matrix, row, column), sum, 1e-5 * std::sqrt(double(k))) << i;
  }
}

TEST(SubGroupProduct, GivesWhatLoopsGive) {
  for (auto [m, k, n] : std::vector<std::array<std::int64_t, 3>>{
           {1, 16, 96}, {7, 80, 32}, {8, 16, 32}, {9, 80, 96}, {37, 16, 96}, {37, 80, 32}})
    check(1, m, k, n, Bias::none);
}
TEST(SubGroupProduct, TakesBatchesAndBias) {
  for (Bias kind : {Bias::none, Bias::of_rows, Bias::of_columns}) check(2, 11, 32, 64, kind);
}

// ------------------------------------------------------------ self checks

class SelfCheck : public tinygrad::test::Files {
 protected:
  /// The result in a new process; `runs` counts the comparisons.
  bool passes(bool result, const std::string& source = "source",
              const std::string& device = "device") {
    return SelfChecks(Cache(path("cache")), device).passes("path", source, [&] {
      return ++runs, result;
    });
  }
  int runs = 0;
};

TEST_F(SelfCheck, IsRememberedOnDisk) {
  EXPECT_TRUE(passes(true));
  EXPECT_TRUE(passes(false));  // it does not run again
  EXPECT_EQ(runs, 1);
}
TEST_F(SelfCheck, SoIsItsFailure) {
  EXPECT_FALSE(passes(false));
  EXPECT_FALSE(passes(true));
  EXPECT_EQ(runs, 1);
}
TEST_F(SelfCheck, IsForOneSourceAndOneDevice) {
  EXPECT_TRUE(passes(true));
  EXPECT_FALSE(passes(false, "another source"));
  EXPECT_FALSE(passes(false, "source", "another device"));
}
TEST_F(SelfCheck, RunsAgainIfTheFileIsDamaged) {
  EXPECT_TRUE(passes(true));
  for (auto& entry : fs::directory_iterator(path("cache")))
    std::ofstream(entry.path(), std::ios::app) << "x";
  EXPECT_FALSE(passes(false));
}
TEST_F(SelfCheck, RunsAgainInAnotherProcessAfterAnError) {
  SelfChecks self_checks(Cache(path("cache")), "device");
  EXPECT_FALSE(self_checks.passes("path", "source", [&] {
    return ++runs, require<DeviceError>(false, "test", "no memory left"), true;
  }));
  EXPECT_TRUE(passes(true));
}
TEST_F(SelfCheck, FailsIfTheDriverRefuses) {
  SelfChecks self_checks(Cache(""), "device");
  EXPECT_FALSE(self_checks.passes("path", "source", [&] {
    return ++runs, require<DeviceError>(false, "test", "refused"), true;
  }));
  EXPECT_FALSE(self_checks.passes("path", "source", [&] {
    return ++runs, true;
  }));  // without a cache, the result is kept for the process
  EXPECT_EQ(runs, 1);
}

/// Whether the device has sub-groups, also if the form in which its kernels run does not use them.
bool device_has_sub_groups() { return traits_for(runtime().properties(), "gpu").sub_groups; }

TEST(SubGroups, AreRefusedByADeviceWithoutThem) {
  if (device_has_sub_groups()) GTEST_SKIP() << "this device has sub-groups";
  EXPECT_FALSE(sub_groups_pass(runtime()));
}
TEST(SubGroups, AgreeWhereTheyAre) {
  if (!device_has_sub_groups())
    GTEST_SKIP() << "no sub-groups of Intel's kind on " << runtime().properties().name;
  EXPECT_TRUE(sub_groups_pass(runtime()));
}

}  // namespace
