// SPDX-License-Identifier: MIT
// Tests the members of Tensor that methods.def lists: each is its op, and each in-place form writes
// the op's result and sends the op's gradient back.
#include <gtest/gtest.h>

#include "tinygrad/tinygrad.h"

namespace tinygrad {
namespace {

using Numbers = std::vector<double>;
const Nested values = {{0.5, 1.5, 0.25}, {0.75, 2.0, 1.25}};
Tensor constant() { return tensor(values, {.dtype = float64}); }

/// A member that needs no arguments, and its in-place form if there is one.
struct Member {
  const char* name;
  std::function<Tensor(const Tensor&)> function, method;
  std::function<void(Tensor&)> in_place;
};

#define CALL_WITHOUT_ARGUMENTS(call)                               \
  [](auto& x) {                                                    \
    if constexpr (requires { Tensor(call); }) return Tensor(call); \
    else return Tensor();                                          \
  }
std::vector<Member> members() {
  std::vector<Member> list;
#define METHOD(type, name, ...) \
  list.push_back({#name, CALL_WITHOUT_ARGUMENTS(name(x)), CALL_WITHOUT_ARGUMENTS(x.name()), {}});
#define IN_PLACE(name, ...) \
  list.push_back(           \
      {#name "_", CALL_WITHOUT_ARGUMENTS(name(x)), {}, CALL_WITHOUT_ARGUMENTS(x.name##_())});
#define RANDOM(name, ...)
#include "tinygrad/methods.def"
  std::erase_if(list, [](const Member& m) {
    return std::string_view(m.name) == "bernoulli_" ||
           !m.function(constant()).defined();  // it draws other values
  });
  return list;
}

TEST(Methods, ScatterReduceWritesInPlace) {
  Tensor x = tensor({1., 2., 3.}), y = x.clone();
  const Tensor index = tensor({0, 0, 2}), source = tensor({5., 7., -1.});
  x.scatter_reduce_(0, index, source, ScatterReduce::amax);
  EXPECT_EQ(x.to_vector<float>(), (std::vector<float>{7, 2, 3}));
  EXPECT_EQ(y.scatter_reduce(0, index, source, ScatterReduce::sum).to_vector<float>(),
            (std::vector<float>{13, 2, 2}));
  y.index_reduce_(0, index, source, ScatterReduce::prod);
  EXPECT_EQ(y.to_vector<float>(), (std::vector<float>{35, 2, -3}));
}

TEST(Methods, AreTheOps) {
  const std::vector<Member> all = members();
  ASSERT_GT(all.size(), 40u);
  for (const Member& m : all) {
    SCOPED_TRACE(m.name);
    const Tensor x = constant(), expected = m.function(x);
    Tensor y = x.clone();
    if (m.in_place) m.in_place(y);
    else y = m.method(x);
    EXPECT_EQ(to_string(y), to_string(expected));  // NaN is equal to NaN
  }
}

/// Also of ops that keep the input which is overwritten.
TEST(Methods, InPlaceFormsHaveGradients) {
  for (const Member& m : members()) {
    if (!m.in_place) continue;
    SCOPED_TRACE(m.name);
    const auto gradient = [&](bool in_place) {
      Tensor x = constant().requires_grad_(), y = x * 1;
      if (in_place) m.in_place(y);
      else y = m.function(y);
      sum(y * constant()).backward();
      return to_string(x.grad());
    };
    EXPECT_EQ(gradient(true), gradient(false));
  }
}

TEST(Methods, TakeArguments) {
  const Tensor x = constant();
  EXPECT_EQ(x.softmax(1).to_vector<double>(), softmax(x, 1).to_vector<double>());
  EXPECT_EQ(x.max(1).indices.to_vector<int>(), (std::vector<int>{1, 1}));
  EXPECT_EQ(x.sum(0, keepdim).shape(), (Shape{1, 3}));
  EXPECT_EQ(x.sum({0, 1}).item<double>(), 6.25);
  EXPECT_EQ(x.permute(1, 0).shape(), (Shape{3, 2}));
  EXPECT_EQ(x.reshape(3, 2).shape(), (Shape{3, 2}));
  EXPECT_EQ(x.reshape(3, -1).shape(), (Shape{3, 2}));
  Tensor y = x.clone();
  y.clamp_(0.5, 1).pow_(2);
  EXPECT_EQ(y.to_vector<double>(), (Numbers{0.25, 1, 0.25, 0.5625, 1, 1}));
}

/// w may need a gradient where x needs none.
TEST(Methods, InPlaceFormsKeepWhatArgumentsNeed) {
  Tensor x = constant();
  const Tensor w = constant().requires_grad_();
  x.lerp_(constant() * 3, w);
  sum(x).backward();
  EXPECT_EQ(w.grad().to_vector<double>(), (constant() * 2).to_vector<double>());
}

TEST(Methods, SayWhatDoesNotFit) {
  Tensor x = tensor({1, 2});
  try {
    x.exp_();
    FAIL();
  } catch (const DTypeError& e) {
    EXPECT_NE(std::string(e.what()).find("exp_: the result is float32, which does not fit into a "
                                         "tensor of int64; use the functional form"),
              std::string::npos)
        << e.what();
    EXPECT_EQ(e.location.line, __LINE__ - 7);
  }
}

TEST(Methods, SizesAreBoundToNames) {
  const auto [rows, columns] = constant().sizes<2>();
  EXPECT_EQ(rows, 2);
  EXPECT_EQ(columns, 3);
  try {
    constant().sizes<3>();
    FAIL();
  } catch (const ShapeError& e) {
    EXPECT_NE(std::string(e.what()).find("sizes: expected rank 3, got shape [2, 3]"),
              std::string::npos);
  }
}

TEST(Methods, StreamsPrintThem) {
  std::ostringstream text;
  text << constant().shape() << ' ' << DType::float16 << ' ' << Device("cpu") << ' '
       << nn::Linear(2, 3);
  EXPECT_EQ(text.str(), "[2, 3] float16 cpu " + to_string(nn::Linear(2, 3)));
}

}  // namespace
}  // namespace tinygrad
