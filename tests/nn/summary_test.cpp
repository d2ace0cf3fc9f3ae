// SPDX-License-Identifier: MIT
// Tests the printed table of a module.
#include "support/nn_help.h"

namespace tinygrad {
namespace {

struct Net : nn::Module {
  nn::Conv2d conv = add("conv", nn::Conv2d(1, 8, 3, {.padding = 1}));
  nn::Sequential head =
      add("head", nn::Sequential(nn::BatchNorm2d(8), nn::Flatten(), nn::Linear(8 * 28 * 28, 10)));
  Tensor forward(const Tensor& x) override { return head(relu(conv(x))); }
};

TEST(Summary, ShowsNamesTypesShapesAndCounts) {
  EXPECT_EQ(nn::to_string(Net()),
            "Net\n"
            "  layer   type         parameters and buffers                                         "
            "                   count\n"
            "  conv    Conv2d       weight [8, 1, 3, 3], bias [8]                                  "
            "                      80\n"
            "  head    Sequential\n"
            "  head.0  BatchNorm2d  weight [8], bias [8], running_mean [8], running_var [8], "
            "num_batches_tracked []      16\n"
            "  head.1  Flatten\n"
            "  head.2  Linear       weight [10, 6272], bias [10]                                   "
            "                  62,730\n"
            "  62,826 parameters, 245.41 KiB; 17 numbers in buffers, 72 bytes\n");
}

TEST(Summary, FindsOutputsByRunningOnceAndChangesNothing) {
  Net net;
  net.conv.eval();
  const std::string text = nn::summary(net, {1, 1, 28, 28});
  expect_says(text, "-       Net");
  expect_says(text, "[1, 8, 28, 28]");
  expect_says(text, "[1, 6272]");
  expect_says(text, "[1, 10]");
  EXPECT_EQ(net.head[0].named_buffers()[2].second.item<int>(),
            0);  // evaluation mode: no batch was counted
  EXPECT_TRUE(net.training() && !net.conv.training() && net.head[0].training());
  message_of<ShapeError>([&] { nn::summary(net, {1, 2, 28, 28}); });
  EXPECT_TRUE(net.training());
}

TEST(Summary, TakesALayerAlone) {
  EXPECT_EQ(nn::to_string(nn::Linear(3, 2, {.bias = false})),
            "Linear\n"
            "  layer  type    parameters and buffers  count\n"
            "  -      Linear  weight [2, 3]               6\n"
            "  6 parameters, 24 bytes\n");
}

TEST(Summary, CountsWhatIsFrozen) {
  nn::Sequential net(nn::Linear(3, 2), nn::Linear(2, 1, {.bias = false}));
  net[0].requires_grad_(false);
  EXPECT_EQ(nn::to_string(net),
            "Sequential\n"
            "  layer  type    parameters and buffers                 count\n"
            "  0      Linear  weight [2, 3] frozen, bias [2] frozen      8\n"
            "  1      Linear  weight [1, 2]                              2\n"
            "  10 parameters, 40 bytes: 2 trainable, 8 frozen\n");
}

}  // namespace
}  // namespace tinygrad
