// SPDX-License-Identifier: MIT
// Tests the text of errors: the op, the shapes with their marks, the module, the caller's line.
#include <gtest/gtest.h>

#include <cmath>
#include <functional>

#include "backends/common/required_kernels_only.h"
#include "tinygrad/amp.h"
#include "tinygrad/nn.h"
#include "tinygrad/ops.h"
#include "tinygrad/scope.h"

namespace tinygrad {
namespace {

/// The error that f throws.
template <class E> E thrown_by(const std::function<void()>& f) {
  try {
    f();
  } catch (const E& e) { return e; }
  ADD_FAILURE() << "no such error";
  return E("none");
}
std::string message(const std::function<void()>& f) { return thrown_by<Error>(f).what(); }
std::string line_of(int line) { return "called at error_test.cpp:" + std::to_string(line); }

TEST(Errors, ShowTheShapesWithMarks) {
  const int line = __LINE__ + 1;
  const std::string text = message([] { linear(ones({64, 780}), ones({512, 784})); });
  EXPECT_EQ(text,
            "linear: x has 780 features, but the weight expects 784: [64, 780] × [512, 784]ᵀ\n"
            "                                                             ^^^          ^^^\n"
            "  " +
                line_of(line));
}

TEST(Errors, MarksCountColumnsAndNotBytes) {
  auto marks = [](const std::string& before) {
    return message([&] { fail<ShapeError>("op", before, Marked{Shape{7, 345}, -1}); });
  };
  EXPECT_EQ(marks("abc "), "op: abc [7, 345]\n            ^^^");
  EXPECT_EQ(marks("äöü "), "op: äöü [7, 345]\n            ^^^");
  EXPECT_EQ(marks("日本é "),
            "op: 日本é [7, 345]\n            ^^^");  // one column each, as terminals count all but
                                                     // wide characters
  EXPECT_EQ(marks("two\nlines "), "op: two\nlines [7, 345]\n          ^^^");
}

TEST(Errors, ACharacterIsText) {
  try {
    require(false, "f", "not '", 'x', "'");
    FAIL();
  } catch (const ArgumentError& e) { EXPECT_STREQ(e.what(), "f: not 'x'"); }
}

TEST(Errors, HaveFields) {
  const int line = __LINE__ + 1;
  const auto e = thrown_by<ShapeError>([] { matmul(ones({2, 3}), ones({4, 5})); });
  EXPECT_EQ(e.op, "matmul");
  EXPECT_EQ(e.path, "");
  EXPECT_EQ(e.location.line, line);
  EXPECT_EQ(e.shapes, (std::vector<Shape>{{2, 3}, {4, 5}}));
}

TEST(Errors, NameTheUsersLine) {
  const Tensor a = ones({2}), b = ones({3}), scores = ones({2, 3});
  const Tensor labels = full({2}, 5, {.dtype = int64});
  auto ends_with = [](const std::string& text, int line) {
    return text.ends_with("\n  " + line_of(line));
  };
  EXPECT_TRUE(ends_with(message([&] { a + b; }), __LINE__));
  EXPECT_TRUE(ends_with(message([&] { a.sum(3); }), __LINE__));
  EXPECT_TRUE(ends_with(message([&] { a.reshape({7}); }), __LINE__));
  EXPECT_TRUE(ends_with(message([&] { softmax(a, 2); }), __LINE__));
  EXPECT_TRUE(ends_with(message([&] { cat({a, ones({2, 2})}); }), __LINE__));
  EXPECT_TRUE(ends_with(message([&] { cross_entropy(scores, labels); }), __LINE__));
  EXPECT_TRUE(ends_with(message([&] { embedding(labels, scores); }), __LINE__));
  EXPECT_TRUE(ends_with(message([&] { Tensor(a).add_(b); }), __LINE__));
  EXPECT_TRUE(ends_with(message([&] { a.backward(); }), __LINE__));
  EXPECT_TRUE(ends_with(message([&] { a.item<float>(); }), __LINE__));
  EXPECT_TRUE(ends_with(message([&] { a.size(1); }), __LINE__));
}

TEST(Errors, NameTheForwardLineInTheBackwardPass) {
  const Tensor x = ones({2}, {.requires_grad = true});
  Tensor t = x * 2;
  const int line = __LINE__ + 1;
  const Tensor u = t * t;
  t.add_(1);
  EXPECT_TRUE(message([&] { sum(u).backward(); }).ends_with(line_of(line)));
}

struct Inner : nn::Module {
  Tensor forward(const Tensor& x) override { return matmul(x, ones({4, 4})); }
};
struct Outer : nn::Module {
  Inner first = add("first", Inner());
  Tensor forward(const Tensor& x) override { return first(x); }
};

TEST(Errors, NameTheModule) {
  Outer net;
  const auto e = thrown_by<ShapeError>([&] { net(ones({2, 3})); });
  EXPECT_EQ(e.path, "first");
  EXPECT_NE(std::string(e.what()).find("\n  in first (Inner) of Outer, called at error_test.cpp:"),
            std::string::npos)
      << e.what();
}

TEST(Errors, TheModuleEndsWithTheError) {
  Outer net;
  EXPECT_THROW(net(ones({2, 3})), ShapeError);
  EXPECT_EQ(Scope::path(), nullptr);
  EXPECT_EQ(thrown_by<ShapeError>([] { ones({2}) + ones({3}); }).path, "");
}

TEST(Errors, TheProcessGoesOn) {
  for (int i = 0; i < 1000; ++i) EXPECT_THROW(ones({2}) + ones({3}), ShapeError);
  EXPECT_EQ((ones({2}) + ones({2})).to_vector<int>(), (std::vector<int>{2, 2}));
}

TEST(Errors, AreOneHierarchy) {
  EXPECT_THROW(ones({2}) + ones({3}), Error);
  EXPECT_THROW(ones({2}) + ones({3}), std::runtime_error);
  EXPECT_THROW(exp(Tensor()), Error);
  EXPECT_THROW(zeros({-1}), ShapeError);
  EXPECT_THROW(zeros({1, 1, 1, 1, 1, 1, 1, 1, 1}), ShapeError);
  EXPECT_THROW(zeros({std::int64_t(1) << 40, 1 << 30}), ShapeError);
  EXPECT_THROW(zeros({std::int64_t(1) << 61}), Error);  // more bytes than 63 bits count
  EXPECT_THROW(ones({2}).to("nowhere"), DeviceError);
  EXPECT_THROW(Device("cpu:"), ArgumentError);
  EXPECT_THROW(Device("cpu:-1"), ArgumentError);
  EXPECT_THROW(Device("cpu:99999999999"), ArgumentError);
  EXPECT_THROW(set_num_threads(0), ArgumentError);
  EXPECT_THROW(set_num_threads(257), ArgumentError);
}

TEST(Errors, SizesThatNoMachineHasAreErrorsToo) {
  EXPECT_THROW(zeros({std::int64_t(1) << 50}), Error);
  EXPECT_THROW(arange(1e14), Error);
  EXPECT_THROW(arange(INT64_MAX), Error);
  EXPECT_THROW(randperm(std::int64_t(1) << 60), Error);
  EXPECT_THROW(arange(0, 1, 0), ArgumentError);
  EXPECT_THROW(arange(0, 1, -1), ArgumentError);
  EXPECT_THROW(arange(0, NAN), ArgumentError);
}

TEST(Errors, OfMakingTensorsNameTheLine) {
  const auto names = [](const std::string& text, int line) {
    return text.ends_with(line_of(line));
  };
  EXPECT_TRUE(names(message([] { zeros({-1}); }), __LINE__));
  EXPECT_TRUE(names(message([] { tensor({{1, 2}, {3}}); }), __LINE__));
  EXPECT_TRUE(names(message([] { arange(0, 5, 0); }), __LINE__));
  EXPECT_TRUE(names(message([] { exp(Tensor()); }), __LINE__));
  EXPECT_TRUE(names(message([] { tensor({1, 2}, {.requires_grad = true}); }), __LINE__));
  EXPECT_TRUE(names(message([] { zeros({1, 1, 1, 1, 1, 1, 1, 1, 1}); }), __LINE__));
  EXPECT_TRUE(names(message([] { zeros({std::int64_t(1) << 40, 1 << 30}); }), __LINE__));
  EXPECT_TRUE(names(message([] { zeros({std::int64_t(1) << 61}); }), __LINE__));
  EXPECT_TRUE(names(message([] { zeros({std::int64_t(1) << 50}); }), __LINE__));
  EXPECT_TRUE(names(message([] { arange(std::int64_t(1) << 47); }), __LINE__));
  EXPECT_TRUE(names(message([] { randperm(std::int64_t(1) << 60); }), __LINE__));
  EXPECT_TRUE(names(message([] { from_vector(std::vector<int>{1, 2}, {3}); }), __LINE__));
}

TEST(Errors, OfOpsThatMakeTooMuchNameTheLine) {
  const auto names = [](const std::string& text, int line) {
    return text.ends_with(line_of(line));
  };
  const Tensor large = ones({1}).expand({std::int64_t(1) << 50}),
               deep = zeros({1, 1, 1, 1, 1, 1, 1, 1});
  EXPECT_TRUE(names(message([&] { large.clone(); }), __LINE__));
  EXPECT_TRUE(names(message([&] { large.unsqueeze(1) * large; }), __LINE__));
  EXPECT_TRUE(names(message([&] { deep.unsqueeze(0); }), __LINE__));
  EXPECT_TRUE(names(message([&] { stack({deep, deep}); }), __LINE__));
  EXPECT_TRUE(names(message([&] { one_hot(deep.to(int64), 3); }), __LINE__));
  EXPECT_TRUE(names(message([&] { embedding(deep.to(int64), ones({2, 3})); }), __LINE__));
  EXPECT_TRUE(names(message([&] { deep.reshape({1, 1, 1, 1, 1, 1, 1, 1, 1}); }), __LINE__));
}

TEST(Errors, OfOperatorsNameTheLine) {
  const auto names = [](const std::string& text, int line) {
    return text.ends_with(line_of(line));
  };
  Tensor x = ones({2}), y = ones({3}), i = arange(3), w = ones({2}, {.requires_grad = true});
  EXPECT_TRUE(names(message([&] { x += y; }), __LINE__));
  EXPECT_TRUE(names(message([&] { w -= 0.1; }), __LINE__));
  EXPECT_TRUE(names(message([&] { w *= Scalar(2); }), __LINE__));
  EXPECT_TRUE(names(message([&] { i += 0.5; }), __LINE__));
  EXPECT_TRUE(names(message([&] { i /= 2; }), __LINE__));
  EXPECT_TRUE(names(message([&] { x[5] = 1; }), __LINE__));
}

TEST(Errors, OfUndefinedTensorsNameTheLine) {
  const auto names = [](const std::string& text, int line) {
    return text.ends_with(line_of(line));
  };
  Tensor x;
  EXPECT_TRUE(names(message([&] { x.shape(); }), __LINE__));
  EXPECT_TRUE(names(message([&] { x.strides(); }), __LINE__));
  EXPECT_TRUE(names(message([&] { x.dtype(); }), __LINE__));
  EXPECT_TRUE(names(message([&] { x.device(); }), __LINE__));
  EXPECT_TRUE(names(message([&] { x.dim(); }), __LINE__));
  EXPECT_TRUE(names(message([&] { x.size(0); }), __LINE__));
  EXPECT_TRUE(names(message([&] { x.numel(); }), __LINE__));
  EXPECT_TRUE(names(message([&] { x.is_contiguous(); }), __LINE__));
  EXPECT_TRUE(names(message([&] { x.requires_grad(); }), __LINE__));
  EXPECT_TRUE(names(message([&] { x.requires_grad_(); }), __LINE__));
  EXPECT_TRUE(names(message([&] { x.is_leaf(); }), __LINE__));
  EXPECT_TRUE(names(message([&] { x.grad(); }), __LINE__));
  EXPECT_TRUE(names(message([&] { x.set_grad({}); }), __LINE__));
  EXPECT_TRUE(names(message([&] { x.backward(); }), __LINE__));
  EXPECT_TRUE(names(message([&] { x.detach(); }), __LINE__));
  EXPECT_TRUE(names(message([&] { x.item<int>(); }), __LINE__));
  EXPECT_TRUE(names(message([&] { x.to_vector<int>(); }), __LINE__));
  EXPECT_TRUE(names(message([&] { x.to_vector<bool>(); }), __LINE__));
  EXPECT_TRUE(names(message([&] { x.span<int>(); }), __LINE__));
  EXPECT_TRUE(names(message([&] { x.sum(); }), __LINE__));
  EXPECT_TRUE(names(message([&] { x.t(); }), __LINE__));
  EXPECT_TRUE(names(message([&] { x.to(float64); }), __LINE__));
  EXPECT_TRUE(names(message([&] { x.add_(1); }), __LINE__));
  EXPECT_TRUE(names(message([&] { x.copy_(ones({2})); }), __LINE__));
  EXPECT_TRUE(names(message([&] { x.fill_(1); }), __LINE__));
  EXPECT_TRUE(names(message([&] { x += 1; }), __LINE__));
  EXPECT_TRUE(names(message([&] { x + 1; }), __LINE__));
  EXPECT_TRUE(names(message([&] { x[0]; }), __LINE__));
  EXPECT_TRUE(names(message([&] { zeros_like(x); }), __LINE__));
}

TEST(Errors, SayWhyThereIsNoGradient) {
  Tensor w = ones({2}, {.requires_grad = true});
  sum(w * w).backward();
  w = w - 0.1 * w.grad();
  sum(w * w).backward();
  EXPECT_EQ(
      message([&] { w.grad().sum(); })
          .find(
              "tensor: an undefined tensor was used; it was never assigned, was moved from, or is "
              "a gradient that does not exist: a leaf has none before backward(), and a computed "
              "tensor never, such as w after w = w - lr * w.grad() (write w -= lr * w.grad() under "
              "NoGrad)\n"),
      0u);
}

/// The first line.
std::string text_of(const std::function<void()>& f) {
  const std::string text = message(f);
  return text.substr(0, text.find('\n'));
}

TEST(Errors, OfDtypesOfLayersSayWhatToConvert) {
  const Tensor x = ones({2, 3}, {.dtype = float64}), w = ones({4, 3}), b = ones({4});
  const Tensor image = ones({1, 3, 4, 4}, {.dtype = float64}), filter = ones({2, 3, 3, 3});
  EXPECT_EQ(text_of([&] { linear(x, w, b); }),
            "linear: x is float64, but the weight is float32; convert x with to(float32), or the "
            "module with to(float64)");
  EXPECT_EQ(text_of([&] { linear(x, w.to(float64), b); }),
            "linear: x is float64, but the bias is float32; convert x with to(float32), or the "
            "module with to(float64)");
  EXPECT_EQ(text_of([&] { linear(x.to(int64), w, b); }),
            "linear: x is int64, but the weight is float32; convert x with to(float32)");
  EXPECT_EQ(text_of([&] { linear(x, w.to(int64)); }),
            "linear: x is float64, but the weight is int64; convert the weight with to(float64)");
  EXPECT_EQ(text_of([&] { conv2d(image, filter); }),
            "conv2d: x is float64, but the weight is float32; convert x with to(float32), or the "
            "module with to(float64)");
  EXPECT_EQ(text_of([&] { layer_norm(x.to(float32), {3}, ones({3}, {.dtype = bfloat16})); }),
            "layer_norm: x is float32, but the weight is bfloat16; convert x with to(bfloat16), or "
            "the module with to(float32)");
  EXPECT_EQ(text_of([&] { batch_norm(image, ones({3})); }),
            "batch_norm: x is float64, but the weight is float32; convert x with to(float32), or "
            "the module with to(float64)");
  EXPECT_EQ(text_of([&] { nn::BatchNorm2d(3)(image); }).find("batch_norm: x is float64, but "), 0u);
  EXPECT_EQ(text_of([&] { nn::Linear(3, 4).to(bfloat16)(x.to(float32)); }),
            "linear: x is float32, but the weight is bfloat16; convert x with to(bfloat16), or the "
            "module with to(float32)");
}

TEST(Errors, OfDevicesSayWhichInput) {
  register_backend(std::make_unique<RequiredKernelsOnly>(backend("cpu"), Device("elsewhere")));
  const Tensor x = ones({4, 3}), there = ones({4, 3}, {.device = "elsewhere"});
  EXPECT_EQ(
      text_of([&] { linear(x, there); }),
      "linear: x is on cpu, but the weight is on elsewhere; move x with to(\"elsewhere\"), or "
      "the module with to(\"cpu\")");
  EXPECT_EQ(text_of([&] { there + x; }),
            "add: input 0 is on elsewhere, but input 1 is on cpu; move one with to(\"elsewhere\")");
}

TEST(Errors, OfDtypesDoNotConcernAutocast) {
  const Tensor x = ones({2, 3}), w = ones({4, 3});
  const Autocast autocast(bfloat16);
  EXPECT_EQ(linear(x, w.to(bfloat16)).dtype(), bfloat16);
  EXPECT_EQ(linear(x.to(float16), w).dtype(), bfloat16);
  EXPECT_EQ(layer_norm(x.to(bfloat16), {3}, ones({3})).dtype(), float32);
  EXPECT_THROW(linear(x.to(float64), w), DTypeError);
}

TEST(Errors, OfShapesOfBatchNormShowTheWayOut) {
  nn::BatchNorm2d norm(4);
  EXPECT_EQ(text_of([&] {
              norm(ones({2, 4}));
            }),
            "batch_norm: expected x of shape [N, 4, H, W], got [2, 4]; BatchNorm1d takes rows");
  EXPECT_EQ(nn::BatchNorm1d(4)(ones({2, 4})).shape(), (Shape{2, 4}));
  EXPECT_EQ(text_of([&] {
              norm(ones({4, 2, 3}));
            }),
            "batch_norm: expected x of shape [N, 4, H, W], got [4, 2, 3]; unsqueeze(0) makes a "
            "batch of one image");
}

TEST(Errors, OfTargetsOfCrossEntropyShowTheWayOut) {
  const Tensor x = ones({2, 5}), words = ones({2, 3, 5});
  EXPECT_EQ(text_of([&] { nll_loss(x, softmax(x, 1)); }),
            "nll_loss: expected a target of shape [2] for x [2, 5], got [2, 5]; cross_entropy, of "
            "scores, takes probabilities");
  EXPECT_EQ(text_of([&] {
              cross_entropy(x, ones({2, 5}, {.dtype = int64}));
            }),
            "cross_entropy: expected a target of shape [2] for x [2, 5], got [2, 5]; one-hot rows "
            "become labels with argmax(target, -1)");
  EXPECT_EQ(text_of([&] {
              cross_entropy(words, zeros({2, 3}, {.dtype = int64}));
            }),
            "cross_entropy: expected a target of shape [2, 5] for x [2, 3, 5], got [2, 3]; if the "
            "classes are the last dimension, x.reshape({-1, 5}) with target.reshape({-1})");
}

}  // namespace
}  // namespace tinygrad
