// SPDX-License-Identifier: MIT
// n ranks against one rank with the same global batch, within rounding and, where the sums have one
// tree, bit for bit; the overlap with the backward pass; tied, unused and frozen parameters.
#include "nets.h"
#include "support/message_of.h"

namespace tinygrad::distributed {
namespace {

template <class Net> void compare_with_one_rank() {
  const Tensor one = trained<Net>(Group()), exact = trained<Net>(Group(), 1, float64);
  on_ranks([&](const Group& g) {
    EXPECT_LE(difference(trained<Net>(g), one), 1e-6) << g.size();  // 20 roundings of 6e-8
    EXPECT_LE(difference(trained<Net>(g, 1, float64), exact), 1e-12) << g.size();
  });
}
TEST(data_parallel, an_mlp_trains_as_on_one_rank) { compare_with_one_rank<Mlp>(); }
TEST(data_parallel, a_cnn_trains_as_on_one_rank) { compare_with_one_rank<Cnn>(); }

TEST(data_parallel, micro_batches_and_ranks_are_leaves_of_one_tree) {
  const Tensor four = trained<Mlp>(Group(), 4);
  on_ranks([&](const Group& g) {
    if (g.size() == 3) return;
    EXPECT_TRUE(equal(trained<Mlp>(g, 4 / g.size()), four)) << g.size();
  });
  EXPECT_FALSE(equal(trained<Mlp>(Group(), 2), four));  // so that the comparison means something
}

TEST(data_parallel, runs_and_ranks_have_the_same_bits) {
  on_ranks([&](const Group& g) {
    const Tensor first = trained<Cnn>(g), second = trained<Cnn>(g);
    EXPECT_TRUE(equal(first, second));
    EXPECT_TRUE(equal(broadcast(first, 0, g), first));
    // Buckets only decide which gradients travel together.
    EXPECT_TRUE(equal(trained<Cnn>(g, 1, float32, {}), first));
  });
}

struct Three : nn::Module {
  nn::Linear first = add("first", nn::Linear(4, 4)), second = add("second", nn::Linear(4, 4)),
             third = add("third", nn::Linear(4, 4));
  Tensor forward(const Tensor& x) override { return third(tanh(second(tanh(first(x))))); }
};

/// Waits up to 5 s for bucket 0.
bool bucket_ends(const DataParallel& parallel) {
  for (int i = 0; i < 5000 && !parallel.buckets()[0].done; ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  return parallel.buckets()[0].done;
}

TEST(data_parallel, the_first_bucket_is_reduced_before_the_last_gradient_exists) {
  on_ranks([](const Group& g) {
    manual_seed(0);
    Three net;
    DataParallel parallel(net, {.bucket_bytes = 1, .first_bucket_bytes = 1}, g);
    EXPECT_EQ(parallel.buckets().size(), 6u);
    EXPECT_EQ(parallel.buckets()[0].parameters, std::vector<std::size_t>{5});
    int calls = 0;
    // The gradient that the first layer receives: its weight's is not computed yet.
    net.first.register_backward_hook([&](const Tensor&) {
      EXPECT_TRUE(bucket_ends(parallel));  // on all ranks, while all are here
      ++calls;
      return Tensor();
    });
    for (int step = 0; step < 2; ++step) {
      net.zero_grad();
      sum(net(randn({2, 4}))).backward();
      parallel.step_ready();
    }
    EXPECT_EQ(calls, 2);
  });
}

/// A weight that is used twice, one that is used on rank 0 alone, one never, and a frozen one.
struct Shared : nn::Module {
  nn::Parameter twice = add("twice", ones({3})), some = add("some", ones({2})),
                never = add("never", ones({2})), frozen = add("frozen", ones({2}));
  nn::Buffer seen = add_buffer("seen", zeros({1}));
  int rank = 0;
  Shared() { frozen.requires_grad_(false); }
  Tensor forward(const Tensor& x) override {
    Tensor y = sum(twice * x * twice);
    if (rank == 0) y = y + sum(some * frozen) * 6;
    return y;
  }
};

TEST(data_parallel, takes_tied_unused_and_frozen_parameters) {
  on_ranks([](const Group& g) {
    Shared net;
    net.rank = g.rank();
    net.seen.fill_(g.rank() + 5);
    DataParallel parallel(net, {}, g);
    EXPECT_EQ(net.seen.item<float>(), 5);
    net(full({3}, g.rank() + 1)).backward();
    net.seen.fill_(g.rank() + 7);
    parallel.step_ready();
    EXPECT_EQ(net.seen.item<float>(), 7);
    const float mean = float(g.size() + 1) / 2;  // of 1 ... n
    EXPECT_EQ(net.twice.grad().to_vector<float>(), std::vector<float>(3, 2 * mean));
    EXPECT_EQ(net.some.grad().to_vector<float>(), std::vector<float>(2, 6 / float(g.size())));
    EXPECT_FALSE(net.never.grad().defined());
    EXPECT_FALSE(net.frozen.grad().defined());
  });
}

TEST(data_parallel, gradients_add_up_if_they_are_not_forgotten) {
  on_ranks([](const Group& g) {
    Shared net;
    net.rank = g.rank();
    DataParallel parallel(net, {}, g);
    for (int step = 0; step < 2; ++step) {
      net(full({3}, 1)).backward();
      parallel.step_ready();
    }
    EXPECT_EQ(net.twice.grad().to_vector<float>(), std::vector<float>(3, 4));
    EXPECT_EQ(net.some.grad().to_vector<float>(), std::vector<float>(2, 6 / float(g.size()) * 2));
  });
}

TEST(data_parallel, refuses_a_second_pass_without_no_sync) {
  on_ranks([](const Group& g) {
    Shared net;
    DataParallel parallel(net, {}, g);
    const auto pass = [&] { net(ones({3})).backward(); };
    pass();
    const std::string message = message_of<AutogradError>(pass);
    EXPECT_NE(message.find("before step_ready()"), std::string::npos) << message;
    parallel.step_ready();
  });
}

TEST(data_parallel, refuses_modules_that_differ) {
  on_ranks([](const Group& g) {
    nn::Linear net(3, g.rank() == 1 ? 4 : 5);
    EXPECT_THROW(DataParallel(net, {}, g), ShapeError);
  });
}

TEST(data_parallel, the_sampler_gives_all_ranks_equally_many_steps) {
  on_ranks([](const Group& g) {
    const data::Dataset all{
        .x = arange(11).reshape(11, 1), .y = zeros({11}), .classes = {}, .name = {}};
    data::DataLoader loader(all, {.batch_size = 2,
                                  .sampler = data::distributed_sampler(data::sequential_sampler(11),
                                                                       g.rank(), g.size())});
    double sum = 0;
    for (auto [x, y] : loader) {
      sum += tinygrad::sum(x).item<double>();
      g.barrier();
    }
    const double total = all_reduce(full({}, sum), Reduce::sum, g).item<double>();
    EXPECT_GE(total, 55);  // every sample at least once
  });
}

}  // namespace
}  // namespace tinygrad::distributed
