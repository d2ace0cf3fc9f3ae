// SPDX-License-Identifier: MIT
// Tests the recorded graph as its users see it: names, shapes, modules, saved memory, order.
#include "tinygrad/graph.h"

#include "support/nn_help.h"

namespace tinygrad {
namespace {

struct Net : nn::Module {
  nn::Linear fc1 = add("fc1", nn::Linear(4, 3));
  nn::Linear fc2 = add("fc2", nn::Linear(3, 2));
  Tensor forward(const Tensor& x) override { return fc2(relu(fc1(x))); }
};

std::vector<std::string> names_of(const std::vector<GraphNode>& nodes) {
  std::vector<std::string> all;
  for (auto& n : nodes) all.emplace_back(n.name());
  return all;
}

TEST(Graph, ListsNodesInTopologicalOrder) {
  Net net;
  const Tensor loss = sum(net(ones({5, 4})));
  const std::vector<GraphNode> nodes = graph::nodes(loss);
  EXPECT_EQ(names_of(nodes), (std::vector<std::string>{"leaf", "leaf", "leaf", "leaf", "linear",
                                                       "relu", "linear", "sum", "reshape"}));
  for (auto& n : nodes)
    for (auto& input : n.inputs())
      if (input.node) { EXPECT_LT(input.node.id(), n.id()); }
  EXPECT_TRUE(nodes.back() == graph::node(loss));
}

TEST(Graph, KnowsShapesModulesAndLines) {
  Net net;
  const Tensor y = net(ones({5, 4}));
  const int line = __LINE__ - 1;
  const GraphNode fc2 = graph::node(y);
  EXPECT_STREQ(fc2.name(), "linear");
  EXPECT_EQ(fc2.path()->text, "fc2");
  EXPECT_EQ(fc2.path()->root, "Net");
  EXPECT_GT(fc2.location().line, 0);
  EXPECT_LE(fc2.location().line, line);
  ASSERT_EQ(fc2.outputs().size(), 1u);
  EXPECT_EQ(fc2.outputs()[0].shape, (Shape{5, 2}));
  EXPECT_EQ(fc2.outputs()[0].dtype, float32);
  const std::vector<GraphInput> inputs = fc2.inputs();
  ASSERT_EQ(inputs.size(), 3u);
  EXPECT_STREQ(inputs[0].node.name(), "relu");
  EXPECT_TRUE(inputs[1].node.is_leaf());
  EXPECT_TRUE(inputs[1].node == graph::node(net.fc2.weight));
  const GraphNode fc1 = inputs[0].node.inputs()[0].node;
  EXPECT_FALSE(fc1.inputs()[0].node);  // x needs no gradient
}

TEST(Graph, CountsSavedMemory) {
  const Tensor x = ones({100}).requires_grad_();
  const Tensor y = exp(x);  // keeps y
  const std::vector<GraphSaved> saved = graph::node(y).saved();
  ASSERT_EQ(saved.size(), 1u);
  EXPECT_TRUE(saved[0].what.is_output);
  EXPECT_EQ(saved[0].shape, (Shape{100}));
  EXPECT_EQ(saved[0].dtype, float32);
  EXPECT_GE(saved[0].bytes, 400u);
  const Tensor z = y * x;  // keeps y, the same memory, and x
  EXPECT_EQ(graph::node(z).saved().size(), 2u);
  EXPECT_EQ(graph::saved_bytes(z), 2 * saved[0].bytes);
  sum(z).backward();
  EXPECT_TRUE(graph::node(z).is_freed());
  EXPECT_EQ(graph::saved_bytes(z), 0u);
}

TEST(Graph, OfLeavesAndOfNothing) {
  const Tensor leaf = ones({2}).requires_grad_();
  const GraphNode node = graph::node(leaf);
  EXPECT_TRUE(node.is_leaf());
  EXPECT_STREQ(node.name(), "leaf");
  EXPECT_EQ(node.path(), nullptr);
  EXPECT_TRUE(node.inputs().empty() && node.saved().empty());
  EXPECT_EQ(graph::nodes(leaf).size(), 1u);
  EXPECT_FALSE(graph::node(ones({2})));
  EXPECT_TRUE(graph::nodes(ones({2})).empty());
}

TEST(Graph, GivesTheDerivativeOfOneOp) {
  const Tensor x = tensor({1., 2., 3.}).requires_grad_(), b = tensor(4.f).requires_grad_();
  const Tensor y = exp(x) + b;
  const GraphNode add = graph::node(y);
  const Tensor dy = tensor({1., 10., 100.});
  expect_close(add.vjp(0, dy), {1, 10, 100}, 0);
  const Tensor db = add.vjp(1, dy);  // was broadcast
  EXPECT_EQ(db.shape(), (Shape{}));
  EXPECT_EQ(db.item<float>(), 111);
  const GraphNode e = add.inputs()[0].node;
  expect_close(e.vjp(0, dy), dy * exp(x.detach()), 0);  // not that of the op after it
  EXPECT_FALSE(e.vjp(1, dy).defined());
  const Tensor u = dy.clone().requires_grad_();
  EXPECT_TRUE(e.vjp(0, u).requires_grad());
  expect_says(message_of<AutogradError>([&] { add.inputs()[1].node.vjp(0, dy); }), "it is a leaf");
  sum(y).backward();
  EXPECT_THROW(e.vjp(0, dy), AutogradError);
}

TEST(Graph, KeepsNodesAliveAndIsDeep) {
  std::vector<GraphNode> nodes;
  {
    Tensor x = ones({1}).requires_grad_();
    for (int i = 0; i < 20000; ++i) x = x + 1;
    nodes = graph::nodes(x);
  }
  EXPECT_EQ(nodes.size(), 20001u);
  EXPECT_STREQ(nodes.back().name(), "add");
}

}  // namespace
}  // namespace tinygrad
