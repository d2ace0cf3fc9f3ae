// SPDX-License-Identifier: MIT
// The collectives with gradients: each against the gradient of the whole computation on one rank.
#include "ranks.h"

namespace tinygrad::distributed {
namespace {

/// y = w2 tanh(w1 x), with the rows of w1 and the columns of w2 divided among the ranks.
TEST(conjugate, a_divided_mlp_has_the_gradients_of_the_whole) {
  on_ranks([](const Group& g) {
    manual_seed(3);
    const Tensor x = randn({5, 6}, {.dtype = float64, .requires_grad = true});
    const Tensor w1 = randn({6, 12}, {.dtype = float64, .requires_grad = true});
    const Tensor w2 = randn({12, 4}, {.dtype = float64, .requires_grad = true});
    const Tensors whole = grad(sum(square(matmul(tanh(matmul(x, w1)), w2))), {x, w1, w2});
    const Tensor h = tanh(matmul(copy_to_group(x, g), scatter_to_group(w1, 1, g)));
    const Tensor y = sum_from_group(matmul(h, scatter_to_group(w2, 0, g)), g);
    const Tensors parts = grad(sum(square(y)), {x, w1, w2});
    for (std::size_t i = 0; i < 3; ++i)
      EXPECT_LE(max(abs(parts[i] - whole[i])).item<double>(), 1e-12) << i;
  });
}

TEST(conjugate, gathering_and_scattering_are_each_others_gradient) {
  on_ranks([](const Group& g) {
    const int n = g.size();
    const Tensor x = (full({2, 3}, g.rank(), {.dtype = float64})).requires_grad_();
    const Tensor all = gather_from_group(x, -1, g);
    EXPECT_EQ(all.shape(), Shape({2, 3 * n}));
    const Tensor weights = arange(0, 6 * n, 1, {.dtype = float64}).reshape(2, 3 * n);
    const Tensor dx = grad(sum(all * weights), {x})[0];
    EXPECT_TRUE(equal(dx, chunk(weights, n, 1)[std::size_t(g.rank())]));
    const Tensor whole = weights.detach().requires_grad_();
    const Tensor part = scatter_to_group(whole, 1, g);
    EXPECT_TRUE(equal(part.detach(), dx));
    EXPECT_TRUE(equal(grad(sum(part * part), {whole})[0], weights * 2));
    EXPECT_THROW(scatter_to_group(zeros({n + 1}), 0, g), ShapeError);
  });
}

/// The fused pair against the operations that it consists of.
TEST(conjugate, parts_of_a_sequence_are_gathered_and_sums_scattered) {
  on_ranks([](const Group& g) {
    const int n = g.size();
    const Tensor x = tensor_of(g.rank(), {2, 3}, float64).requires_grad_();
    const Tensor own = arange(0, 6 * n, 1, {.dtype = float64}).reshape(2, 3 * n) + g.rank();
    const Tensor y = gather_and_copy(x, 1, g), z = copy_to_group(gather_from_group(x, 1, g), g);
    EXPECT_TRUE(equal(y.detach(), z.detach()));
    const Tensor dx = grad(sum(y * own), {x})[0];
    EXPECT_TRUE(equal(dx, grad(sum(z * own), {x})[0]));
    EXPECT_TRUE(equal(dx, reduce_scatter(own, 1, Reduce::sum, g)));
    const Tensor whole = own.detach().requires_grad_();
    const Tensor part = sum_and_scatter(whole, 1, g);
    EXPECT_TRUE(equal(part.detach(), dx));
    const Tensor same = scatter_to_group(sum_from_group(whole, g), 1, g);
    EXPECT_TRUE(
        equal(grad(sum(part * x.detach()), {whole})[0], grad(sum(same * x.detach()), {whole})[0]));
    EXPECT_THROW(sum_and_scatter(zeros({n + 1}), 0, g), ShapeError);
  });
}

}  // namespace
}  // namespace tinygrad::distributed
