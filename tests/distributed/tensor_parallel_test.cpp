// SPDX-License-Identifier: MIT
// Tensor parallel layers against the undivided ones, in float64: outputs, gradients of inputs and
// of all parameters, biases included, and states.
#include "tinygrad/distributed/tensor_parallel.h"

#include "ranks.h"

namespace tinygrad::distributed {
namespace {

constexpr double tolerance = 1e-12;  // sums of a few dozen float64 values of about 1

double largest(const Tensor& x) { return max(abs(x)).item<double>(); }
void expect_near(const Tensor& a, const Tensor& b, const std::string& what) {
  ASSERT_EQ(a.shape(), b.shape()) << what;
  EXPECT_LE(largest(a - b), tolerance * std::max(1.0, largest(b))) << what;
}

/// Compares the gradients of all parameters of a divided module with those of a whole one: a copy
/// of each is loaded into the parameters, whose parts full_state_dict() gathers.
void expect_same_gradients(nn::Module& divided, const nn::Module& whole) {
  const NoGrad off;
  for (auto& p : divided.parameters()) {
    ASSERT_TRUE(p.grad().defined());
    Tensor(p).copy_(p.grad());
  }
  const NamedTensors gathered = full_state_dict(divided);
  const NamedTensors expected = whole.named_parameters();
  ASSERT_EQ(gathered.size(), expected.size());
  for (auto& [name, gradient] : gathered) {
    const auto same = std::find_if(expected.begin(), expected.end(),
                                   [&, &key = name](auto& entry) { return entry.first == key; });
    ASSERT_NE(same, expected.end()) << name;
    expect_near(gradient, same->second.grad(), name);
  }
}

struct Mlp : nn::Module {
  nn::Linear up = add("up", nn::Linear(6, 14)), down = add("down", nn::Linear(14, 5));
  Tensor forward(const Tensor& x) override { return down(tanh(up(x))); }
};
/// 14 features are not a multiple of 3 or 4 ranks.
struct DividedMlp : nn::Module {
  ColumnLinear up;
  RowLinear down;
  explicit DividedMlp(const Group& g, std::optional<int> sequence_dim = {})
      : up(add("up", ColumnLinear(6, 14, {.sequence_dim = sequence_dim}, g))),
        down(add("down", RowLinear(14, 5, {.sequence_dim = sequence_dim}, g))) {}
  Tensor forward(const Tensor& x) override { return down(tanh(up(x))); }
};
Tensor input(const Shape& shape) {
  const ThreadStream stream({11, 0});
  return randn(shape, {.dtype = float64, .requires_grad = true});
}

TEST(tensor_parallel, an_mlp_draws_and_computes_what_one_rank_does) {
  on_ranks([](const Group& g) {
    manual_seed(g.rank() == 0 ? 3 : std::uint64_t(100 + g.rank()));
    DividedMlp net(g);
    const Generator after = generator();
    manual_seed(3);
    Mlp whole;
    if (g.rank() == 0) { EXPECT_TRUE(after == generator()); }
    const NamedTensors state = full_state_dict(net), expected = whole.state_dict();
    ASSERT_EQ(state.size(), expected.size());
    for (std::size_t i = 0; i < state.size(); ++i) {
      EXPECT_EQ(state[i].first, expected[i].first);
      EXPECT_TRUE(equal(state[i].second, expected[i].second)) << state[i].first;
    }
    EXPECT_EQ(net.up.weight.size(0), (g.rank() + 1) * 14 / g.size() - g.rank() * 14 / g.size());
    net.to(float64), whole.to(float64);
    const Tensor x = input({3, 4, 6}), same = x.detach().requires_grad_();
    const Tensor y = net(x), z = whole(same);
    expect_near(y.detach(), z.detach(), "output");  // with a bias once
    sum(square(y)).backward();
    sum(square(z)).backward();
    expect_near(x.grad(), same.grad(), "input gradient");
    expect_same_gradients(net, whole);
  });
}

TEST(tensor_parallel, each_layer_alone_takes_and_returns_whole_tensors) {
  on_ranks([](const Group& g) {
    manual_seed(4);
    const std::int64_t features = 2 * g.size();
    for (const bool bias : {true, false}) {
      nn::Linear whole(features, features, {.bias = bias});
      whole.to(float64);
      ColumnLinear column = ColumnLinear::from_linear(whole, {.gather_output = true}, g);
      RowLinear row = RowLinear::from_linear(whole, {.input_is_split = false}, g);
      EXPECT_EQ(column.parameters().size(), bias ? 2u : 1u);
      const Tensor x = input({5, features}), c = x.detach().requires_grad_(),
                   r = x.detach().requires_grad_();
      const Tensor weights = cos(arange(0, 5 * features).reshape(5, features).to(float64));
      const Tensor y = whole(x);
      sum(y * weights).backward();
      for (auto [layer, z] : {std::pair<nn::Module*, Tensor>(&column, c), {&row, r}}) {
        const Tensor out = (*layer)(z);
        expect_near(out.detach(), y.detach(), "output");
        sum(out * weights).backward();
        expect_near(z.grad(), x.grad(), "input gradient");
        expect_same_gradients(*layer, whole);
      }
    }
  });
}

TEST(tensor_parallel, a_divided_sequence_has_the_gradients_of_the_whole) {
  on_ranks([](const Group& g) {
    const std::int64_t length = 3 * g.size();
    DividedMlp net(g, 1);
    Mlp whole;
    whole.load_state_dict(full_state_dict(net));
    net.to(float64), whole.to(float64);
    const Tensor x = input({2, length, 6}), same = x.detach().requires_grad_();
    const Tensor y = gather_from_group(net(scatter_to_group(x, 1, g)), 1, g), z = whole(same);
    expect_near(y.detach(), z.detach(), "output");
    sum(square(y)).backward();
    sum(square(z)).backward();
    expect_near(x.grad(), same.grad(), "input gradient");
    expect_same_gradients(net, whole);
  });
}

TEST(tensor_parallel, a_vocabulary_may_have_any_size) {
  on_ranks([](const Group& g) {
    manual_seed(6);
    const std::int64_t words = 11, features = 4;
    VocabParallelEmbedding table(words, features, {}, g);
    nn::Embedding whole(words, features);
    whole.load_state_dict(full_state_dict(table));
    table.to(float64), whole.to(float64);
    const Tensor tokens = (arange(0, 15) * 7 % words).reshape(3, 5);
    const Tensor labels = where(tokens == 2, -1, (tokens * 3 + 1) % words);
    const Tensor h = table(tokens), k = whole(tokens);
    expect_near(h.detach(), k.detach(), "embedding");
    for (const Reduction reduction : {Reduction::mean, Reduction::sum, Reduction::none}) {
      const Tensor loss = vocab_parallel_cross_entropy(
          table.logits(tanh(h)), labels, words, {.ignore_index = -1, .reduction = reduction}, g);
      const Tensor rows = flatten(linear(tanh(k), whole.weight), 0, 1);
      const Tensor expected =
          cross_entropy(rows, flatten(labels), {.ignore_index = -1, .reduction = reduction});
      expect_near(flatten(loss.detach()), flatten(expected.detach()), "loss");
      sum(loss).backward({}, {.retain_graph = true});
      sum(expected).backward({}, {.retain_graph = true});
    }
    expect_same_gradients(table, whole);
    EXPECT_THROW(table(tokens + 1), IndexError);
    EXPECT_THROW(table(tokens - 1), IndexError);
    const Tensor logits = table.logits(h.detach());
    EXPECT_THROW(vocab_parallel_cross_entropy(logits, labels, words, {}, g), IndexError);
    EXPECT_THROW(vocab_parallel_cross_entropy(logits, labels, 50, {}, g), ShapeError);
  });
}

TEST(tensor_parallel, large_logits_do_not_overflow) {
  on_ranks([](const Group& g) {
    const std::int64_t classes = 9;
    const Tensor whole = arange(0, classes).to(float32).reshape(1, classes) * 1000;
    const Sharding columns{1, classes, g};
    const Tensor part = shard(whole, columns).requires_grad_();
    const Tensor loss = vocab_parallel_cross_entropy(part, arange(7, 8), classes, {}, g);
    EXPECT_THROW(vocab_parallel_cross_entropy(part, ones({1}), classes, {}, g), DTypeError);
    EXPECT_EQ(loss.item<double>(), 1000);
    EXPECT_TRUE(equal(unshard(part, columns), whole));
    loss.backward();
    const Tensor gradient = unshard(part.grad(), columns);
    EXPECT_TRUE(equal(
        gradient, from_vector({0., 0., 0., 0., 0., 0., 0., -1., 1.}, {1, classes}).to(float32)));
  });
}

TEST(tensor_parallel, a_transformer_layer_is_divided_by_heads_and_by_sequence) {
  on_ranks([](const Group& g) {
    const std::int64_t heads = 12, features = 24, length = 4 * g.size();
    for (const bool sequence_parallel : {false, true}) {
      const ParallelTransformerOptions options{.dim_feedforward = 20,
                                               .activation = gelu,
                                               .is_causal = true,
                                               .sequence_parallel = sequence_parallel};
      manual_seed(8);
      ParallelTransformerLayer layer(features, heads, options, g);
      manual_seed(8);
      nn::TransformerEncoderLayer whole(features, heads,
                                        {.dim_feedforward = 20,
                                         .dropout = 0,
                                         .activation = gelu,
                                         .batch_first = true,
                                         .norm_first = true});
      const NamedTensors expected = whole.state_dict();
      const NamedTensors state = full_state_dict(layer);
      ASSERT_EQ(state.size(), expected.size());
      for (std::size_t i = 0; i < state.size(); ++i) {
        EXPECT_EQ(state[i].first, expected[i].first);
        EXPECT_TRUE(equal(state[i].second, expected[i].second)) << state[i].first;
      }
      layer.to(float64), whole.to(float64);
      const Tensor x = input({2, length, features}), same = x.detach().requires_grad_();
      const Tensor z = whole(same, {.is_causal = true});
      const Tensor y =
          sequence_parallel ? gather_from_group(layer(scatter_to_group(x, 1, g)), 1, g) : layer(x);
      expect_near(y.detach(), z.detach(), "output");
      sum(square(y)).backward();
      sum(square(z)).backward();
      expect_near(x.grad(), same.grad(), "input gradient");
      expect_same_gradients(layer, whole);
    }
    EXPECT_THROW(ParallelAttention(24, 1, {}, g), ArgumentError);
  });
}

}  // namespace
}  // namespace tinygrad::distributed
