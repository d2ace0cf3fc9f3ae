// SPDX-License-Identifier: MIT
// Tests that numeric_grad and gradcheck are correct, and that they detect wrong gradients.
#include "tinygrad/trace/gradcheck.h"

#include <gtest/gtest.h>

#include "tinygrad/op.h"
#include "tinygrad/ops.h"

namespace tinygrad {
namespace {

Tensor leaf(const Nested& values) {
  return tensor(values, {.dtype = float64, .requires_grad = true});
}

/// x³ whose derivative is what it is given.
Tensor cube(const Tensor& x, Derivatives derivatives) {
  return apply({.name = "cube",
                .inputs = {x},
                .formula = [](const Tensors& in) { return in[0] * in[0] * in[0]; },
                .keep = {Keep::input(0)},
                .derivatives = std::move(derivatives)});
}

TEST(NumericGrad, IsTheSlopeOfEachElement) {
  const Tensor x = leaf({{1, 2}, {3, 4}});
  const Tensor slope =
      numeric_grad([](const Tensors& in) { return sum(square(in[0]) * in[1]); }, {x, leaf(3)}, 0);
  EXPECT_EQ(slope.shape(), (Shape{2, 2}));
  const auto values = slope.to_vector<double>();
  for (int i = 0; i < 4; ++i) EXPECT_NEAR(values[i], 6 * (i + 1), 1e-7);
}

TEST(NumericGrad, LeavesItsInputsAlone) {
  const Tensor x = leaf({1, 2});
  numeric_grad([](const Tensors& in) { return sum(exp(in[0])); }, {x}, 0);
  EXPECT_EQ(x.to_vector<double>(), (std::vector<double>{1, 2}));
  EXPECT_FALSE(x.grad().defined());
}

TEST(NumericGrad, RefusesWhatHasNoDifferences) {
  const TensorFunction f = [](const Tensors& in) { return sum(in[0]); };
  EXPECT_THROW(numeric_grad(f, {tensor({1., 2.})}, 0), DTypeError);  // float32
  EXPECT_THROW(numeric_grad(f, {tensor({1, 2})}, 0), DTypeError);    // int64
  EXPECT_THROW(numeric_grad(f, {leaf({1, 2})}, 1), IndexError);
  EXPECT_THROW(numeric_grad(f, {leaf({1, 2})}, -1), IndexError);
  EXPECT_THROW(numeric_grad(f, {leaf({1, 2})}, 0, 0), ArgumentError);
  EXPECT_THROW(numeric_grad([](const Tensors& in) { return in[0]; }, {leaf({1, 2})}, 0),
               ShapeError);  // not one number
}

TEST(Gradcheck, AcceptsRightDerivatives) {
  const GradcheckResult result =
      gradcheck([](const Tensors& in) { return tanh(matmul(in[0], in[1])) / in[0]; },
                {leaf({{1, 2}, {3, 4}}), leaf({{.1, .2}, {.3, .4}})});
  EXPECT_TRUE(result) << result.message;
  EXPECT_LT(result.worst, 1e-8);
  EXPECT_EQ(result.message, "");
}

TEST(Gradcheck, ShowsTheWorstElement) {
  const auto result = gradcheck(
      [](const Tensors& in) {
        return cube(in[1], {[](Dy dy, Saved s) {
                      return dy * (3 * s.input(0) * s.input(0) + s.input(0) - 1);
                    }}) +
               in[0];
      },
      {leaf({0, 0}), leaf({1, 3})}, {.seed = 4});
  EXPECT_FALSE(result);
  EXPECT_GT(result.worst, 0.05);
  EXPECT_EQ(result.message.find("first derivative by input 1 at [1]: the derivative says "), 0u)
      << result.message;
}

TEST(Gradcheck, NoticesAWrongSecondDerivativeAlone) {
  // The first derivative is right, but is not connected with x.
  const TensorFunction f = [](const Tensors& in) {
    return cube(in[0],
                {[](Dy dy, Saved s) { return dy * 3 * (s.input(0) * s.input(0)).detach(); }});
  };
  EXPECT_TRUE(gradcheck(f, {leaf({1, 3})}, {.second_order = false}));
  const auto result = gradcheck(f, {leaf({1, 3})});
  EXPECT_FALSE(result);
  EXPECT_EQ(result.message.find("second derivative by input 0 at ["), 0u) << result.message;
}

TEST(Gradcheck, ChecksTheGradientSentBack) {
  // Linear in x: only the derivative by dy can be wrong in the second order.
  const TensorFunction f = [](const Tensors& in) {
    return apply({.name = "double",
                  .inputs = {in[0]},
                  .formula = [](const Tensors& in) { return in[0] * 2; },
                  .derivatives = {[](Dy dy, Saved) { return dy.detach() * 2; }}});
  };
  EXPECT_TRUE(gradcheck(f, {leaf({1, 3})}, {.second_order = false}));
  const auto result = gradcheck(f, {leaf({1, 3})});
  EXPECT_FALSE(result);
  EXPECT_NE(result.message.find("by the gradient sent back"), std::string::npos) << result.message;
}

TEST(Gradcheck, CanBeSabotaged) {
  const TensorFunction f = [](const Tensors& in) { return exp(in[0]); };
  EXPECT_FALSE(gradcheck(f, {leaf({1, 3})}, {.sabotage = 1.01}));
  EXPECT_FALSE(gradcheck([](const Tensors& in) { return floor(in[0]); }, {leaf({.5})},
                         {.sabotage = 1.01}));  // also if the gradient is zero
}

TEST(Gradcheck, LeavesOutWhatNeedsNoGradient) {
  EXPECT_TRUE(gradcheck([](const Tensors& in) { return gather(in[0], 0, in[1]); },
                        {leaf({1, 3}), tensor({1, 1, 0})}));
  EXPECT_TRUE(gradcheck([](const Tensors& in) { return abs(in[0]) * abs(in[1]); },
                        {leaf({1, 3}), tensor({0., 0.}, {.dtype = float64})}));
}

TEST(Gradcheck, RefusesWhatCannotBeChecked) {
  const TensorFunction f = [](const Tensors& in) { return exp(in[0]); };
  EXPECT_THROW(gradcheck(f, {tensor({1., 2.}, {.requires_grad = true})}), DTypeError);
  EXPECT_THROW(gradcheck(f, {tensor({1., 2.}, {.dtype = float64})}),
               ArgumentError);  // none requires a gradient
  EXPECT_THROW(
      gradcheck([](const Tensors& in) { return dropout(in[0]); }, {leaf({1, 2, 3, 4, 5, 6, 7, 8})}),
      ArgumentError);  // other values each time
  EXPECT_THROW(gradcheck([](const Tensors& in) { return in[0].to(float32); }, {leaf({1, 2})}),
               DTypeError);
}

TEST(Gradcheck, TakesEmptyAndZeroDimensionalInputs) {
  EXPECT_TRUE(gradcheck([](const Tensors& in) { return exp(in[0]); }, {leaf(2)}));
  EXPECT_TRUE(gradcheck([](const Tensors& in) { return exp(in[0]); },
                        {zeros({0, 3}, {.dtype = float64, .requires_grad = true})}));
}

TEST(Gradcheck, RecordsWhereRecordingIsOff) {
  const NoGrad off;
  EXPECT_TRUE(gradcheck([](const Tensors& in) { return exp(in[0]); }, {leaf({1, 2})}));
}

TEST(Gradcheck, RefusesAnEmptyFunction) {
  EXPECT_THROW(gradcheck({}, {leaf({1, 2})}), ArgumentError);
  EXPECT_THROW(numeric_grad({}, {leaf({1, 2})}, 0), ArgumentError);
}

TEST(Gradcheck, LeavesGradientsAlone) {
  Tensor x = leaf({1, 2});
  gradcheck([](const Tensors& in) { return exp(in[0]); }, {x});
  EXPECT_FALSE(x.grad().defined());
}

}  // namespace
}  // namespace tinygrad
