// SPDX-License-Identifier: MIT
// Tests that random_shift moves whole images, by all distances that it may, and fills with zeros.
#include <set>

#include "support/files.h"
#include "tinygrad/data.h"
#include "tinygrad/ops.h"
#include "tinygrad/vision/transforms.h"

namespace tinygrad::test {
namespace {

using data::DataLoader;
using vision::random_shift;

data::Dataset images(std::int64_t n) { return {rand({n, 2, 4, 5}), arange(n), {}, "images"}; }

TEST(RandomShift, moves_whole_images) {
  const data::Dataset set = images(30);
  std::set<std::pair<int, int>> moves;
  for (auto [x, y] : DataLoader(set, {.batch_size = 30, .augment = random_shift(1)})) {
    for (std::int64_t i = 0; i < 30; ++i) {
      bool found = false;
      for (int dy = -1; dy <= 1; ++dy)
        for (int dx = -1; dx <= 1; ++dx)
          if (bits(pad(set.x[i], {dx, -dx, dy, -dy})) == bits(x[i]))
            found = true, moves.emplace(dy, dx);
      EXPECT_TRUE(found) << i;
    }
  }
  EXPECT_GT(moves.size(), 5u);
}
TEST(RandomShift, moves_images_out_of_sight) {
  for (auto [x, y] : DataLoader(images(3), {.batch_size = 3, .augment = random_shift(1000)}))
    EXPECT_LE(x.max().item<float>(), 1.f);
}
TEST(RandomShift, refuses_what_makes_no_sense) {
  expect_error<ArgumentError>([] { random_shift(-1); }, "max_pixels must be 0 to 1024, got -1");
  const data::Dataset vectors{ones({3, 1}), arange(3), {}, ""};
  expect_error<ShapeError>([&] { DataLoader(vectors, {.augment = random_shift(1)}).begin(); },
                           "shape [..., H, W], got [1]");
}

}  // namespace
}  // namespace tinygrad::test
