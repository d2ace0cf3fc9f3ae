// SPDX-License-Identifier: MIT
// Pipelines against one process that takes the same micro-batches: the loss and all gradients have
// the same bits. As many activations are kept as the schedule says.
#include <algorithm>

#include "ranks.h"
#include "tinygrad/distributed/pipeline.h"
#include "tinygrad/op.h"

namespace tinygrad::distributed {
namespace {

constexpr std::int64_t width = 6, layers = 8, classes = 5;

/// x, with a node in the graph as long as the activations of a micro-batch are kept.
Tensor counted(In x, const std::shared_ptr<int>& token) {
  return apply({.name = "counted",
                .inputs = {x},
                .formula = [](const Tensors& in) { return in[0] * 1; },
                .derivatives = {[token](Dy dy, Saved) { return dy; }}});
}

/// Layers [first, last) of a net, which have the same initial values in any division.
struct Stage : nn::Module {
  nn::ModuleList<nn::Linear> parts = add("parts", nn::ModuleList<nn::Linear>());
  std::shared_ptr<int> token = std::make_shared<int>();
  long live = 0;
  Stage(std::int64_t first, std::int64_t last) {
    for (std::int64_t i = first; i < last; ++i) {
      const ThreadStream stream({40 + std::uint64_t(i), 0});
      parts.push_back(nn::Linear(width, i + 1 == layers ? classes : width));
    }
  }
  explicit Stage(const Group& g)
      : Stage(g.rank() * layers / g.size(), (g.rank() + 1) * layers / g.size()) {}
  Tensor forward(const Tensor& x) override {
    Tensor h = x;
    for (auto& part : parts) h = tanh(part(h));
    if (grad_enabled()) h = counted(h, token);
    live = std::max(live, token.use_count() - 1);
    return h;
  }
};

struct Examples {
  Tensor x, y;
};
Examples examples(std::int64_t size) {
  const ThreadStream stream({7, 0});
  return {randn({size, width}), randint(0, classes, {size})};
}
Tensor loss_of(const Tensor& output, const Tensor& target) { return cross_entropy(output, target); }

/// The loss and the gradients of one process.
double accumulate(Stage& net, const Examples& e, int micro_batches) {
  double sum = 0;
  const std::int64_t size = e.x.size(0) / micro_batches;
  for (int m = 0; m < micro_batches; ++m) {
    const Tensor loss =
        loss_of(net(narrow(e.x, 0, m * size, size)), narrow(e.y, 0, m * size, size));
    sum += loss.item<double>();
    if (grad_enabled()) (loss / micro_batches).backward();
  }
  return sum / micro_batches;
}

class pipeline : public testing::TestWithParam<ScheduleKind> {};
INSTANTIATE_TEST_SUITE_P(kinds, pipeline,
                         testing::Values(ScheduleKind::gpipe, ScheduleKind::one_f_one_b));

TEST_P(pipeline, has_the_bits_of_one_process_and_keeps_few_activations) {
  on_ranks([](const Group& g) {
    for (int m : {1, 2, 3, 6, 12}) {  // fewer than stages, too
      Stage whole(0, layers), own(g);
      Pipeline parallel(own, {.schedule = GetParam(), .micro_batches = m}, g);
      for (std::int64_t size : {12, 24}) {  // other shapes in the second step; gradients add up
        const Examples e = examples(size);
        const double expected = accumulate(whole, e, m);
        EXPECT_EQ(parallel.step(e.x, e.y, loss_of), expected);
      }
      const int first = int(g.rank() * layers / g.size());
      for (std::size_t i = 0; i < own.parts.size(); ++i) {
        auto& mine = own.parts[i];
        auto& same = whole.parts[std::size_t(first) + i];
        EXPECT_TRUE(equal(mine.weight.grad(), same.weight.grad())) << g.rank() << " " << i;
        EXPECT_TRUE(equal(mine.bias.grad(), same.bias.grad())) << g.rank() << " " << i;
      }
      const int most = GetParam() == ScheduleKind::gpipe ? m : std::min(m, g.size() - g.rank());
      EXPECT_EQ(parallel.peak_activations(), most);
      EXPECT_EQ(own.live, most) << "nodes";
    }
  });
}

TEST(pipeline, evaluates_without_recording) {
  on_ranks([](const Group& g) {
    const NoGrad off;
    Stage whole(0, layers), own(g);
    const Examples e = examples(12);
    Pipeline parallel(own, {.micro_batches = 4}, g);
    EXPECT_EQ(parallel.step(e.x, e.y, loss_of), accumulate(whole, e, 4));
    EXPECT_EQ(parallel.peak_activations(), 0);
    for (auto& p : own.parameters()) EXPECT_FALSE(p.grad().defined());
  });
}

/// An embedding, whose weight is also that of the output layer.
struct TiedStage : nn::Module {
  bool first, last;
  nn::Parameter weight;  // of the first and the last stage
  nn::Linear middle = add("middle", nn::Linear(width, width));
  explicit TiedStage(int rank, int size)
      : first(rank == 0),
        last(rank + 1 == size),
        weight(first || last ? add("weight", randn({classes, width})) : nn::Parameter()) {}
  Tensor forward(const Tensor& x) override {
    const Tensor h = tanh(middle(first ? embedding(x, weight) : x));
    return last ? linear(h, weight) : h;
  }
};

TEST(pipeline, sums_the_gradients_of_tied_weights) {
  on_ranks([](const Group& g) {
    manual_seed(std::uint64_t(5 + g.rank()));  // the first stage's weight is copied
    TiedStage own(g.rank(), g.size());
    own.to(float64);
    const bool is_end = own.first || own.last;
    Pipeline parallel(own,
                      {.micro_batches = 2,
                       .tied = is_end ? std::vector<Tensor>{own.weight} : std::vector<Tensor>()},
                      g);
    const Tensor tokens = arange(0, 8) % classes, labels = (tokens + 1) % classes;
    const double loss = parallel.step(tokens, labels, loss_of);
    parallel.sum_tied_gradients();
    // One process: the weights of all ranks.
    const Tensor weight =
        broadcast(is_end ? own.weight.detach() : zeros({classes, width}, {.dtype = float64}), 0, g)
            .requires_grad_();
    const Tensor maps = all_gather(unsqueeze(own.middle.weight.detach(), 0), 0, g);
    const Tensor biases = all_gather(unsqueeze(own.middle.bias.detach(), 0), 0, g);
    Tensor h = embedding(tokens, weight);
    for (int i = 0; i < g.size(); ++i)
      h = tanh(linear(h, select(maps, 0, i), select(biases, 0, i)));
    const Tensor expected = cross_entropy(linear(h, weight), labels);
    expected.backward();
    EXPECT_NEAR(loss, expected.item<double>(), 1e-14);
    if (is_end) { EXPECT_LE(max(abs(own.weight.grad() - weight.grad())).item<double>(), 1e-15); }
  });
}

TEST(pipeline, stages_without_gradients_are_passed) {
  on_ranks([](const Group& g) {
    Stage whole(0, layers), own(g);
    const Examples e = examples(12);
    accumulate(whole, e, 3);
    const bool is_last = g.rank() + 1 == g.size();
    own.requires_grad_(is_last);
    Pipeline parallel(own, {.micro_batches = 3}, g);
    parallel.step(g.rank() == 0 ? e.x : Tensor(), is_last ? e.y : Tensor(), loss_of);
    const std::size_t first = layers - own.parts.size();
    if (is_last) {
      EXPECT_TRUE(equal(own.parts[0].weight.grad(), whole.parts[first].weight.grad()));
    }
  });
}

TEST(pipeline, explains_what_is_wrong) {
  Stage net(0, layers);
  EXPECT_THROW(Pipeline(net, {.micro_batches = 0}, Group()), ArgumentError);
  Pipeline alone(net, {.micro_batches = 5}, Group());
  const Examples e = examples(12);
  EXPECT_THROW(alone.step(e.x, e.y, loss_of), ShapeError);
  EXPECT_THROW(alone.step({}, e.y, loss_of), ArgumentError);
}

}  // namespace
}  // namespace tinygrad::distributed
