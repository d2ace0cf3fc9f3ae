// SPDX-License-Identifier: MIT
// Tests that compare_backends() finds the op and the element in which a wrong device parts from a
// right one, that differences do not grow from op to op, and that it changes nothing.
#include "tinygrad/trace/compare.h"

#include <cmath>

#include "backends/common/required_kernels_only.h"
#include "reference.h"
#include "support/nn_help.h"
#include "tinygrad/op.h"
#include "tinygrad/optim.h"
#include "tinygrad/random.h"

namespace tinygrad {
namespace {

/// The CPU without its optional kernels. While `factor` is not 1, it scales one element of each
/// result of `wrong` (a unary op) and of matmul.
struct Wrong : RequiredKernelsOnly {
  explicit Wrong(const Device& name) : RequiredKernelsOnly(tinygrad::backend("cpu"), name) {}
  void unary(Unary op, Params params, const View& x, const View& out) override {
    RequiredKernelsOnly::unary(op, params, x, out);
    if (op == wrong) spoil(out);
  }
  void matmul(const View& a, const View& b, const View& c) override {
    RequiredKernelsOnly::matmul(a, b, c);
    if (spoils_matmul) spoil(c);
  }
  void spoil(const View& out) const {
    if (out.dtype() == float32 && out.count() > element) out.data<float>()[element] *= factor;
  }
  Unary wrong = Unary::exp;
  bool spoils_matmul = false;
  float factor = 1;
  std::int64_t element = 1;
};
Wrong& wrong() {
  static Wrong& device =
      static_cast<Wrong&>(register_backend(std::make_unique<Wrong>(Device("wrong"))));
  device.wrong = Unary::exp, device.spoils_matmul = false, device.factor = 1, device.element = 1;
  return device;
}
const Device& without_kernels() {
  static const Device device = register_backend(std::make_unique<RequiredKernelsOnly>(
                                                    backend("cpu"), Device("without_kernels")))
                                   .device();
  return device;
}

struct Net : nn::Module {
  nn::Conv2d conv = add("conv", nn::Conv2d(1, 4, 3, {.padding = 1, .bias = false}));
  nn::BatchNorm2d norm = add("norm", nn::BatchNorm2d(4));
  nn::Dropout drop = add("drop", nn::Dropout(0.5));
  nn::Linear fc = add("fc", nn::Linear(4 * 3 * 3, 5));
  Tensor forward(const Tensor& x) override {
    return fc(drop(flatten(max_pool2d(relu(norm(conv(x))), 2), 1)));
  }
};

TEST(CompareBackends, FindsKernelsAndFormulasToAgree) {
  manual_seed(1);
  Net net;
  const Tensor x = randn({4, 1, 6, 6});
  const BackendComparison c = compare_backends(net, x, "cpu", without_kernels());
  EXPECT_TRUE(c) << c;
  EXPECT_EQ(c.ops.size(), c.total);
  const auto has = [&](const std::string& op, const std::string& derivative_of) {
    return std::any_of(c.ops.begin(), c.ops.end(),
                       [&](auto& d) { return d.op == op && d.derivative_of == derivative_of; });
  };
  EXPECT_TRUE(has("conv2d", "") && has("batch_norm", "") && has("dropout", ""));
  EXPECT_TRUE(has("batch_norm_grad", "batch_norm"));
  expect_says(to_string(c), "cpu and without_kernels agree in ");
  EXPECT_LT(compare_backends(net, x, "cpu", "cpu", {.backward = false}).total, c.total);
  const BackendComparison same = compare_backends(net, x, "cpu", "cpu");
  EXPECT_TRUE(same);
  for (auto& d : same.ops) EXPECT_EQ(d.ulps, 0) << d.op;
}

TEST(CompareBackends, AgreesWithTheReferenceBackend) {
  static const Device reference =
      reference::register_reference_backend("compared_reference").device();
  manual_seed(2);
  Net net;
  EXPECT_TRUE(compare_backends(net, randn({2, 1, 6, 6}), "cpu", reference));
  nn::TransformerEncoderLayer layer(8, 2, {.dim_feedforward = 16});
  const BackendComparison c = compare_backends(layer, randn({2, 5, 8}), "cpu", reference);
  EXPECT_TRUE(c) << c;
}

TEST(CompareBackends, NamesTheFirstOpThatParts) {
  wrong().factor = 1.001f;
  const TensorFunction f = [](const Tensors& in) {
    const Tensor first = exp(tanh(in[0]));
    return sum(first * exp(in[0]));
  };
  const Tensor x = tensor({{0.5f, 2.f, -1.f}, {0.25f, 1.f, 0.f}}).requires_grad_();
  const BackendComparison c = compare_backends(f, x, Tensors{}, "cpu", "wrong");
  ASSERT_FALSE(c);
  ASSERT_EQ(c.ops.size(), 2u);  // tanh, exp
  const OpDifference& d = c.ops.back();
  EXPECT_EQ(d.op, "exp");
  EXPECT_EQ(d.derivative_of, "");
  EXPECT_EQ(d.element, (Dims{0, 1}));
  EXPECT_EQ(d.shape, (Shape{2, 3}));
  EXPECT_NEAR(d.a, std::exp(std::tanh(2.)), 1e-6);
  EXPECT_NEAR(d.b, 1.001 * d.a, 1e-6);
  EXPECT_NEAR(d.relative, 0.001 / 1.001, 1e-6);
  EXPECT_NEAR(d.ulps, 0.001 * d.a / 0x1p-22, 10);  // of a value between 2 and 4
  const std::string text = to_string(c);
  expect_says(text, "cpu and wrong part at op 2 of ");
  expect_says(text, ": exp (compare_test.cpp:");
  expect_says(text, "\n  element [0, 1] of [2, 3]: ");
  EXPECT_TRUE(compare_backends(f, x, Tensors{}, "cpu", "wrong", {.max_ulps = 1e5}));
}

TEST(CompareBackends, NamesTheDerivativeThatParts) {
  Wrong& device = wrong();
  device.wrong = Unary::cos, device.factor = 1.01f, device.element = 2;
  const TensorFunction f = [](const Tensors& in) { return sum(square(sin(in[0]))); };
  const Tensor x = tensor({0.5f, 2.f, -1.f}).requires_grad_();
  const BackendComparison c = compare_backends(f, x, Tensors{}, "cpu", "wrong");
  ASSERT_FALSE(c);
  EXPECT_EQ(c.ops.back().derivative_of, "sin");
  EXPECT_EQ(c.ops.back().element, (Dims{2}));
  expect_says(c.problem, ", derivative of sin\n  element [2] of [3]: ");
  EXPECT_TRUE(compare_backends(f, x, Tensors{}, "cpu", "wrong", {.backward = false}));
}

TEST(CompareBackends, NamesTheOpInsideAFormula) {
  Wrong& device = wrong();
  device.spoils_matmul = true, device.factor = 1.01f;
  nn::Linear fc(3, 2);
  const BackendComparison c = compare_backends(fc, ones({2, 3}), without_kernels(), "wrong");
  ASSERT_FALSE(c);
  EXPECT_EQ(c.ops.back().op, "linear");
  EXPECT_EQ(c.ops.back().inner, "matmul");
  expect_says(c.problem, ", in its formula at matmul\n");
  EXPECT_EQ(compare_backends(fc, ones({2, 3}), "cpu", "wrong").ops.back().inner, "");  // a kernel
}

TEST(CompareBackends, RunsInLockstepSoThatDifferencesDoNotGrow) {
  Wrong& device = wrong();
  device.wrong = Unary::square, device.factor = 1 + 0x1p-23f, device.element = 0;
  const TensorFunction f = [](const Tensors& in) {
    Tensor y = in[0];
    for (int i = 0; i < 12; ++i) y = square(y);  // each doubles the relative difference
    return y;
  };
  const Tensor x = tensor({1.01f});
  const BackendComparison c = compare_backends(f, x, Tensors{}, "cpu", "wrong", {.max_ulps = 2});
  EXPECT_TRUE(c) << c;
  EXPECT_EQ(c.ops.size(), 12u);
  for (auto& d : c.ops) EXPECT_LE(d.ulps, 2);
  EXPECT_FALSE(compare_backends(f, x, Tensors{}, "cpu", "wrong", {.max_ulps = 0}));
}

/// The difference of the values x and y of a dtype, as a comparison reports it.
OpDifference difference(const Nested& x, const Nested& y, DType dtype) {
  const TensorFunction f = [&](const Tensors& in) -> Tensor {
    const bool first = in[0].device() == Device("cpu");
    return apply({.name = "given", .inputs = {in[0]}, .formula = [&](const Tensors& in) {
                    const Tensor value = tensor(first ? x : y, {.dtype = float64, .device = "cpu"});
                    return Tensors(value.to(dtype).to(in[0].device()));
                  }});
  };
  const Tensor like = tensor(x, {.dtype = float64}).to(dtype);
  return compare_backends(f, like, Tensors{}, "cpu", without_kernels()).ops.at(0);
}

TEST(CompareBackends, CountsUnitsInTheLastPlace) {
  EXPECT_EQ(difference({1., 1.}, {1., 1 + 0x1p-23}, float32).ulps, 1);
  EXPECT_EQ(difference({1., 1.}, {1., 1 + 0x1p-52}, float64).ulps, 1);
  EXPECT_EQ(difference({1., 1.}, {1., 1 + 0x1p-10}, float16).ulps, 1);
  EXPECT_EQ(difference({1., 1.}, {1., 1 + 0x1p-7}, bfloat16).ulps, 1);
  EXPECT_EQ(difference({3., 3.}, {3., 3 + 3 * 0x1p-22}, float32).ulps, 3);
  EXPECT_EQ(difference({0., 0.}, {0., 0x1p-149}, float32).ulps, 1);
  EXPECT_EQ(difference({0., 0.}, {0., 0x1p-24}, float16).ulps, 1);
  EXPECT_EQ(difference({7, 7}, {7, 9}, int64).ulps, 2);
  // Where a sum cancels, its last places are those of the tensor's typical element.
  EXPECT_LT(difference({1., 1e-9, 1.}, {1., 2e-9, 1.}, float32).ulps, 0.02);
  EXPECT_EQ(difference({1., NAN}, {1., NAN}, float32).ulps, 0);
  EXPECT_EQ(difference({1., INFINITY}, {1., INFINITY}, float32).ulps, 0);
  EXPECT_EQ(difference({1., NAN}, {1., 1.}, float32).ulps, INFINITY);
  EXPECT_EQ(difference({1., 1.}, {1., INFINITY}, float32).ulps, INFINITY);
}

TEST(CompareBackends, SaysIfOtherOpsRan) {
  const TensorFunction f = [](const Tensors& in) {
    return in[0].device() == Device("cpu") ? exp(exp(in[0])) : sin(in[0]);
  };
  const Tensor x = ones({2});
  EXPECT_EQ(compare_backends(f, x, Tensors{}, "cpu", without_kernels()).problem,
            "run other ops: op 1 is exp on cpu and sin on without_kernels");
  const TensorFunction longer = [](const Tensors& in) {
    return in[0].device() == Device("cpu") ? exp(exp(in[0])) : exp(in[0]);
  };
  EXPECT_EQ(compare_backends(longer, x, Tensors{}, "cpu", without_kernels()).problem,
            "run other ops: op 2 is exp on cpu and missing on without_kernels");
  EXPECT_EQ(compare_backends(longer, x, Tensors{}, without_kernels(), "cpu").problem,
            "run other ops: op 2 is missing on without_kernels and exp on cpu");
}

TEST(CompareBackends, LeavesEverythingAsItWas) {
  manual_seed(6);
  Net net;
  const Tensor x = randn({4, 1, 6, 6});
  sum(square(net(x))).backward();
  const Tensor outstanding = sum(net(x));
  const NamedTensors before = [&] {
    NamedTensors all;
    for (auto& [name, t] : net.state_dict()) all.emplace_back(name, t.clone());
    return all;
  }();
  const Tensor w = net.fc.weight;
  const void* memory = w.detach().host_data(float32);
  const Tensor grad = w.grad().clone();
  const Generator generator_before = generator();
  EXPECT_TRUE(compare_backends(net, x, "cpu", without_kernels()));
  Wrong& device = wrong();
  device.spoils_matmul = true, device.factor = 2;
  EXPECT_FALSE(compare_backends(net, x, "cpu", "wrong"));
  EXPECT_THROW(compare_backends(
                   [](const Tensors& in) -> Tensor {
                     if (in[0].device() == Device("wrong")) throw IndexError("stop");
                     return in[0];
                   },
                   x, net, "cpu", "wrong"),
               IndexError);
  EXPECT_THROW(compare_backends(net, x, "cpu", "no_such_device"), DeviceError);
  EXPECT_TRUE(generator() == generator_before);
  EXPECT_TRUE(default_device() == Device("cpu"));
  EXPECT_EQ(w.detach().host_data(float32), memory);
  expect_same(w.grad(), grad);
  const NamedTensors after = net.state_dict();
  for (std::size_t i = 0; i < after.size(); ++i) {
    expect_same(before[i].second, after[i].second);
    EXPECT_EQ(after[i].second.device(), Device("cpu"));
  }
  outstanding.backward();  // what it saved is there
}

TEST(CompareBackends, DoesNotChangeTraining) {
  const auto trained = [](bool compared) {
    manual_seed(4);
    Net net;
    optim::SGD sgd(net.parameters(), {.lr = 0.1, .momentum = 0.9});
    const Tensor x = randn({4, 1, 6, 6}), y = randint(0, 5, {4});
    for (int i = 0; i < 3; ++i) {
      const TensorFunction loss = [&](const Tensors& in) {
        return cross_entropy(net(in[0]), in[1]);
      };
      if (compared) { EXPECT_TRUE(compare_backends(loss, {x, y}, net, "cpu", without_kernels())); }
      sgd.zero_grad();
      loss({x, y}).backward();
      sgd.step();
    }
    return net.state_dict();
  };
  const NamedTensors plain = trained(false), compared = trained(true);
  ASSERT_EQ(plain.size(), compared.size());
  for (std::size_t i = 0; i < plain.size(); ++i) expect_same(plain[i].second, compared[i].second);
}

TEST(CompareBackends, RunsCodeThatUsesTheDefaultDevice) {
  const TensorFunction f = [](const Tensors& in) {
    const Tensor noisy = in[0] * randn({3});
    return sum(noisy + ones({3}));
  };
  const BackendComparison c =
      compare_backends(f, ones({3}), Tensors{}, "cpu", without_kernels(), {.max_ulps = 4});
  EXPECT_TRUE(c) << c;
  EXPECT_EQ(c.ops[0].op, "randn");
}

}  // namespace
}  // namespace tinygrad
