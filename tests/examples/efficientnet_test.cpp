// SPDX-License-Identifier: MIT
// Tests the network of examples/classify with random weights: its names and sizes are those of the
// package's file, and its padding is TensorFlow's.
#include "efficientnet.h"

#include <gtest/gtest.h>

#include <set>

namespace tinygrad {
namespace {

TEST(EfficientNet, has_the_state_of_the_package) {
  efficientnet::Net net;
  std::set<std::string> names;
  std::int64_t elements = 0;
  for (const auto& [name, tensor] : net.state_dict()) {
    names.insert(name);
    elements += tensor.numel();
  }
  EXPECT_EQ(names.size(), 296u);  // counted by torch.load()
  EXPECT_EQ(elements, 4694073);
  for (const char* name :
       {"_conv_stem.weight", "_blocks.0._project_conv.weight", "_blocks.15._bn2.running_var",
        "_blocks.1._expand_conv.weight", "_bn1.num_batches_tracked", "_fc.bias"})
    EXPECT_TRUE(names.contains(name)) << name;
  EXPECT_FALSE(names.contains("_blocks.0._expand_conv.weight"));
}

TEST(EfficientNet, gives_a_score_for_each_class) {
  manual_seed(1);
  efficientnet::Net net;
  net.eval();
  const NoGrad off;
  const Tensor picture = randint(0, 256, {3, 300, 260}).to(uint8);
  const Tensor x = efficientnet::prepared(picture);
  EXPECT_EQ(x.shape(), Shape({1, 3, 224, 224}));
  EXPECT_GE(x.min().item<float>(), -127.f / 128);
  EXPECT_LE(x.max().item<float>(), 1.f);
  const Tensor y = net(x);
  EXPECT_EQ(y.shape(), Shape({1, 1000}));
  EXPECT_TRUE(isfinite(y).all().item<bool>());
}

// "SAME": ceil(size / stride) outputs; of an odd number of zeros the last side has one more.
TEST(EfficientNet, pads_as_tensorflow_does) {
  const Tensor x = ones({1, 1, 4, 4});
  for (const int kernel : {3, 5})
    for (const int stride : {1, 2}) {
      const Tensor padded = efficientnet::pad_same(x, kernel, stride);
      EXPECT_EQ((padded.size(2) - kernel) / stride + 1, 4 / stride);
    }
  EXPECT_EQ(efficientnet::pad_same(x, 3, 2)[0][0][0][0].item<float>(), 1);
  EXPECT_EQ(efficientnet::pad_same(x, 3, 2)[0][0][4][4].item<float>(), 0);
}

}  // namespace
}  // namespace tinygrad
