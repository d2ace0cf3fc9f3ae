// SPDX-License-Identifier: MIT
// Ranks that disagree, that do not arrive, or that end: every rank gets a sentence, and none hangs.
#include "ranks.h"
#include "support/message_of.h"

namespace tinygrad::distributed {
namespace {

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

TEST(errors, all_ranks_throw_if_one_has_another_shape_or_operation) {
  on_ranks([](const Group& g) {
    const bool other = g.rank() == 1;
    const std::string shapes = message_of<ShapeError>([&] {
      all_reduce(zeros(other ? Shape{3, 2} : Shape{2, 3}), Reduce::sum, g);
    });
    EXPECT_TRUE(contains(shapes,
                         "rank 0 calls all_reduce (sum) of float32 [2, 3], rank 1 calls "
                         "all_reduce (sum) of float32 [3, 2]"))
        << shapes;
    EXPECT_THROW(broadcast(zeros({2}, {.dtype = other ? int32 : int64}), 0, g), DTypeError);
    EXPECT_THROW(broadcast(zeros({2}), other, g), ArgumentError);
    EXPECT_THROW(broadcast(zeros({2}), g.size(), g), ArgumentError);
    EXPECT_THROW(all_gather(zeros({2, other ? 3 : 4}), 0, g), ShapeError);
    EXPECT_THROW(all_gather(zeros({2}), 1, g), IndexError);
    EXPECT_THROW(reduce_scatter(zeros({g.size() + 1}), 0, Reduce::sum, g), ShapeError);
    const std::string kinds = message_of<ArgumentError>([&] {
      if (other) g.barrier();
      else all_reduce(zeros({2}), Reduce::sum, g);
    });
    EXPECT_TRUE(contains(kinds, "rank 1 calls barrier")) << kinds;
    EXPECT_EQ(all_reduce(ones({1}), Reduce::sum, g).item<int>(), g.size());  // it goes on
  });
}

TEST(errors, a_gradient_is_not_lost_in_silence) {
  const Tensor x = zeros({2}).requires_grad_();
  const std::string message = message_of<AutogradError>([&] { all_reduce(x); });
  EXPECT_TRUE(contains(message, "conjugate.h")) << message;
  const NoGrad off;
  EXPECT_TRUE(equal(all_reduce(x), x));
}

const Options hurried{.timeout = std::chrono::milliseconds(300)};

TEST(errors, names_the_rank_that_does_not_arrive) {
  std::string message;
  run_threads(
      3,
      [&](const Group& g) {
        if (g.rank() == 2) return std::this_thread::sleep_for(std::chrono::milliseconds(800));
        const std::string own = message_of<CommunicationError>([&] { g.barrier(); });
        if (g.rank() == 0) message = own;
      },
      hurried);
  EXPECT_TRUE(contains(message, "waited 0.3 s in operation 1 of the group, barrier")) << message;
  EXPECT_TRUE(contains(message, "rank 2 had not arrived")) << message;
}

TEST(errors, a_message_that_is_not_sent_ends_at_the_time_limit) {
  run_threads(
      2,
      [](const Group& g) {
        if (g.rank() == 1) return std::this_thread::sleep_for(std::chrono::milliseconds(800));
        const auto text = message_of<CommunicationError>([&] { recv({2}, float32, 1, g); });
        EXPECT_TRUE(contains(text, "recv of float32 [2] from rank 1 (8 bytes); rank 1")) << text;
        EXPECT_THROW(g.barrier(), CommunicationError);  // so does everything after it
      },
      hurried);
}

TEST(errors, an_exception_of_one_rank_ends_the_others_at_once) {
  const auto start = std::chrono::steady_clock::now();
  const std::string message = message_of<ArgumentError>([] {
    run_threads(3, [](const Group& g) {
      if (g.rank() == 1) fail("test", "rank 1 has no data");
      const Work work = all_reduce_async(ones({4}), Reduce::sum, g);
      const auto text = message_of<CommunicationError>([&] { work.wait(); });
      EXPECT_TRUE(contains(text, "had ended before")) << text;
    });
  });
  EXPECT_TRUE(contains(message, "rank 1 has no data")) << message;
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(20));  // of 60
}

TEST(errors, names_wrong_options) {
  EXPECT_THROW(init({.backend = "nccl"}), ArgumentError);
  EXPECT_THROW(run_threads(0, [](const Group&) {}), ArgumentError);
}

}  // namespace
}  // namespace tinygrad::distributed
