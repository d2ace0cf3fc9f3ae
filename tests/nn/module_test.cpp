// SPDX-License-Identifier: MIT
// Tests registration: what a module adds is found, trained, saved and moved, even if the module
// itself is moved.
#include "support/nn_help.h"

namespace tinygrad {
namespace {

using Names = std::vector<std::string>;

struct Net : nn::Module {
  nn::Linear fc1 = add("fc1", nn::Linear(784, 512));
  nn::Linear fc2 = add("fc2", nn::Linear(512, 10));
  Tensor forward(const Tensor& x) override { return fc2(relu(fc1(x))); }
};
struct SmallNet : nn::Module {
  nn::Linear fc1 = add("fc1", nn::Linear(4, 3));
  nn::Linear fc2 = add("fc2", nn::Linear(3, 2));
  Tensor forward(const Tensor& x) override { return fc2(fc1(x)); }
};
struct Wrapped : nn::Module {
  SmallNet body = add("body", SmallNet());
  nn::Parameter scale = add("scale", ones({2}));
  nn::Buffer seen = add_buffer("seen", zeros({}, {.dtype = int64}));
  Tensor forward(const Tensor& x) override { return body(x) * scale; }
};
Wrapped make() {
  Wrapped w;
  return w;
}

static_assert(std::is_nothrow_move_constructible_v<nn::Linear> && !std::is_move_assignable_v<Net>);
static_assert(!std::is_copy_constructible_v<Net> && !std::is_copy_assignable_v<Net>);
static_assert(!std::is_assignable_v<nn::Parameter&, Tensor> &&
              !std::is_copy_constructible_v<nn::Parameter>);

/// The registry and the members are the same tensors.
void expect_whole(const Wrapped& w) {
  const NamedTensors p = w.named_parameters();
  ASSERT_EQ(names(p), (Names{"scale", "body.fc1.weight", "body.fc1.bias", "body.fc2.weight",
                             "body.fc2.bias"}));
  EXPECT_EQ(p[0].second.impl(), w.scale.impl());
  EXPECT_EQ(p[3].second.impl(), w.body.fc2.weight.impl());
}

TEST(Module, SurvivesReturnsMovesAndGrowingVectors) {
  Wrapped w = make();
  expect_whole(w);
  Wrapped moved = std::move(w);
  expect_whole(moved);
  std::vector<Wrapped> many;
  many.push_back(std::move(moved));
  for (int i = 0; i < 9; ++i) many.emplace_back();
  expect_whole(many[0]);
  nn::init::constant_(many[0].named_parameters()[0].second,
                      7);                  // an optimizer writes through the registry...
  expect_close(many[0].scale, {7, 7}, 0);  // ...and the layer sees it
  expect_says(message_of<ArgumentError>([&] { moved.parameters(); }),
              "module: this module was moved from");
}

TEST(Module, RunsLikeTheOpsItIsMadeOf) {
  Wrapped w;
  const Tensor x = randn({5, 4});
  const Tensor h =
      linear(linear(x, w.body.fc1.weight, w.body.fc1.bias), w.body.fc2.weight, w.body.fc2.bias);
  expect_same(w(x), h * w.scale);
}

TEST(Module, KnowsItsParametersBuffersAndChildren) {
  Wrapped w;
  EXPECT_EQ(w.parameters().size(), 5u);
  for (auto& p : w.parameters()) EXPECT_TRUE(p.requires_grad() && p.is_leaf());
  EXPECT_EQ(names(w.named_buffers()), Names{"seen"});
  EXPECT_EQ(names(w.state_dict()), (Names{"scale", "seen", "body.fc1.weight", "body.fc1.bias",
                                          "body.fc2.weight", "body.fc2.bias"}));
  ASSERT_EQ(w.children().size(), 1u);
  EXPECT_EQ(w.children()[0].name + " " + w.children()[0].type, "body SmallNet");
  EXPECT_EQ(w.body.fc1.name(), "fc1");
  EXPECT_EQ(w.name(), "");
}

TEST(Module, TakesTheShapeErrorsOfItsLayers) {
  Net net;
  EXPECT_EQ(message_of<ShapeError>([&] {
              net(zeros({64, 780}));
            }),
            "linear: x has 780 features, but the weight expects 784: [64, 780] × [512, 784]ᵀ\n"
            "                                                             ^^^          ^^^\n"
            "  in fc1 (Linear) of Net, called at module_test.cpp:14");
}

struct Forgot : nn::Module {
  nn::Linear fc = nn::Linear(2, 2);  // the mistake: no add
  Tensor forward(const Tensor& x) override { return fc(x); }
};

TEST(Module, FindsAForgottenAdd) {
  Forgot net;
  const std::string message = message_of<ArgumentError>([&] { net(ones({1, 2})); });
  expect_says(message, "Linear: has parameters and runs inside a module that never add()ed it");
  expect_says(message,
              "declare it as  Linear name = add(\"name\", Linear(...))\n  in Forgot, called at "
              "module_test.cpp");
  EXPECT_EQ(net.fc(ones({1, 2})).shape(), (Shape{1, 2}));  // on its own it is fine
  EXPECT_EQ(Scope::current(), nullptr);
}

TEST(Module, ChecksNames) {
  struct Bad : nn::Module {
    void twice() { add("a", nn::Linear(1, 1)), add_buffer("a", ones({1})); }
    void dot() { add("a.b", ones({1})); }
    void empty_name() { add("", ones({1})); }
    void undefined() { add("w", Tensor()); }
    void integer() { add("w", zeros({1}, {.dtype = int64})); }
    void shared() {
      nn::Linear one = add("one", nn::Linear(1, 1));
      add("two", std::move(one));
    }
  };
  expect_says(message_of<ArgumentError>([] { Bad().twice(); }),
              "add_buffer: the name \"a\" is already used in this module");
  expect_says(message_of<ArgumentError>([] { Bad().dot(); }), "add: the name \"a.b\" has a dot");
  expect_says(message_of<ArgumentError>([] { Bad().empty_name(); }), "add: a name is needed");
  expect_says(message_of<ArgumentError>([] { Bad().undefined(); }),
              "add: \"w\" is an undefined tensor");
  expect_says(message_of<ArgumentError>([] { Bad().shared(); }),
              "was already added somewhere as \"one\"");
  message_of<DTypeError>([] { Bad().integer(); });
}

struct Pairwise : nn::Module {
  nn::Linear left = add("left", nn::Linear(2, 1));
  Tensor operator()(In a, In b) {
    return run(a.location, [&] { return left(*a) + left(*b); });
  }
};

TEST(Module, MayTakeOtherArguments) {
  Pairwise pair;
  EXPECT_EQ(pair(ones({3, 2}), ones({3, 2})).shape(), (Shape{3, 1}));
  expect_says(message_of<ShapeError>([&] {
                pair(ones({3, 2}), ones({3, 5}));
              }),
              "in left (Linear) of Pairwise");
  nn::Module& base = pair;
  expect_says(message_of<ArgumentError>([&] {
                base(ones({3, 2}));
              }),
              "Pairwise: has no forward(x)");
}

/// Two inputs, two outputs, inside another module.
struct Attention : nn::Module {
  nn::Linear key = add("key", nn::Linear(4, 3));
  std::pair<Tensor, Tensor> operator()(In q, In k, bool is_causal = false) {
    return run(q.location, [&] {
      const Tensor weights = softmax(matmul(*q, key(*k).t()), is_causal ? 0 : 1);
      return std::pair(matmul(weights, *k), weights);
    });
  }
};
struct Block : nn::Module {
  Attention attention = add("attention", Attention());
  nn::Linear out = add("out", nn::Linear(4, 2));
  Tensor operator()(In q, In k) {
    return run(q.location, [&] { return out(attention(*q, *k).first); });
  }
};

TEST(Module, WithSeveralInputsIsNamedInErrors) {
  Block block;
  EXPECT_EQ(block(ones({5, 3}), ones({6, 4})).shape(), (Shape{5, 2}));
  expect_says(message_of<ShapeError>([&] {
                block(ones({5, 3}), ones({6, 7}));
              }),
              "in attention.key (Linear) of Block, called at module_test.cpp");
  expect_says(message_of<ShapeError>([&] {
                block(ones({5, 9}), ones({6, 4}));
              }),
              "in attention (Attention) of Block, called at module_test.cpp");
  EXPECT_EQ(Scope::current(), nullptr);
}

TEST(Module, WithSeveralInputsMustBeAdded) {
  struct Forgetful : nn::Module {
    Attention attention;
    Tensor operator()(In q, In k) {
      return run(q.location, [&] { return attention(*q, *k).first; });
    }
  };
  Forgetful net;
  expect_says(message_of<ArgumentError>([&] {
                net(ones({5, 3}), ones({6, 4}));
              }),
              "Attention: has parameters and runs inside a module that never add()ed it");
}

TEST(Module, WithSeveralInputsIsListedBySummary) {
  Block block;
  block.attention.eval();
  const std::string text = nn::summary(block, [&] { block(ones({5, 3}), ones({6, 4})); });
  expect_says(text, "attention      Attention                           [5, 4], [5, 6]");
  expect_says(text, "attention.key  Linear     weight [3, 4], bias [3]  [6, 3]");
  expect_says(text, "-              Block                               [5, 2]");
  EXPECT_TRUE(block.training() && !block.attention.training());
}

TEST(Module, CallsForwardHooksWithTheOutputs) {
  Block block;
  std::vector<std::string> calls;
  const auto note = [&](const char* name) {
    return [&calls, name](nn::Module&, const Tensors& ys) {
      calls.push_back(name);
      for (auto& y : ys) calls.back() += " " + to_string(y.shape());
    };
  };
  block.register_forward_hook(note("block"));
  block.attention.register_forward_hook(note("attention"));
  auto removed = block.attention.key.register_forward_hook(note("key"));
  block.attention.key.register_forward_hook([&](nn::Module& m, const Tensors&) {
    EXPECT_EQ(m.name(), "key");
    EXPECT_EQ(Scope::path()->text, "attention.key");
  });
  block(ones({5, 3}), ones({6, 4}));
  EXPECT_EQ(calls, (Names{"key [6, 3]", "attention [5, 4] [5, 6]", "block [5, 2]"}));
  removed.remove(), removed.remove();
  Block moved = std::move(block);
  calls.clear();
  moved(ones({5, 3}), ones({6, 4}));
  EXPECT_EQ(calls, (Names{"attention [5, 4] [5, 6]", "block [5, 2]"}));
  message_of<ArgumentError>([&] { moved.register_forward_hook({}); });
}

TEST(Module, MayRemoveAHookWhoseModuleIsGone) {
  auto linear = std::make_unique<nn::Linear>(2, 2);
  auto handle = linear->register_forward_hook([](nn::Module&, const Tensors&) {});
  linear.reset();
  handle.remove();
}

/// Returns nothing.
struct Counter : nn::Module {
  int count = 0;
  void operator()(int by) {
    run({}, [&] { count += by; });
  }
};
/// Has an argument with a default, which a Sequential leaves out.
struct Scale : nn::Module {
  nn::Parameter weight = add("weight", full({3}, 2.f));
  Tensor operator()(In x, double by = 1) {
    return run(x.location, [&] { return *x * weight * by; });
  }
};

TEST(Module, MayReturnNothingAndHaveDefaults) {
  Counter counter;
  int outputs = -1;
  counter.register_forward_hook([&](nn::Module&, const Tensors& ys) { outputs = int(ys.size()); });
  counter(3);
  EXPECT_EQ(counter.count, 3);
  EXPECT_EQ(outputs, 0);

  nn::Sequential net{Scale(), nn::ReLU(), Scale()};
  expect_close(net(ones({3})), {4, 4, 4}, 0);
  expect_says(message_of<ShapeError>([&] { net(ones({2})); }), "in 0 (Scale) of Sequential");
  expect_says(nn::summary(net, {3}), "2      Scale       weight [3]");
}

TEST(Module, SwitchesAllInsideBetweenTrainingAndEvaluation) {
  nn::Sequential net(nn::Linear(2, 2), nn::Sequential(nn::Dropout(1)));
  EXPECT_TRUE(net[1].training());
  expect_close(net(ones({1, 2})), {0, 0}, 0);
  net.eval();
  EXPECT_FALSE(net.training() || net[1].training());
  EXPECT_NE(net(ones({1, 2})).to_vector<float>(), std::vector<float>(2));
  net.train();
  EXPECT_TRUE(net[1].training());
}

TEST(Module, ForgetsGradients) {
  SmallNet net;
  net(ones({1, 4})).sum().backward();
  EXPECT_TRUE(net.fc1.weight.grad().defined());
  net.zero_grad();
  EXPECT_FALSE(net.fc1.weight.grad().defined());
}

TEST(Module, MovesMemoryAndKeepsTheHandles) {
  Wrapped net;
  const Tensor held = net.body.fc1.weight;  // as an optimizer holds it
  const auto before = held.to_vector<float>();
  net(ones({1, 4})).sum().backward();
  net.to(float64);
  EXPECT_EQ(held.dtype(), float64);
  EXPECT_EQ(held.impl(), net.body.fc1.weight.impl());
  EXPECT_EQ(held.to_vector<float>(), before);
  EXPECT_EQ(held.grad().dtype(), float64);
  EXPECT_EQ(net.seen.dtype(), int64);
  EXPECT_TRUE(held.requires_grad());
  net.zero_grad();
  net(ones({1, 4}, {.dtype = float64})).sum().backward();
  EXPECT_EQ(held.grad().dtype(), float64);
  expect_says(message_of<DTypeError>([&] { net.to(int32); }), "to: parameters cannot be int32");
}

TEST(Module, ListsASharedParameterOnce) {
  struct Tied : nn::Module {
    nn::Linear in = add("in", nn::Linear(2, 2));
    nn::Parameter out = add("out", in.weight);
  };
  Tied net;
  EXPECT_EQ(net.parameters().size(), 2u);
  EXPECT_EQ(names(net.state_dict()), (Names{"out", "in.weight", "in.bias"}));
}

}  // namespace
}  // namespace tinygrad
