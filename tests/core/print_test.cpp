// SPDX-License-Identifier: MIT
// Tests that tensors print in PyTorch's form (PyTorch 1.13 prints the same values in the same
// columns), with shape, dtype and device.
#include <gtest/gtest.h>

#include <cmath>
#include <sstream>

#include "tinygrad/ops.h"

namespace tinygrad {
namespace {

/// Returns only the values: the text before ", shape=".
std::string numbers(const Tensor& t) {
  const std::string text = to_string(t);
  return text.substr(7, text.find(", shape=") - 7);  // behind "tensor("
}

TEST(Print, SaysWhatItIs) {
  EXPECT_EQ(to_string(tensor({1., 2.})), "tensor([1., 2.], shape=[2], dtype=float32, device=cpu)");
  EXPECT_EQ(to_string(tensor({1.5}, {.dtype = float16, .requires_grad = true})),
            "tensor([1.5000], shape=[1], dtype=float16, device=cpu, requires_grad=True)");
  EXPECT_EQ(to_string(zeros({0, 3})), "tensor([], shape=[0, 3], dtype=float32, device=cpu)");
  EXPECT_EQ(to_string(Tensor()), "tensor(undefined)");
}

TEST(Print, WholeNumbers) {
  EXPECT_EQ(numbers(tensor({1., 2., 3.})), "[1., 2., 3.]");
  EXPECT_EQ(numbers(tensor({{1, 2}, {3, 40}})),
            "[[ 1,  2],\n"
            "        [ 3, 40]]");
  EXPECT_EQ(numbers(tensor({true, false})), "[ True, False]");
}

TEST(Print, Fractions) {
  EXPECT_EQ(numbers(tensor({{1.5, -2.25}, {1000.125, 0.}})),
            "[[   1.5000,   -2.2500],\n"
            "        [1000.1250,    0.0000]]");
}

TEST(Print, WideRangesAreScientific) {
  EXPECT_EQ(numbers(tensor({1e-5, 1.})), "[1.0000e-05, 1.0000e+00]");
  EXPECT_EQ(numbers(tensor({1e10, 1.})), "[1.0000e+10, 1.0000e+00]");
  EXPECT_EQ(numbers(tensor({1., 5000.})), "[1.0000e+00, 5.0000e+03]");
  EXPECT_EQ(numbers(tensor({5000., 1.}, {.dtype = float64})), "[5.0000e+03, 1.0000e+00]");
  EXPECT_EQ(numbers(tensor({1., 65504.}, {.dtype = float16})), "[1.0000e+00, 6.5504e+04]");
  EXPECT_EQ(numbers(tensor({1., 1000.})), "[   1., 1000.]");
  EXPECT_EQ(numbers(tensor({1., 1001.})), "[1.0000e+00, 1.0010e+03]");
  EXPECT_EQ(numbers(tensor({0., 1., 2000.})), "[0.0000e+00, 1.0000e+00, 2.0000e+03]");
  EXPECT_EQ(numbers(tensor({1e8})), "[100000000.]");
  EXPECT_EQ(numbers(tensor({2e8})), "[2.0000e+08]");
  EXPECT_EQ(numbers(tensor({3e-5})), "[3.0000e-05]");
  EXPECT_EQ(numbers(tensor({2.5e-4, 1e-4})), "[2.5000e-04, 1.0000e-04]");
}

TEST(Print, WhatIsNoNumber) {
  EXPECT_EQ(numbers(tensor({NAN, INFINITY, -1.5})), "[    nan,     inf, -1.5000]");
  EXPECT_EQ(numbers(tensor({INFINITY, 1.})), "[inf, 1.]");
  EXPECT_EQ(numbers(tensor({-INFINITY, 1.})), "[-inf, 1.]");
  EXPECT_EQ(numbers(tensor({INFINITY, -INFINITY, NAN})), "[inf, -inf, nan]");
  EXPECT_EQ(numbers(tensor({NAN, 1e10, 1.})), "[       nan, 1.0000e+10, 1.0000e+00]");
  EXPECT_EQ(numbers(tensor({-0., 1.})), "[-0., 1.]");
}

TEST(Print, ZeroDimensions) {
  EXPECT_EQ(numbers(tensor(2.5)), "2.5000");
  EXPECT_EQ(numbers(tensor(7)), "7");
  EXPECT_EQ(numbers(zeros({})), "0.");
  EXPECT_EQ(numbers(tensor(2e8)), "2.0000e+08");
  EXPECT_EQ(numbers(tensor(NAN)), "nan");
}

TEST(Print, ThreeDimensionsAreApart) {
  EXPECT_EQ(numbers(zeros({2, 2, 2})),
            "[[[0., 0.],\n"
            "         [0., 0.]],\n"
            "\n"
            "        [[0., 0.],\n"
            "         [0., 0.]]]");
}

TEST(Print, LongLinesBreak) {
  EXPECT_EQ(numbers(arange(30)),
            "[ 0,  1,  2,  3,  4,  5,  6,  7,  8,  9, 10, 11, 12, 13, 14, 15, 16, 17,\n"
            "        18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29]");
  EXPECT_EQ(numbers((arange(16) * 0.25 - 1.5).reshape({2, 8})),
            "[[-1.5000, -1.2500, -1.0000, -0.7500, -0.5000, -0.2500,  0.0000,  0.2500],\n"
            "        [ 0.5000,  0.7500,  1.0000,  1.2500,  1.5000,  1.7500,  2.0000,  2.2500]]");
  EXPECT_EQ(numbers((arange(9) * 0.25 + 1.5).unsqueeze(0)),
            "[[1.5000, 1.7500, 2.0000, 2.2500, 2.5000, 2.7500, 3.0000, 3.2500, 3.5000]]");
  EXPECT_EQ(numbers(arange(10) * 0.25 - 1.5),
            "[-1.5000, -1.2500, -1.0000, -0.7500, -0.5000, -0.2500,  0.0000,  0.2500,\n"
            "         0.5000,  0.7500]");
}

TEST(Print, LongTensorsAreCutInTheMiddle) {
  EXPECT_EQ(numbers(arange(2000)), "[   0,    1,    2,  ..., 1997, 1998, 1999]");
  EXPECT_EQ(numbers(arange(2000.)),
            "[0.0000e+00, 1.0000e+00, 2.0000e+00,  ..., 1.9970e+03, 1.9980e+03,\n"
            "        1.9990e+03]");
  EXPECT_EQ(numbers(arange(1100) * 1'000'000'000'000),
            "[               0,    1000000000000,    2000000000000,  ...,\n"
            "        1097000000000000, 1098000000000000, 1099000000000000]");
  EXPECT_EQ(numbers(arange(1100.).reshape({550, 2})),
            "[[0.0000e+00, 1.0000e+00],\n"
            "        [2.0000e+00, 3.0000e+00],\n"
            "        [4.0000e+00, 5.0000e+00],\n"
            "        ...,\n"
            "        [1.0940e+03, 1.0950e+03],\n"
            "        [1.0960e+03, 1.0970e+03],\n"
            "        [1.0980e+03, 1.0990e+03]]");
  EXPECT_EQ(numbers(zeros({100, 100})),
            "[[0., 0., 0.,  ..., 0., 0., 0.],\n"
            "        [0., 0., 0.,  ..., 0., 0., 0.],\n"
            "        [0., 0., 0.,  ..., 0., 0., 0.],\n"
            "        ...,\n"
            "        [0., 0., 0.,  ..., 0., 0., 0.],\n"
            "        [0., 0., 0.,  ..., 0., 0., 0.],\n"
            "        [0., 0., 0.,  ..., 0., 0., 0.]]");
}

TEST(Print, ViewsShowTheirOwnElements) {
  EXPECT_EQ(numbers(arange(6).reshape({2, 3}).t()),
            "[[0, 3],\n"
            "        [1, 4],\n"
            "        [2, 5]]");
  EXPECT_EQ(numbers(tensor({7}).expand({3})), "[7, 7, 7]");
}

TEST(Print, GoesToStreams) {
  std::ostringstream out;
  out << tensor({1, 2}) << "\n";
  EXPECT_EQ(out.str(), "tensor([1, 2], shape=[2], dtype=int64, device=cpu)\n");
}

TEST(Print, RecordsNothing) {
  const Tensor x = ones({2}, {.requires_grad = true});
  const Tensor y = x * 2;
  to_string(y);
  EXPECT_TRUE(y.requires_grad());
  sum(y).backward();
  EXPECT_EQ(x.grad().to_vector<int>(), (std::vector<int>{2, 2}));
}

}  // namespace
}  // namespace tinygrad
