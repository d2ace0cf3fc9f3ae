// SPDX-License-Identifier: MIT
// ONNX files that save() writes: read back, they have the nodes, names and values that the module
// has. That other programs compute the same from them is what check_export.py judges.
#include "tinygrad/onnx/save.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <functional>
#include <map>

#include "../../examples/mnist/nets.h"
#include "tinygrad/onnx/load.h"
#include "tinygrad/tinygrad.h"

namespace tinygrad {
namespace {

std::string path() {
  const std::string test = ::testing::UnitTest::GetInstance()->current_test_info()->name();
  return (std::filesystem::temp_directory_path() / ("onnx_save." + test + ".onnx")).string();
}
struct onnx_save : ::testing::Test {
  void TearDown() override { std::filesystem::remove(path()); }
};

/// What f computes, as a file that is read back.
onnx::Graph graph_of(Tensor (*f)(const Tensor&), const Tensor& x,
                     const onnx::SaveOptions& options = {}) {
  nn::Lambda net(f);
  net.eval();
  onnx::save(net, x, path(), options);
  return onnx::read(path());
}
std::vector<std::string> types(const onnx::Graph& graph) {
  std::vector<std::string> all;
  for (const auto& node : graph.nodes) all.push_back(node.op_type);
  return all;
}
template <class T> T attribute(const onnx::Node& node, const char* name) {
  return std::get<T>(*node.attribute(name));
}
using Types = std::vector<std::string>;
using Ints = std::vector<std::int64_t>;

std::string message_of(const std::function<void()>& f) {
  try {
    f();
  } catch (const Error& e) { return e.what(); }
  return "no error";
}

struct SmallNet : nn::Module {
  nn::Conv2d conv = add("conv", nn::Conv2d(2, 3, 3, {.stride = 2, .padding = 1}));
  nn::BatchNorm2d norm = add("norm", nn::BatchNorm2d(3, {.eps = 0.25}));
  nn::Linear fc = add("fc", nn::Linear(12, 4));
  Tensor forward(const Tensor& x) override { return fc(flatten(relu(norm(conv(x))), 1)); }
};

TEST_F(onnx_save, a_net_has_its_nodes_and_its_names) {
  SmallNet net;
  net.eval();
  onnx::save(net, randn({4, 2, 4, 4}), path());
  const onnx::Graph graph = onnx::read(path());
  EXPECT_EQ(types(graph), (Types{"Conv", "BatchNormalization", "Relu", "Reshape", "Gemm"}));
  EXPECT_EQ(graph.opsets.at(""), 20);
  EXPECT_EQ(attribute<Ints>(graph.nodes[0], "strides"), (Ints{2, 2}));
  EXPECT_EQ(attribute<Ints>(graph.nodes[0], "pads"), (Ints{1, 1, 1, 1}));
  EXPECT_EQ(attribute<float>(graph.nodes[1], "epsilon"), 0.25f);
  EXPECT_EQ(graph.nodes[4].inputs[1], "fc.weight");
  std::map<std::string, Tensor> tensors(graph.initializers.begin(), graph.initializers.end());
  for (const auto& [name, t] : net.state_dict()) {
    if (name.ends_with("num_batches_tracked")) continue;  // nothing reads it
    ASSERT_TRUE(tensors.contains(name)) << name;
    EXPECT_TRUE((tensors[name] == t).all().item<bool>()) << name;
  }
}

TEST_F(onnx_save, the_batch_is_n) {
  const auto graph = graph_of(
      [](const Tensor& x) {
        return x.reshape({-1, 6}) * 2;
      },
      ones({4, 2, 3}));
  ASSERT_EQ(graph.inputs.size(), 1u);
  EXPECT_EQ(graph.inputs[0].shape->at(0).name, "N");
  EXPECT_EQ(graph.inputs[0].shape->at(1).size, 2);
  EXPECT_EQ(graph.outputs[0].shape->at(0).name, "N");
  EXPECT_EQ(graph.outputs[0].shape->at(1).size, 6);
}

TEST_F(onnx_save, without_a_dynamic_batch_all_sizes_are_known) {
  const auto graph = graph_of([](const Tensor& x) { return x / double(x.size(0)); }, ones({4, 2}),
                              {.dynamic_batch = false, .inputs = {"in"}, .outputs = {"out"}});
  EXPECT_EQ(graph.inputs[0].name, "in");
  EXPECT_EQ(graph.outputs[0].name, "out");
  EXPECT_EQ(graph.inputs[0].shape->at(0).size, 4);
}

TEST_F(onnx_save, ops_are_the_nodes_of_the_opset) {
  const auto f = [](const Tensor& x) { return gelu(x); };
  EXPECT_EQ(types(graph_of(f, ones({2}))), Types{"Gelu"});
  EXPECT_EQ(types(graph_of(f, ones({2}), {.opset = 17})),
            (Types{"Mul", "Erf", "Mul", "Add", "Mul"}));
}

TEST_F(onnx_save, what_no_input_leads_to_is_a_constant) {
  const auto graph =
      graph_of([](const Tensor& x) { return x + exp(arange(0, 3) * 0.5); }, ones({2, 3}));
  EXPECT_EQ(types(graph), Types{"Add"});
  ASSERT_EQ(graph.initializers.size(), 1u);
  EXPECT_EQ(graph.initializers[0].second.to_vector<float>(),
            exp(arange(0, 3) * 0.5).to_vector<float>());
}

TEST_F(onnx_save, positions_are_nodes_of_their_own) {
  const auto f = [](const Tensor& x) { return argsort(x, 1, true); };
  const auto sorted = graph_of(f, ones({2, 5}));
  EXPECT_EQ(types(sorted), Types{"TopK"});
  EXPECT_EQ(sorted.nodes[0].outputs.size(), 2u);
  EXPECT_EQ(attribute<std::int64_t>(sorted.nodes[0], "largest"), 1);
  const auto scattered = graph_of(
      [](const Tensor& x) {
        return index_add(x, 1, tensor({0, 0}), x);
      },
      ones({2, 2}));
  EXPECT_EQ(types(scattered), (Types{"Shape", "Concat", "Expand", "ScatterElements"}));
  EXPECT_EQ(attribute<std::string>(scattered.nodes.back(), "reduction"), "add");
  const auto padded = graph_of(
      [](const Tensor& x) {
        return pad(x, {1, 2}, PadMode::reflect);
      },
      ones({2, 5}));
  EXPECT_EQ(types(padded), Types{"Pad"});
  EXPECT_EQ(attribute<std::string>(padded.nodes[0], "mode"), "reflect");
}

TEST_F(onnx_save, a_layer_norm_of_steps_is_one_node) {
  nn::LayerNorm norm(6);
  norm.eval();
  onnx::save(norm, randn({2, 5, 6}), path());
  EXPECT_EQ(types(onnx::read(path())), Types{"LayerNormalization"});
}

TEST_F(onnx_save, half_precision_weights_stay_so) {
  nn::Linear fc(2, 3);
  fc.to(bfloat16).eval();
  onnx::save(fc, ones({2, 2}, {.dtype = bfloat16}), path());
  EXPECT_EQ(onnx::read(path()).initializers[0].second.dtype(), bfloat16);
}

TEST_F(onnx_save, the_file_computes_what_the_module_does) {
  manual_seed(3);
  mnist::Cnn net;
  net.eval();
  const NoGrad off;
  const Tensor x = randn({3, 1, 28, 28});
  onnx::save(net, x, path());
  const Tensor y = (*onnx::load(path()))(x);
  EXPECT_EQ(y.to_vector<float>(), net(x).to_vector<float>());
}

// ------------------------------------------------------------ what is refused

TEST_F(onnx_save, training_mode) {
  nn::Dropout drop(0.5);
  EXPECT_EQ(message_of([&] { onnx::save(drop, ones({2}), path()); }).substr(0, 60),
            "onnx::save: the module is in training mode; call eval()\n  ca");
  nn::Lambda random([](const Tensor& x) { return x + rand_like(x); });
  random.eval();
  EXPECT_NE(message_of([&] {
              onnx::save(random, ones({2}), path());
            }).find("\"rand\" (Lambda) is drawn at random; call eval()"),
            std::string::npos);
}

TEST_F(onnx_save, all_ops_without_a_form_are_listed) {
  nn::Lambda net([](const Tensor& x) {
    const Tensor products = cumprod(x, 1);
    return products.sum() + diagonal(x).sum();
  });
  net.eval();
  const std::string message = message_of([&] { onnx::save(net, ones({3, 3}), path()); });
  EXPECT_NE(message.find("these ops have no form in opset 20:\n    \"cumprod\" (Lambda)\n    "
                         "\"diagonal\" (Lambda)\n"),
            std::string::npos)
      << message;
  EXPECT_FALSE(std::filesystem::exists(path()));
}

TEST_F(onnx_save, outputs_without_a_form_are_no_constants) {
  nn::Lambda net([](const Tensor& x) { return max_pool1d_with_indices(x, 2).indices * 2; });
  net.eval();
  EXPECT_NE(message_of([&] {
              onnx::save(net, ones({3, 1, 4}), path());
            }).find("\"max_pool1d\" (Lambda)"),
            std::string::npos);
  nn::Lambda unused([](const Tensor& x) {
    diagonal(x);  // nothing reads it
    return x * 2;
  });
  unused.eval();
  onnx::save(unused, ones({3, 3}), path());
  EXPECT_EQ(types(onnx::read(path())), Types{"Mul"});
}

TEST_F(onnx_save, values_that_depend_on_the_batch) {
  nn::Lambda net([](const Tensor& x) { return x / double(x.size(0)); });
  net.eval();
  EXPECT_NE(message_of([&] {
              onnx::save(net, ones({3}), path());
            }).find("\"div\" (Lambda) has a parameter that depends on the size of the batch"),
            std::string::npos);
  nn::Lambda other([](const Tensor& x) { return x.size(0) > 2 ? x * 2 : x; });
  other.eval();
  EXPECT_NE(message_of([&] { onnx::save(other, ones({3}), path()); }).find("the module runs 0 ops"),
            std::string::npos);
}

struct Counting : nn::Module {
  nn::Buffer count = add_buffer("count", zeros({}));
  Tensor forward(const Tensor& x) override {
    count += 1.0;
    return x + count;
  }
};

TEST_F(onnx_save, weights_that_change) {
  Counting net;
  net.eval();
  EXPECT_NE(message_of([&] {
              onnx::save(net, ones({3}), path());
            }).find("\"add_\" (Counting) writes into count; a file has no state that changes"),
            std::string::npos);
}

TEST_F(onnx_save, options) {
  nn::Lambda net([](const Tensor& x) { return x * 2; });
  net.eval();
  const auto message = [&](const Tensor& x, const onnx::SaveOptions& options) {
    return message_of([&] { onnx::save(net, x, path(), options); });
  };
  EXPECT_NE(message(ones({2}), {.opset = 16}).find("the opset must be in 17 ... 23, got 16"),
            std::string::npos);
  EXPECT_NE(message(ones({}), {}).find("has no batch in dimension 0"), std::string::npos);
  EXPECT_NE(message(ones({2}), {.inputs = {"a", "b"}}).find("expected 1 names of inputs, got 2"),
            std::string::npos);
}

}  // namespace
}  // namespace tinygrad
