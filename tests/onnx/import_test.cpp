// SPDX-License-Identifier: MIT
// Tests networks from ONNX files as modules: their names, gradients, modes and devices; the forms
// in which files store tensors; rules that changed between opsets; and the errors.
#include "onnx/make_model.h"
#include "support/files.h"
#include "tinygrad/autograd.h"
#include "tinygrad/io/load.h"
#include "tinygrad/nn/linear.h"
#include "tinygrad/onnx/load.h"
#include "tinygrad/ops.h"
#include "tinygrad/optim/sgd.h"

namespace tinygrad::test {
namespace {

class OnnxImport : public Files {
 protected:
  std::shared_ptr<onnx::Model> load(const GraphMessage& graph, int opset = 20) const {
    return onnx::load(put("model.onnx", graph.model(opset)));
  }
  /// The output of a graph with the input x.
  Tensor run(const GraphMessage& graph, const Tensor& x, int opset = 20) const {
    return (*load(graph, opset))(x);
  }
};

/// y = relu(x W1ᵀ + b1) W2ᵀ with the names of a state_dict of PyTorch.
GraphMessage two_layers() {
  return GraphMessage()
      .input("x", {-1, 3})
      .initializer(floats("fc1.weight", {2, 3}, {1, -2, 3, -4, 5, 6}))
      .initializer(floats("fc1.bias", {2}, {0.5f, -0.5f}))
      .initializer(floats("fc2.weight", {1, 2}, {2, -1}))
      .node("Gemm", {"x", "fc1.weight", "fc1.bias"}, {"h"}, {attribute("transB", i64(1))})
      .node("Relu", {"h"}, {"a"})
      .node("Gemm", {"a", "fc2.weight"}, {"y"}, {attribute("transB", i64(1))})
      .output("y", {-1, 1});
}

TEST_F(OnnxImport, ParametersHaveTheNamesOfTheFile) {
  const auto model = load(two_layers());
  const NamedTensors state = model->state_dict();
  ASSERT_EQ(state.size(), 3u);
  EXPECT_EQ(state[0].first, "fc1.weight");
  EXPECT_EQ(state[1].first, "fc1.bias");
  EXPECT_EQ(state[2].first, "fc2.weight");
  EXPECT_EQ(model->children()[0].name, "fc1");
  EXPECT_TRUE(state[1].second.equal(tensor({0.5f, -0.5f})));
}

TEST_F(OnnxImport, GradientsAreThoseOfTheFormula) {
  const auto model = load(two_layers());
  const Tensor x = tensor({{1.f, 2.f, 3.f}, {-1.f, 0.5f, 2.f}});
  NamedTensors own;
  for (auto& [name, t] : model->named_parameters())
    own.emplace_back(name, t.detach().clone().requires_grad_());
  const Tensor y = linear(relu(linear(x, own[0].second, own[1].second)), own[2].second);
  const Tensor z = (*model)(x);
  EXPECT_TRUE(z.equal(y));
  y.sum().backward();
  z.sum().backward();
  for (std::size_t i = 0; i < own.size(); ++i)
    EXPECT_TRUE(model->parameters()[i].grad().equal(own[i].second.grad())) << own[i].first;
}

TEST_F(OnnxImport, TrainingLowersTheLoss) {
  const auto model = load(two_layers());
  optim::SGD sgd(model->parameters(), {.lr = 0.01});
  const Tensor x = tensor({{1.f, 2.f, 3.f}, {-1.f, 0.5f, 2.f}});
  double first = 0, last = 0;
  for (int i = 0; i < 30; ++i) {
    sgd.zero_grad();
    const Tensor loss = mse_loss((*model)(x), tensor({{1.f}, {2.f}}));
    last = loss.item<double>();
    if (i == 0) first = last;
    loss.backward();
    sgd.step();
  }
  EXPECT_LT(last, first / 10);
}

TEST_F(OnnxImport, NamesThatAreNoPathsAreFlattened) {
  const auto model = load(GraphMessage()
                              .input("x", {2})
                              .initializer(floats("a", {2}, {1, 2}))
                              .initializer(floats("a.b", {2}, {3, 4}))
                              .initializer(floats("c..d", {2}, {5, 6}))
                              .initializer(floats("e.f", {2}, {7, 8}))
                              .initializer(floats("e", {2}, {9, 10}))
                              .node("Sum", {"x", "a", "a.b", "c..d", "e.f", "e"}, {"y"})
                              .output("y"));
  std::string names;
  for (auto& [name, t] : model->state_dict()) names += name + " ";
  EXPECT_EQ(names, "a a_b c__d e_ e.f ");
  EXPECT_TRUE((*model)(zeros({2})).equal(tensor({25.f, 30.f})));
}

TEST_F(OnnxImport, BatchNormalizationAndDropoutFollowTheMode) {
  const auto model = load(GraphMessage()
                              .input("x", {-1, 1})
                              .initializer(floats("s", {1}, {1}))
                              .initializer(floats("b", {1}, {0}))
                              .initializer(floats("mean", {1}, {10}))
                              .initializer(floats("var", {1}, {4}))
                              .node("BatchNormalization", {"x", "s", "b", "mean", "var"}, {"h"},
                                    {attribute("momentum", 0.5f), attribute("epsilon", 0.f)})
                              .node("Dropout", {"h"}, {"y"})
                              .output("y"));
  const NoGrad off;
  const Tensor x = tensor({{1.f}, {3.f}});
  EXPECT_FALSE(model->training());
  EXPECT_TRUE((*model)(x).equal(tensor({{-4.5f}, {-3.5f}})));
  EXPECT_EQ(model->named_parameters().size(), 2u);
  model->train();
  const Tensor y = (*model)(x);  // normalized to -1 and 1, each dropped or doubled
  for (const float v : y.to_vector<float>()) EXPECT_TRUE(v == 0 || std::abs(v) == 2) << v;
  EXPECT_EQ(model->named_buffers()[0].second.item<float>(), 6);    // (10 + 2) / 2
  EXPECT_EQ(model->named_buffers()[1].second.item<float>(), 2.5);  // (4 + 1) / 2
}

TEST_F(OnnxImport, RulesChangeWithTheOpset) {
  const Tensor x = tensor({{{1.f, 2.f}, {3.f, 4.f}}});  // [1, 2, 2]
  const auto softmax_graph =
      GraphMessage().input("x", {1, 2, 2}).node("Softmax", {"x"}, {"y"}).output("y");
  EXPECT_TRUE(run(softmax_graph, x, 12).equal(softmax(x.flatten(1), 1).reshape({1, 2, 2})));
  EXPECT_TRUE(run(softmax_graph, x, 13).equal(softmax(x, -1)));

  const auto clip = GraphMessage()
                        .input("x", {1, 2, 2})
                        .node("Clip", {"x"}, {"y"}, {attribute("min", 2.f)})
                        .output("y");
  EXPECT_TRUE(run(clip, x, 10).equal(maximum(x, 2)));
  const auto clip_by_input = GraphMessage()
                                 .input("x", {1, 2, 2})
                                 .initializer(floats("most", {}, {3}))
                                 .node("Clip", {"x", "", "most"}, {"y"})
                                 .output("y");
  EXPECT_TRUE(run(clip_by_input, x, 13).equal(minimum(x, 3)));

  const auto squeeze = GraphMessage()
                           .input("x", {1, 2, 2})
                           .node("Squeeze", {"x"}, {"y"}, {attribute("axes", Sizes{0})})
                           .output("y");
  EXPECT_TRUE(run(squeeze, x, 11).equal(x.squeeze(0)));
  const auto sum_by_input =
      GraphMessage()
          .input("x", {1, 2, 2})
          .initializer(integers("axes", {1}, {-1}))
          .node("ReduceSum", {"x", "axes"}, {"y"}, {attribute("keepdims", i64(0))})
          .output("y");
  EXPECT_TRUE(run(sum_by_input, x, 13).equal(sum(x, -1)));
}

TEST_F(OnnxImport, TensorsAreStoredInSeveralForms) {
  const Message half = Message()
                           .packed(1, Sizes{2})
                           .number(2, i64(10))
                           .packed(5, Sizes{0x3C00, 0xC000})
                           .text(8, "half");
  Message bools = Message().number(1, i64(2)).number(2, i64(9)).number(5, i64(1)).number(
      5, i64(0));  // not packed
  const Message words = Message()
                            .packed(1, Sizes{2})
                            .number(2, i64(12))
                            .packed(11, Sizes{1, 4294967295})
                            .text(8, "words");
  const Message single = Message().number(2, i64(11)).number(10, 0.25).text(8, "single");
  const std::string path = put("m.onnx", GraphMessage()
                                             .initializer(half)
                                             .initializer(bools.text(8, "bools"))
                                             .initializer(words)
                                             .initializer(single)
                                             .model());
  const NamedTensors all = onnx::read(path).initializers;
  EXPECT_TRUE(all[0].second.equal(tensor({1.f, -2.f}, {.dtype = float16})));
  EXPECT_TRUE(all[1].second.equal(tensor({true, false})));
  EXPECT_EQ(all[2].second.dtype(), uint32);
  EXPECT_EQ(all[2].second.to_vector<std::int64_t>()[1], 4294967295);
  EXPECT_TRUE(all[3].second.equal(full({}, 0.25, {.dtype = float64})));
  const NamedTensors again = tinygrad::load(path);
  ASSERT_EQ(again.size(), 4u);
  EXPECT_EQ(again[3].first, "single");
}

TEST_F(OnnxImport, ExternalDataLiesBelowTheFolder) {
  const auto external = [](const std::string& location, const std::string& offset) {
    const auto entry = [](const std::string& k, const std::string& v) {
      return Message().text(1, k).text(2, v);
    };
    const Message t = Message()
                          .packed(1, Sizes{2})
                          .number(2, i64(1))
                          .text(8, "w")
                          .message(13, entry("location", location))
                          .message(13, entry("offset", offset))
                          .number(14, i64(1));
    return GraphMessage().initializer(t).model();
  };
  const float values[] = {7, 1, 2};
  put("data.bin", {reinterpret_cast<const char*>(values), sizeof values});
  const auto read = [&](const std::string& location, const std::string& offset) {
    return onnx::read(put("m.onnx", external(location, offset))).initializers[0].second;
  };
  EXPECT_TRUE(read("data.bin", "4").equal(tensor({1.f, 2.f})));
  expect_error<IoError>([&] { read("data.bin", "8"); },
                        "has 8 bytes at offset 8 of a file of 12 bytes");
  expect_error<IoError>([&] { read("data.bin", "18446744073709551615"); }, "of a file of 12 bytes");
  expect_error<IoError>([&] { read("data.bin", "-4"); }, "expected an integer");
  for (const char* path : {"../data.bin", "/etc/passwd", "a/../../b", ""})
    expect_error<IoError>([&] { read(path, "0"); }, "expected a path below the model's folder");
}

TEST_F(OnnxImport, IfRunsOneBranchAndSeesOuterValues) {
  const GraphMessage branch_a = GraphMessage().node("Add", {"x", "h"}, {"a"}).output("a");
  const GraphMessage branch_b = GraphMessage()
                                    .initializer(floats("w", {2}, {5, 6}))
                                    .node("Mul", {"h", "w"}, {"b"})
                                    .output("b");
  const auto model = load(GraphMessage()
                              .input("x", {2})
                              .input("c", {}, 9)
                              .node("Neg", {"x"}, {"h"})
                              .node("If", {"c"}, {"y"},
                                    {graph_attribute("then_branch", branch_a.message()),
                                     graph_attribute("else_branch", branch_b.message())})
                              .output("y"));
  EXPECT_EQ(model->named_parameters()[0].first, "w");
  const Tensor x = tensor({1.f, 2.f});
  for (int repeat = 0; repeat < 2; ++repeat) {
    EXPECT_TRUE(model->run({{"x", x}, {"c", full({}, true, {.dtype = boolean})}})[0].second.equal(
        zeros({2})));
    EXPECT_TRUE(model->run({{"c", full({}, false, {.dtype = boolean})}, {"x", x}})[0].second.equal(
        tensor({-5.f, -12.f})));
  }
}

TEST_F(OnnxImport, ErrorsSayWhatIsWrong) {
  const auto unknown = GraphMessage()
                           .input("x", {2})
                           .node("Frobnicate", {"x"}, {"a"})
                           .node("Relu", {"a"}, {"b"})
                           .node("Loop", {"b"}, {"c"})
                           .node("Gelu", {"c"}, {"y"}, {}, "com.example")
                           .output("y");
  expect_error<IoError>(
      [&] { load(unknown); },
      "operators that are not supported: \"Frobnicate\", \"Loop\", \"com.example.Gelu\"");
  const auto model = load(two_layers());
  expect_error<ShapeError>(
      [&] {
        (*model)(zeros({2, 4}));
      },
      "the input \"x\" has the shape [N, 3] in the file, got [2, 4]");
  expect_error<DTypeError>(
      [&] {
        (*model)(zeros({2, 3}, {.dtype = int64}));
      },
      "is float32 in the file, got int64");
  expect_error<ArgumentError>([&] { model->run({}); }, "the input \"x\" is not given");
  expect_error<ArgumentError>(
      [&] {
        model->run({{"x", zeros({2, 3})}, {"z", zeros({1})}});
      },
      "has no input \"z\"");
  const auto wrong = load(GraphMessage()
                              .input("x", {2})
                              .initializer(floats("w", {3}, {1, 2, 3}))
                              .node("Add", {"x", "w"}, {"y"})
                              .output("y"));
  expect_error<ShapeError>([&] { (*wrong)(zeros({2})); }, "node_y (Add) of onnx::Model");
}

TEST_F(OnnxImport, NodesInputsAndMetadataCanBeRead) {
  const auto model = load(two_layers(), 19);
  ASSERT_EQ(model->nodes().size(), 3u);
  const onnx::Node& gemm = model->nodes()[0];
  EXPECT_EQ(gemm.op_type, "Gemm");
  EXPECT_EQ(gemm.opset, 19);
  EXPECT_EQ(gemm.inputs[1], "fc1.weight");
  EXPECT_EQ(std::get<std::int64_t>(*gemm.attribute("transB")), 1);
  EXPECT_EQ(gemm.attribute("alpha"), nullptr);
  ASSERT_EQ(model->inputs().size(), 1u);
  EXPECT_EQ((*model->inputs()[0].shape)[0].name, "N");
  EXPECT_EQ((*model->inputs()[0].shape)[1].size, 3);
  EXPECT_EQ(model->outputs()[0].name, "y");
  EXPECT_EQ(model->graph().producer, "test");
}

}  // namespace
}  // namespace tinygrad::test
