// SPDX-License-Identifier: MIT
// Tests the text of errors: the op, the shapes with their marks, the module, the caller's line.
#include <gtest/gtest.h>

#include <cmath>
#include <functional>

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
  Tensor x = ones({2}), y = ones({3});
  EXPECT_TRUE(names(message([&] { x += y; }), __LINE__));
}

}  // namespace
}  // namespace tinygrad
