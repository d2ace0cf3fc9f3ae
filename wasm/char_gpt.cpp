// SPDX-License-Identifier: MIT
// The page of the small GPT: it learns the characters of a text, writes, and shows its attention.
#include <tinygrad/models/generate.h>
#include <tinygrad/models/gpt2.h>
#include <tinygrad/optim.h>

#include "attention_weights.h"
#include "bind.h"

namespace page {

namespace models = tg::models;

/// ids int64 of an array of JavaScript.
Tensor ids_of(const val& ids) {
  const auto values = emscripten::convertJSArrayToNumberVector<std::int32_t>(ids);
  return tg::from_vector(std::vector<std::int64_t>(values.begin(), values.end()));
}

class Writer {
 public:
  /// A net of two blocks with two heads for so many different characters.
  Writer(int characters, int context, int width)
      : net_({.vocab_size = characters,
              .n_positions = context,
              .n_embd = width,
              .n_layer = 2,
              .n_head = 2,
              .gelu = tg::GeluApproximation::none}),
        adam_(net_.parameters(), {.lr = 3e-3, .weight_decay = 0.1}) {
    net_.eval();
  }
  void load(const val& weights) { load_weights(net_, weights); }
  /// The values that load() takes, in its order.
  val weights() { return flat_state(net_); }

  void set_text(const val& ids) { text_ = ids_of(ids); }
  /// Trains on so many batches of 16 windows of the text. Returns their mean loss.
  double step(int batches) {
    const std::int64_t length = net_.options.n_positions;
    double total = 0;
    for (int i = 0; i < batches; ++i) {
      const Tensor begin = tg::randint(0, text_.size(0) - length, {16, 1});
      const Tensor at = begin + tg::arange(length);
      const auto window = [&](const Tensor& rows) {
        return text_.index_select(0, flatten(rows)).reshape({16, length});
      };
      adam_.zero_grad();
      const Tensor loss = cross_entropy(flatten(net_(window(at)), 0, 1), flatten(window(at + 1)));
      loss.backward();
      adam_.step();
      total += loss.item<double>();
    }
    return total / batches;
  }

  /// Draws the character after `ids`, of which it reads the last of its context: {id, and the
  /// probabilities [characters] that it was drawn with}.
  val next(const val& ids, double temperature) {
    const tg::NoGrad off;
    const Tensor scores = net_(unsqueeze(last_of(ids_of(ids)), 0)).select(0, 0).select(0, -1);
    const models::SamplingOptions options{.temperature = temperature};
    val result = val::object();
    result.set("id", int(models::sample(scores, options)));
    result.set("probabilities", to_js(models::sampling_probabilities(scores, options)));
    return result;
  }
  /// [blocks, heads, L, L] for the last L ids.
  val attention(const val& ids) {
    return to_js(stack(char_gpt::attention_weights(net_, last_of(ids_of(ids)))));
  }

 private:
  Tensor last_of(const Tensor& ids) const {
    const std::int64_t n = std::min(ids.size(0), net_.options.n_positions);
    return ids.narrow(0, ids.size(0) - n, n);
  }

  models::GPT2 net_;
  tg::optim::AdamW adam_;
  Tensor text_;
};

EMSCRIPTEN_BINDINGS(char_gpt) {
  emscripten::class_<Writer>("Writer")
      .constructor(&made<Writer, int, int, int>, emscripten::allow_raw_pointers())
      .function("load", checked<&Writer::load>)
      .function("weights", checked<&Writer::weights>)
      .function("setText", checked<&Writer::set_text>)
      .function("step", checked<&Writer::step>)
      .function("next", checked<&Writer::next>)
      .function("attention", checked<&Writer::attention>);
}

}  // namespace page
