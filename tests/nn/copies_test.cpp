// SPDX-License-Identifier: MIT
// Tests what concerns a whole tree of modules: frozen parameters, copies, moving averages,
// named_modules(), and lists of modules.
#include "support/nn_help.h"
#include "tinygrad/optim.h"

namespace tinygrad {
namespace {

struct Net : nn::Module {
  explicit Net(int width = 3)
      : fc(add("fc", nn::Linear(2, width))),
        norm(add("norm", nn::BatchNorm1d(width))),
        tied(add("tied", fc.weight)) {}
  nn::Linear fc;
  nn::BatchNorm1d norm;
  nn::Parameter tied;
  Tensor forward(const Tensor& x) override { return norm(fc(x)); }
};

std::vector<double> all_values(const nn::Module& m) {
  std::vector<double> values;
  for (auto& [name, t] : m.state_dict())
    for (double v : t.to_vector<double>()) values.push_back(v);
  return values;
}

TEST(Freezing, ForgetsGradientsAndLeavesParametersToNoOptimizer) {
  nn::Sequential net(nn::Linear(2, 3), nn::Linear(3, 1));
  optim::SGD sgd(net.parameters(), {.lr = 0.1});
  net(ones({4, 2})).sum().backward();
  net[0].requires_grad_(false);
  EXPECT_FALSE(net.parameters()[0].grad().defined());
  net.zero_grad();
  const auto frozen = net.parameters()[0].to_vector<float>(),
             trained = net.parameters()[2].to_vector<float>();
  net(ones({4, 2})).sum().backward();
  EXPECT_FALSE(net.parameters()[0].grad().defined());
  sgd.step();
  EXPECT_EQ(net.parameters()[0].to_vector<float>(), frozen);
  EXPECT_NE(net.parameters()[2].to_vector<float>(), trained);
  net.requires_grad_();
  for (auto& p : net.parameters()) EXPECT_TRUE(p.requires_grad() && p.is_leaf());
}

TEST(Clone, IsACopyWithMemoryOfItsOwn) {
  Net net;
  net.to(float64);
  net(randn({5, 2}, {.dtype = float64}));  // running statistics
  net.norm.requires_grad_(false).eval();
  const Generator before = generator();
  Net copy = nn::clone(net);
  EXPECT_EQ(generator(), before);
  EXPECT_EQ(all_values(copy), all_values(net));
  EXPECT_EQ(names(copy.state_dict()), names(net.state_dict()));
  EXPECT_TRUE(copy.training() && copy.fc.training() && !copy.norm.training());
  EXPECT_TRUE(copy.fc.weight.requires_grad() && !copy.norm.weight.requires_grad());
  EXPECT_EQ(copy.fc.weight.dtype(), float64);
  nn::init::zeros_(copy.fc.weight);
  EXPECT_NE(all_values(copy), all_values(net));
  Net wide(7);
  EXPECT_EQ(nn::clone(wide, [] { return Net(7); }).fc.weight.shape(), (Shape{7, 2}));
  expect_same(nn::clone(net.fc, [] { return nn::Linear(2, 3); }).weight, net.fc.weight);
}

TEST(Clone, RefusesOtherModules) {
  Net wide(7);
  expect_says(message_of<ArgumentError>([&] { nn::clone(wide); }),
              "\"fc.weight\" has shape [7, 2], the module's [3, 2]");
  const nn::Sequential one{nn::ReLU()};
  expect_says(
      message_of<ArgumentError>([&] { nn::clone(one, [] { return nn::Sequential{nn::Tanh()}; }); }),
      "clone: make() must build the modules of the network to copy\n  called at copies_test.cpp");
}

TEST(UpdateAverage, IsTheExponentialMovingAverage) {
  nn::Linear net(2, 1);
  nn::Linear average = nn::clone(net, [] { return nn::Linear(2, 1); });
  average.requires_grad_(false);
  nn::init::constant_(average.weight, 1), nn::init::constant_(net.weight, 5);
  nn::update_average(average, net, 0.75);
  expect_close(average.weight, {2, 2}, 1e-6);
  nn::update_average(average, net, 0.75);
  expect_close(average.weight, {2.75, 2.75}, 1e-6);
  expect_close(net.weight, {5, 5}, 0);
  expect_says(message_of<ArgumentError>([&] { nn::update_average(average, nn::Linear(3, 1)); }),
              "has shape [1, 3], the module's [1, 2]");
  expect_close(average.weight, {2.75, 2.75}, 1e-6);
  expect_says(message_of<ArgumentError>([&] { nn::update_average(average, net, 1.5); }),
              "update_average: decay must be in [0, 1], got 1.5");
}

TEST(UpdateAverage, CopiesBuffers) {
  Net net;
  Net average = nn::clone(net);
  net(randn({5, 2}));
  nn::update_average(average, net, 0.5);
  expect_same(average.norm.running_mean, net.norm.running_mean);
  EXPECT_EQ(average.norm.num_batches_tracked.item<int>(), 1);
}

TEST(NamedModules, AreAllInsideWithPathsAndTypes) {
  nn::Sequential net(nn::Sequential(nn::Linear(2, 3), nn::ReLU()), nn::BatchNorm1d(3));
  std::string all;
  for (auto& m : net.named_modules()) all += m.path + ":" + m.type + " ";
  EXPECT_EQ(all, ":Sequential 0:Sequential 0.0:Linear 0.1:ReLU 1:BatchNorm1d ");
  all.clear();
  net.apply([&](nn::Submodule& m) {
    all += m.path + " ";
    if (m.type == "BatchNorm1d") m.eval();
    if (m.type == "Linear") nn::init::ones_(m.parameters()[0]);
  });
  EXPECT_EQ(all, "1 0.1 0.0 0  ");  // those inside first
  EXPECT_FALSE(net[1].training());
  expect_close(net.parameters()[0], {1, 1, 1, 1, 1, 1}, 0);
  expect_says(message_of<ArgumentError>([&] {
                net.named_modules()[1](ones({1, 2}));
              }),
              "Submodule: has no forward(x)");
}

struct Lists : nn::Module {
  nn::ModuleList<nn::Linear> layers = add("layers", nn::ModuleList<nn::Linear>(nn::Linear(2, 2)));
  nn::ModuleDict<nn::Linear> heads = add("heads", nn::ModuleDict<nn::Linear>());
  Lists() { layers.push_back(nn::Linear(2, 3)), heads.insert("left", nn::Linear(3, 1)); }
  Tensor forward(const Tensor& x) override {
    Tensor h = x;
    for (auto& layer : layers) h = layer(h);
    return heads["left"](h);
  }
};

TEST(ModuleList, NamesItsModulesInStatesAndErrors) {
  Lists net;
  EXPECT_EQ(names(net.named_parameters()),
            (std::vector<std::string>{"layers.0.weight", "layers.0.bias", "layers.1.weight",
                                      "layers.1.bias", "heads.left.weight", "heads.left.bias"}));
  EXPECT_EQ(net(ones({4, 2})).shape(), (Shape{4, 1}));
  expect_says(message_of<ShapeError>([&] {
                net(ones({4, 5}));
              }),
              "in layers.0 (Linear) of Lists, called at copies_test.cpp");
  nn::Sequential outer((Lists()));
  expect_says(message_of<ShapeError>([&] {
                outer(ones({4, 5}));
              }),
              "in 0.layers.0 (Linear) of Sequential");
  expect_says(message_of<IndexError>([&] { net.layers[2]; }),
              "ModuleList: there is no module 2, only 2");
  expect_says(message_of<IndexError>([&] { net.heads["right"]; }),
              "ModuleDict: there is no module \"right\"");
  expect_says(message_of<ArgumentError>([&] { net.heads.insert("left", nn::Linear(1, 1)); }),
              "the name \"left\" is already used in this module");
}

}  // namespace
}  // namespace tinygrad
