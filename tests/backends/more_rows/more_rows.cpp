// SPDX-License-Identifier: MIT
// Tests that a row that is added to elementwise.def works on every device, forwards and backwards:
// this program is linked with elementwise kernels that were compiled with the rows of more_rows.def
// as well (CMakeLists.txt). The expected values are those of the same formulas in public ops.
#include <gtest/gtest.h>

#include "core/ops/elementwise_rows.cpp"
#include "tinygrad/autograd.h"
#include "tinygrad/tinygrad.h"

#ifdef TINYGRAD_TESTS_REFERENCE
#include "reference.h"
#endif

namespace tinygrad {
namespace {

const Params params = {0.5, -1.25, 2, 0.75}, integer_params = {3, -2, 5, 7};

using Function = std::function<Tensor(const Tensors&)>;

Tensor added_unary(const Tensors& in) { return unary(Unary::tested_unary, in[0], params); }
Tensor expected_unary(const Tensors& in) {
  const Tensor& x = in[0];
  return 0.5 * silu(x) - 1.25 * relu(x) + 2 * lerp(x, square(x), 0.25) + 0.75 * softplus(x);
}
Tensor binary_with(Params n, const Tensors& in) {
  return apply_row(Binary::tested_binary, n, {"tested_binary"}, in, {});
}
Tensor expected_binary(Params n, const Tensors& in) {
  const Tensor &a = in[0], &b = in[1];
  return addcmul(maximum(a, b), a, b, n.p) + where(a < b, n.q, n.r) * n.s;
}
Tensor added_ternary(const Tensors& in) {
  return ternary(Ternary::tested_ternary, params, {"tested_ternary"}, in[0], in[1], in[2]);
}
Tensor expected_ternary(const Tensors& in) {
  return 0.5 * lerp(sigmoid(in[0]), relu(in[1]), in[2]);
}

Tensors values(int count, DType dtype, const Device& device, bool strided) {
  manual_seed(7);
  Tensors all;
  for (int i = 0; i < count; ++i) {
    Tensor x = (rand({37, 70}, {.device = "cpu"}) * 4 - 2).to(dtype).to(device);
    all.push_back(strided ? x.transpose(0, 1) : x);
  }
  return all;
}

void expect_near(const Tensor& found, const Tensor& expected, double tolerance) {
  const Tensor a = found.to("cpu").to(float64), b = expected.to("cpu").to(float64);
  EXPECT_LT(max(abs(a - b)).item<double>(), tolerance);
}

/// Compares results and gradients on the device with those of public ops on the CPU in float64.
void check(const Device& device, int count, const Function& f, const Function& expected) {
  for (DType dtype : {float32, float64, float16}) {
    if (!backend(device).has(dtype)) continue;
    const double tolerance = dtype == float16 ? 0.05 : 2e-5;
    for (bool strided : {false, true}) {
      Tensors x = values(count, dtype, device, strided), exact;
      for (Tensor& t : x) {
        exact.push_back(t.to("cpu").to(float64).detach().requires_grad_());
        t = t.detach().requires_grad_();
      }
      const Tensor y = f(x), z = expected(exact);
      expect_near(y, z, tolerance);
      sum(y).backward(), sum(z).backward();
      for (int i = 0; i < count; ++i) expect_near(x[i].grad(), exact[i].grad(), tolerance);
    }
  }
}

void check_rows(const Device& device) {
  check(device, 1, added_unary, expected_unary);
  check(
      device, 2, [](const Tensors& in) { return binary_with(params, in); },
      [](const Tensors& in) { return expected_binary(params, in); });
  check(device, 3, added_ternary, expected_ternary);
  const Tensors x = {arange(-9, 9).to(device), arange(9, -9, -1).to(device)};
  const Tensors on_cpu = {x[0].to("cpu"), x[1].to("cpu")};
  EXPECT_TRUE(
      all(binary_with(integer_params, x).to("cpu") == expected_binary(integer_params, on_cpu))
          .item<bool>());
}

TEST(MoreRows, OnTheCpu) { check_rows("cpu"); }
#ifdef TINYGRAD_TESTS_REFERENCE
TEST(MoreRows, OnTheReferenceBackend) {
  reference::register_reference_backend("reference");
  check_rows("reference");
}
#endif
#ifdef TINYGRAD_TESTS_EMULATED_CUDA
TEST(MoreRows, OnTheEmulatedCudaDevice) { check_rows("emulated_cuda"); }
#endif
#ifdef TINYGRAD_HAVE_OPENCL
TEST(MoreRows, OnOpenCl) { check_rows("opencl"); }
#endif

}  // namespace
}  // namespace tinygrad
