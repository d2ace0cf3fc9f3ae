// SPDX-License-Identifier: MIT
// Tests observers of ops: order, nesting, names, modules and views of a training step; formulas;
// failures.
#include "tinygrad/observer.h"

#include <algorithm>
#include <limits>

#include "backends/common/required_kernels_only.h"
#include "support/nn_help.h"
#include "tinygrad/op.h"
#include "tinygrad/optim.h"

namespace tinygrad {
namespace {

/// Every event in text: "> conv2d fc1" when an op begins, "< conv2d" when it ends.
struct Log : Observer {
  struct Entry {
    std::string name, path, derivative_of;
    OpStatus status;
    std::vector<Shape> inputs, outputs;
    int line, depth;
  };
  std::vector<Entry> entries;  ///< of ended ops, in the order of their ends
  std::vector<std::string> open;
  void begin(const OpEvent& op) override {
    EXPECT_EQ(op.status, OpStatus::running);
    EXPECT_TRUE(op.outputs.empty());
    open.emplace_back(op.name);
  }
  void end(const OpEvent& op) override {
    ASSERT_FALSE(open.empty());
    EXPECT_EQ(open.back(), op.name);
    open.pop_back();
    entries.push_back({op.name, op.path ? op.path->text : "",
                       op.derivative_of ? op.derivative_of : "", op.status, shapes(op.inputs),
                       shapes(op.outputs), op.location.line, int(open.size())});
  }
  static std::vector<Shape> shapes(Views views) {
    std::vector<Shape> all;
    for (auto& v : views) all.push_back(v.shape());
    return all;
  }
  /// Position of the first such op; the test fails if there is none.
  std::size_t find(const std::string& name, const std::string& derivative_of = "") const {
    for (std::size_t i = 0; i < entries.size(); ++i)
      if (entries[i].name == name && entries[i].derivative_of == derivative_of) return i;
    ADD_FAILURE() << "no " << name << " for \"" << derivative_of << "\"";
    return 0;
  }
};

struct ConvNet : nn::Module {
  nn::Conv2d conv = add("conv", nn::Conv2d(1, 4, 3, {.padding = 1}));
  nn::Linear fc1 = add("fc1", nn::Linear(4 * 6 * 6, 5));
  Tensor forward(const Tensor& x) override { return fc1(flatten(relu(conv(x)), 1)); }
};

const Device& without_kernels() {
  static const Device device = register_backend(std::make_unique<RequiredKernelsOnly>(
                                                    backend("cpu"), Device("without_kernels")))
                                   .device();
  return device;
}

/// One step of training.
Log observed_step(const Device& device) {
  ConvNet net;
  net.to(device);
  const Tensor x = randn({2, 1, 6, 6}).to(device), y = tensor({1, 3}).to(device);
  optim::SGD sgd(net.parameters(), {.lr = 0.1});
  Log log;
  const ObserverScope scope(log);
  cross_entropy(net(x), y).backward();
  sgd.step();
  return log;
}

TEST(Observer, SeesATrainingStepInOrder) {
  const Log log = observed_step("cpu");
  EXPECT_TRUE(log.open.empty());
  const std::size_t conv = log.find("conv2d"), relu = log.find("relu"), fc = log.find("linear"),
                    loss = log.find("cross_entropy"), sgd = log.find("sgd");
  EXPECT_TRUE(conv < relu && relu < fc && fc < loss && loss < sgd);
  EXPECT_EQ(sgd + 1, log.entries.size());

  const Log::Entry& c = log.entries[conv];
  EXPECT_EQ(c.path, "conv");
  EXPECT_EQ(c.status, OpStatus::kernel);
  EXPECT_EQ(c.inputs, (std::vector<Shape>{{2, 1, 6, 6}, {4, 1, 3, 3}, {4}}));
  EXPECT_EQ(c.outputs, (std::vector<Shape>{{2, 4, 6, 6}}));
  EXPECT_GT(c.line, 0);
  EXPECT_EQ(log.entries[fc].path, "fc1");
  EXPECT_EQ(log.entries[fc].depth, 0);
  EXPECT_EQ(log.entries[relu].path, "");
  EXPECT_TRUE(std::any_of(log.entries.begin(), log.entries.end(),
                          [](auto& e) { return e.status == OpStatus::view; }));
}

TEST(Observer, SeesTheBackwardPassWithTheNamesOfTheForwardPass) {
  const Log log = observed_step("cpu");
  const auto of = [&](const char* name) {
    return std::find_if(log.entries.begin(), log.entries.end(),
                        [&](auto& e) { return e.derivative_of == name; });
  };
  const auto loss = of("cross_entropy"), fc = of("linear"), conv = of("conv2d");
  ASSERT_TRUE(loss != log.entries.end() && fc != log.entries.end() && conv != log.entries.end());
  EXPECT_TRUE(loss < fc && fc < conv);
  EXPECT_EQ(fc->path, "fc1");
  EXPECT_EQ(conv->path, "conv");
  const Log::Entry& forward = log.entries[log.find("linear")];
  EXPECT_EQ(fc->line, forward.line);
  for (auto& e : log.entries)
    if (e.name == "sgd") { EXPECT_EQ(e.derivative_of, ""); }
}

TEST(Observer, SeesFormulasAndTheOpsOfWhichTheyAreMade) {
  const Log log = observed_step(without_kernels());
  EXPECT_TRUE(log.open.empty());
  const Log::Entry& fc = log.entries[log.find("linear")];
  EXPECT_EQ(fc.status, OpStatus::formula);
  EXPECT_EQ(fc.depth, 0);
  const Log::Entry& product = log.entries[log.find("linear") - 2];  // matmul, then + bias
  EXPECT_EQ(product.name, "matmul");
  EXPECT_EQ(product.depth, 1);
  EXPECT_EQ(product.status, OpStatus::kernel);
  EXPECT_EQ(product.path, "fc1");
  EXPECT_EQ(log.entries.back().name, "sgd");
  EXPECT_EQ(log.entries.back().status, OpStatus::formula);
}

TEST(Observer, IsToldOfAnOpThatFails) {
  struct Fails : RequiredKernelsOnly {
    Fails() : RequiredKernelsOnly(backend("cpu"), Device("fails")) {}
    void matmul(const View&, const View&, const View&) override { fail(Call{"matmul"}, "broken"); }
  };
  static Backend& device = register_backend(std::make_unique<Fails>());
  const Tensor x = ones({2, 2}, {.device = device.device()}), w = x * 1;
  Log log;
  {
    const ObserverScope scope(log);
    message_of<ArgumentError>([&] { linear(x, w, {}); });
  }
  EXPECT_TRUE(log.open.empty());
  ASSERT_GE(log.entries.size(), 2u);
  EXPECT_EQ(log.entries.back().name, "linear");
  EXPECT_EQ(log.entries.back().status, OpStatus::failed);
  EXPECT_EQ(log.entries[log.entries.size() - 2].name, "matmul");
  EXPECT_EQ(log.entries[log.entries.size() - 2].status, OpStatus::failed);
  EXPECT_TRUE(log.entries.back().outputs.empty());
  x + x;  // no observer now
  EXPECT_EQ(log.entries.back().name, "linear");
}

TEST(Observer, NestsAndDoesNotObserveItself) {
  struct Named : Observer {
    Named(const char* name, std::vector<std::string>& order) : name(name), order(order) {}
    void begin(const OpEvent& op) override { order.push_back("> " + name + " " + op.name); }
    void end(const OpEvent& op) override {
      ones({2}) + 1;  // would be observed, and so on without an end
      order.push_back("< " + name + " " + op.name);
    }
    std::string name;
    std::vector<std::string>& order;
  };
  std::vector<std::string> order;
  Named outer("outer", order), inner("inner", order);
  const Tensor x = ones({2});
  const ObserverScope a(outer);
  {
    const ObserverScope b(inner);
    exp(x);
  }
  neg(x);
  EXPECT_EQ(order, (std::vector<std::string>{"> outer exp", "> inner exp", "< inner exp",
                                             "< outer exp", "> outer neg", "< outer neg"}));
}

TEST(Observer, ThatThrowsEndsTheOp) {
  struct Throws : Observer {
    bool at_end = false;
    void begin(const OpEvent&) override {
      if (!at_end) throw std::runtime_error("begin");
    }
    void end(const OpEvent& op) override {
      if (at_end && op.status != OpStatus::failed) throw std::runtime_error("end");
    }
  };
  Throws throws;
  const Tensor x = ones({2});
  for (bool at_end : {false, true}) {
    throws.at_end = at_end;
    const ObserverScope scope(throws);
    EXPECT_EQ(message_of<std::runtime_error>([&] { exp(x); }), at_end ? "end" : "begin");
  }
  EXPECT_EQ(exp(x).shape(), (Shape{2}));
}

TEST(Observer, SeesDerivativesThatReplayAFormula) {
  const auto cube = [](In x) -> Tensor {
    return apply({.name = "cube", .inputs = {x}, .formula = [](const Tensors& in) {
                    return Tensors(in[0] * in[0] * in[0]);
                  }});
  };
  const Tensor x = tensor({1.f, 2.f}).requires_grad_();
  const Tensor y = sum(cube(x));
  Log log;
  const ObserverScope scope(log);
  y.backward();
  const Log::Entry& again = log.entries[log.find("cube", "cube")];
  EXPECT_EQ(again.status, OpStatus::formula);
  EXPECT_EQ(again.outputs, (std::vector<Shape>{{2}}));
}

}  // namespace
}  // namespace tinygrad
