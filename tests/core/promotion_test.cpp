// SPDX-License-Identifier: MIT
// Tests that the dtypes of results equal those of torch.result_type, which tests/golden/make_ops.py
// wrote to tests/golden/promotion.txt.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "tinygrad/ops.h"

namespace tinygrad {
namespace {

DType named(const std::string& name) {
  for (DType d : all_dtypes)
    if (name == to_string(d)) return d;
  ADD_FAILURE() << "unknown dtype " << name;
  return float32;
}

std::ifstream golden() { return std::ifstream(TINYGRAD_SOURCE_DIR "/tests/golden/promotion.txt"); }

TEST(Promotion, IsPyTorchs) {
  std::ifstream file = golden();
  int lines = 0;
  for (std::string line; std::getline(file, line); ++lines) {
    std::istringstream words(line);
    std::string a, b, r[3];
    words >> a >> b >> r[0] >> r[1] >> r[2];
    const Tensor x = ones({2}, {.dtype = named(a)});
    if (b == "numbers") {
      const Scalar numbers[] = {true, 2, 2.5};
      for (int i = 0; i < 3; ++i)
        EXPECT_STREQ(to_string((x * numbers[i]).dtype()), r[i].c_str()) << line;
      continue;
    }
    const Tensor y = ones({2}, {.dtype = named(b)}), zero_d = ones({}, {.dtype = named(b)});
    EXPECT_STREQ(to_string((x * y).dtype()), r[0].c_str()) << line;
    EXPECT_STREQ(to_string((y * x).dtype()), r[0].c_str()) << line;
    EXPECT_STREQ(to_string(promote(named(a), named(b))), r[0].c_str()) << line;
    EXPECT_STREQ(to_string((x * zero_d).dtype()), r[1].c_str()) << line;
    EXPECT_STREQ(to_string((zero_d * x).dtype()), r[1].c_str()) << line;
  }
  EXPECT_EQ(lines, 72);
}

TEST(Promotion, TwoZeroDTensorsAreEquals) {
  EXPECT_EQ((ones({}, {.dtype = int32}) + ones({}, {.dtype = int64})).dtype(), int64);
  EXPECT_EQ((ones({}) + ones({}, {.dtype = float64})).dtype(), float64);
}

TEST(Promotion, ComparisonsGiveBools) {
  for (DType d : all_dtypes) EXPECT_EQ((ones({2}, {.dtype = d}) == ones({2})).dtype(), boolean);
}

TEST(Promotion, ComparesInTheCommonDtype) {
  const Tensor large = tensor({16777217});  // not a float32
  EXPECT_TRUE((large == tensor({16777217})).item<bool>());
  EXPECT_FALSE((tensor({1}) == 1.5).item<bool>());
  EXPECT_TRUE((tensor({1}) < 1.5).item<bool>());
}

TEST(Promotion, RealFunctionsOfIntegersAreFloat32) {
  for (DType d : {boolean, uint8, int32, int64}) {
    EXPECT_EQ(exp(ones({2}, {.dtype = d})).dtype(), float32);
    EXPECT_EQ((ones({2}, {.dtype = d}) / ones({2}, {.dtype = d})).dtype(), float32);
    EXPECT_EQ(sum(ones({2}, {.dtype = d})).dtype(), int64);
  }
}

TEST(Promotion, ScaledProductsKeepTheirDtype) {
  for (DType dtype : {int32, uint8, boolean}) {
    const Tensor vector = ones({2}, {.dtype = dtype}), batch = ones({2, 2, 2}, {.dtype = dtype});
    const Tensor y = addr(vector, vector, vector, 2, 3);
    EXPECT_EQ(y.dtype(), dtype);
    EXPECT_EQ(y.sum().item<int>(), dtype == boolean ? 4 : 20);
    if (dtype == boolean) continue;
    EXPECT_EQ(addbmm(vector, batch, batch).dtype(), dtype);
    EXPECT_EQ(addbmm(vector, batch, batch).sum().item<int>(), 20);
  }
}

TEST(Promotion, JoiningPromotes) {
  EXPECT_EQ(cat({tensor({1}), tensor({1.5})}).dtype(), float32);
  EXPECT_EQ(where(tensor({true}), tensor({1}), tensor({1.5})).dtype(), float32);
}

}  // namespace
}  // namespace tinygrad
