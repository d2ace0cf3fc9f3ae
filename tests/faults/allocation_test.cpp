// SPDX-License-Identifier: MIT
// Tests that if allocation n fails, n = 1, 2, ..., our exception is thrown, the state is unchanged,
// and the next call works.
#include "fault.h"
#include "support/files.h"
#include "support/idx_files.h"
#include "tinygrad/ops/create.h"
#include "tinygrad/tinygrad.h"
#include "tinygrad/vision/datasets.h"

namespace tinygrad::test {
namespace {

class Allocation : public Files {
 protected:
  /// Each allocation of f fails in turn; whatever happened, f must then give the same result as
  /// before.
  template <class F> void check(F f) {
    const std::string expected = f();
    const long calls = each_fault("malloc", "ENOMEM", f, [&](bool) { EXPECT_EQ(f(), expected); });
    EXPECT_GT(calls, 0);
  }
  const NamedTensors some = {
      {"a", ones({3, 4})}, {"b", arange(5)}, {"c", zeros({2}, {.dtype = boolean})}};
};

TEST_F(Allocation, fails_in_load) {
  save_safetensors(some, path("f"), {{"key", "value"}});
  for (bool map : {true, false})
    check([&] { return bits(load_safetensors(path("f"), {.map = map})); });
}
TEST_F(Allocation, fails_in_a_refusal) {
  put("f", "\x1f\x8b nonsense");
  each_fault(
      "malloc", "ENOMEM", true,
      [&] {
        try {
          load_safetensors(path("f"));
        } catch (const IoError&) {}
      },
      [](bool) {});
}
TEST_F(Allocation, fails_in_save) {
  save_safetensors({{"old", ones({2})}}, path("f"));
  const std::string old = get("f");
  save_safetensors(some, path("new"));
  const std::string whole = get("new");
  const auto after = [&](bool threw) {
    EXPECT_EQ(get("f"), threw ? old : whole);
    EXPECT_EQ(count(), 2);
    put("f", old);
  };
  EXPECT_GT(each_fault(
                "malloc", "ENOMEM", [&] { save_safetensors(some, path("f")); }, after),
            0);
}
TEST_F(Allocation, fails_in_load_idx) {
  for (const std::string& bytes :
       {idx(12, {2, 3}, std::string(24, 'a')), gzip(idx(8, {2, 3}, "abcdef"))}) {
    put("f", bytes);
    check([&] { return bits(vision::load_idx(path("f"))); });
  }
}
TEST_F(Allocation, fails_in_a_loader) {
  const data::Dataset set = vision::digits(6, 1);
  for (int prefetch : {0, 2}) {
    check([&] {
      std::string all;
      for (auto [x, y] : data::DataLoader(set, {.batch_size = 2,
                                               .shuffle = true,
                                               .prefetch = prefetch,
                                               .seed = 1,
                                               .augment = vision::random_shift(1)}))
        all += bits(x) + bits(y);
      return all;
    });
  }
}
TEST_F(Allocation, fails_in_a_training_step) {
  const Tensor x = rand({4, 6}), target = tensor({0, 1, 2, 1});
  Tensor w = randn({3, 6}), b = zeros({3});
  w.requires_grad_(), b.requires_grad_();
  const Tensor w0 = w.detach().clone(), b0 = b.detach().clone();
  const auto restore = [&] {
    const NoGrad off;
    w.copy_(w0), b.copy_(b0);
    w.set_grad({}), b.set_grad({});
  };
  const auto step = [&] {
    optim::SGD sgd({w, b}, {.lr = .1, .momentum = .9});
    const Tensor loss = cross_entropy(linear(tanh(x), w, b), target);
    loss.backward();
    sgd.step();
  };
  step();
  const std::string expected = bits(w) + bits(b);
  restore();
  const std::string before = bits(w) + bits(b);
  const auto after = [&](bool threw) {
    EXPECT_EQ(bits(w) + bits(b),
              threw ? before : expected);  // a step that throws has changed no weight
    restore();
    step();
    EXPECT_EQ(bits(w) + bits(b), expected);
    restore();
  };
  EXPECT_GT(each_fault(
                "malloc", "ENOMEM", [&] { step(); }, after),
            0);
}

}  // namespace
}  // namespace tinygrad::test
