// SPDX-License-Identifier: MIT
// Every collective against a loop over the ranks' tensors: dtypes, layouts, empty tensors, groups.
// Under mpirun the same tests run on processes (tests/distributed/mpi.sh).
#include <cmath>

#include "ranks.h"
#include "support/message_of.h"

namespace tinygrad::distributed {
namespace {

/// The tensors of all ranks.
Tensors all_tensors(const Group& g, const Shape& shape, DType dtype) {
  Tensors all;
  for (int r = 0; r < g.size(); ++r) all.push_back(tensor_of(r, shape, dtype));
  return all;
}
/// f(the values of the ranks), element by element.
template <class F> Tensor elementwise(const Tensors& all, F f) {
  std::vector<double> out = all[0].to_vector<double>();
  for (std::size_t r = 1; r < all.size(); ++r) {
    const auto other = all[r].to_vector<double>();
    for (std::size_t i = 0; i < out.size(); ++i) out[i] = f(out[i], other[i]);
  }
  return from_vector(out, all[0].shape()).to(all[0].dtype());
}

TEST(collectives, all_reduce_takes_every_dtype) {
  on_ranks([](const Group& g) {
    for (DType dtype : all_dtypes) {
      const Tensors all = all_tensors(g, {3, 5}, dtype);
      const Tensor x = tensor_of(g.rank(), {3, 5}, dtype);
      const auto add = [](double a, double b) { return a + b; };
      const auto high = [](double a, double b) { return std::max(a, b); };
      const auto low = [](double a, double b) { return std::min(a, b); };
      EXPECT_TRUE(equal(all_reduce(x, Reduce::sum, g), elementwise(all, add))) << dtype;
      EXPECT_TRUE(equal(all_reduce(x, Reduce::max, g), elementwise(all, high))) << dtype;
      EXPECT_TRUE(equal(all_reduce(x, Reduce::min, g), elementwise(all, low))) << dtype;
    }
  });
}

TEST(collectives, mean_divides_once) {
  on_ranks([](const Group& g) {
    const Tensor x = full({2}, g.rank() + 1, {.dtype = float64});
    EXPECT_EQ(all_reduce(x, Reduce::mean, g).to_vector<double>(),
              std::vector<double>(2, (g.size() + 1) / 2.0));
    EXPECT_THROW(all_reduce(x.to(int32), Reduce::mean, g), DTypeError);
  });
}

TEST(collectives, joins_and_parts_take_every_dtype_and_dimension) {
  on_ranks([](const Group& g) {
    const int n = g.size(), r = g.rank();
    for (DType dtype : all_dtypes)
      for (int dim : {0, 1, -1}) {
        const Shape shape{2 * n, 3 * n};
        const Tensors all = all_tensors(g, shape, dtype);
        EXPECT_TRUE(equal(all_gather(all[std::size_t(r)], dim, g), cat(all, dim)));
        EXPECT_TRUE(equal(broadcast(all[std::size_t(r)], n - 1, g), all[std::size_t(n - 1)]));
        Tensors parts;
        for (auto& x : all) parts.push_back(chunk(x, n, dim)[std::size_t(r)]);
        EXPECT_TRUE(equal(all_to_all(all[std::size_t(r)], dim, g), cat(parts, dim)));
        const auto add = [](double a, double b) { return a + b; };
        EXPECT_TRUE(equal(reduce_scatter(all[std::size_t(r)], dim, Reduce::sum, g),
                          elementwise(parts, add)));
      }
  });
}

TEST(collectives, take_any_layout_and_no_elements) {
  on_ranks([](const Group& g) {
    const Tensor x = tensor_of(g.rank(), {4, 6}, float32), sum = all_reduce(x, Reduce::sum, g);
    EXPECT_TRUE(equal(all_reduce(x.transpose(0, 1), Reduce::sum, g), sum.transpose(0, 1)));
    EXPECT_TRUE(equal(all_reduce(x.narrow(1, 2, 3), Reduce::sum, g), sum.narrow(1, 2, 3)));
    EXPECT_TRUE(equal(all_reduce(x.select(0, 0).expand({3, 6}), Reduce::sum, g),
                      sum.select(0, 0).expand({3, 6})));
    EXPECT_EQ(all_reduce(zeros({}), Reduce::sum, g).item<float>(), 0);
    EXPECT_EQ(all_reduce(zeros({0, 3}), Reduce::sum, g).shape(), Shape({0, 3}));
    EXPECT_EQ(all_gather(zeros({2, 0}), 1, g).shape(), Shape({2, 0}));
    EXPECT_EQ(all_to_all(zeros({0}), 0, g).shape(), Shape({0}));
  });
}

TEST(collectives, all_gather_joins_unequal_parts) {
  on_ranks([](const Group& g) {
    Tensors all;
    for (int r = 0; r < g.size(); ++r) all.push_back(tensor_of(r, {2, r}, int64));
    EXPECT_TRUE(equal(all_gather(all[std::size_t(g.rank())], 1, g), cat(all, 1)));
  });
}

TEST(collectives, messages_go_round_in_a_ring) {
  on_ranks([](const Group& g) {
    const int n = g.size(), next = (g.rank() + 1) % n, before = (g.rank() + n - 1) % n;
    for (std::int64_t size : {0, 3, 300'000}) {  // the largest is more than MPI buffers
      send(tensor_of(g.rank(), {size}, float32), next, g);
      EXPECT_TRUE(equal(recv({size}, float32, before, g), tensor_of(before, {size}, float32)));
    }
    send(zeros({2}), next, g);
    EXPECT_THROW(recv({3}, float32, before, g), ShapeError);
    send(zeros({2}), next, g);
    EXPECT_THROW(recv({2}, int32, before, g), DTypeError);
    EXPECT_THROW(send(zeros({2}), g.rank(), g), ArgumentError);
  });
}

TEST(collectives, asynchronous_operations_end_in_their_order) {
  on_ranks([](const Group& g) {
    std::vector<Work> works;
    for (int i = 0; i < 20; ++i)
      works.push_back(all_reduce_async(full({1000}, i * g.rank()), Reduce::sum, g));
    const int ranks = g.size() * (g.size() - 1) / 2;
    for (int i = 19; i >= 0; --i) {
      EXPECT_EQ(works[std::size_t(i)].wait().to_vector<float>()[999], float(i * ranks));
      EXPECT_TRUE(works[std::size_t(i)].done());
    }
    EXPECT_TRUE(works[0].wait().defined());
  });
}

TEST(collectives, groups_are_divided) {
  on_ranks([](const Group& g) {
    const int n = g.size(), r = g.rank();
    const Group half = g.split(r % 2, n - r);  // in descending order
    EXPECT_EQ(half.size(), r % 2 ? n / 2 : (n + 1) / 2);
    const Tensor ranks = all_gather(full({1}, r), 0, half);
    std::vector<float> expected;
    for (int other = n - 1; other >= 0; --other)
      if (other % 2 == r % 2) expected.push_back(float(other));
    EXPECT_EQ(ranks.to_vector<float>(), expected);
    g.barrier();
    EXPECT_THROW(g.split(-1), ArgumentError);
  });
}

TEST(collectives, sums_have_the_order_of_a_tree) {
  on_ranks([](const Group& g) {
    const auto of = [](int r) { return randn({1000}) * std::pow(10.0, r); };
    Tensors all;
    manual_seed(1);
    for (int r = 0; r < g.size(); ++r) all.push_back(of(r));
    const Tensor found = all_reduce(all[std::size_t(g.rank())], Reduce::sum, g);
    while (all.size() > 1) {
      Tensors pairs;
      for (std::size_t i = 0; i < all.size(); i += 2)
        pairs.push_back(i + 1 < all.size() ? all[i] + all[i + 1] : all[i]);
      all = pairs;
    }
    EXPECT_TRUE(equal(found, all[0]));
  });
}

TEST(collectives, another_order_of_sums_is_close) {
  use_deterministic_algorithms(false);
  on_ranks([](const Group& g) {
    const Tensor x = tensor_of(g.rank(), {100}, float32);
    const Tensor tree = reduce_scatter(tile(x, {g.size()}), 0, Reduce::sum, g);
    EXPECT_TRUE(equal(all_reduce(x, Reduce::sum, g), tree));
    EXPECT_TRUE(equal(all_reduce(x, Reduce::mean, g), tree / g.size()));
  });
  use_deterministic_algorithms(true);
}

TEST(collectives, a_group_of_one_returns_its_input) {
  const Tensor x = randn({3});
  const Group one;
  EXPECT_EQ(all_reduce(x, Reduce::sum, one).impl(), x.impl());
  EXPECT_EQ(all_gather(x, 0, one).impl(), x.impl());
  EXPECT_EQ(broadcast(x, 0, one).impl(), x.impl());
  EXPECT_EQ(sum_from_group(x, one).impl(), x.impl());
  one.barrier();
  EXPECT_EQ(one.split(3).size(), 1);
}

}  // namespace
}  // namespace tinygrad::distributed
