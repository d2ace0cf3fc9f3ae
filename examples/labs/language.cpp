// SPDX-License-Identifier: MIT
// From characters to a language model, in small: attention by hand, byte pairs, the loss of a
// training, temperature, and what a cache and blocks of 8 or 4 bits save.
#include <fmt/format.h>
#include <tinygrad/models/generate.h>
#include <tinygrad/text/vocabulary.h>

#include "labs/language_costs.h"

namespace {

using namespace lab;

/// Four tokens: the query of each says what it looks for, its key what it is: an article, a noun, a
/// verb, a pronoun.
void attention(lab::Lab& lab) {
  const std::vector<std::string> tokens = {"The", "cat", "eats", "it"};
  const double q[4][4] = {{0, 0, 0, 2}, {2, 0, 0, 0}, {0, 4, 0, 0}, {0, 4, 0, 0}};
  const double v[4][2] = {{0, 0}, {1, 0}, {0, 1}, {0, 0}};
  std::vector<double> queries, values, by_hand;
  std::vector<lab::Row> rows;
  std::vector<std::vector<double>> map;
  for (std::size_t i = 0; i < 4; ++i) {
    double w[4] = {}, sum = 0, y[2] = {};
    for (std::size_t j = 0; j <= i; ++j) sum += w[j] = std::exp(q[i][j] / 2);  // q · k / √4
    for (double& each : w) each /= sum;
    for (std::size_t j = 0; j <= i; ++j) y[0] += w[j] * v[j][0], y[1] += w[j] * v[j][1];
    rows.push_back({tokens[i], w[0], w[1], w[2], w[3], y[0], y[1]});
    map.push_back({w, w + 4});
    queries.insert(queries.end(), q[i], q[i] + 4), values.insert(values.end(), v[i], v[i] + 2);
    by_hand.insert(by_hand.end(), y, y + 2);
  }
  const auto tensor = [](const std::vector<double>& all) {
    return tg::tensor(all, {.dtype = tg::float64}).reshape({1, 1, 4, std::ssize(all) / 4});
  };
  const Tensor keys = tg::eye(4, {.dtype = tg::float64}).reshape({1, 1, 4, 4});
  const Tensor y =
      scaled_dot_product_attention(tensor(queries), keys, tensor(values), {}, {.is_causal = true});
  const char* p = "{:.3f}";
  lab.table("attention",
            {{"token"}, {"The", p}, {"cat", p}, {"eats", p}, {"it", p}, {"y1", p}, {"y2", p}},
            rows);
  lab.claim("attention by hand is scaled_dot_product_attention", tg::allclose(y, tensor(by_hand)));
  lab.picture("attention", {{.title = {"How much each token sees of which", "每个词元各看多少"},
                             .categories = {tokens.begin(), tokens.end()},
                             .map = map}});
}

void byte_pairs(lab::Lab& lab, const std::string& text) {
  const std::string held_out = text.substr(text.size() * 9 / 10, 100000),
                    learned = text.substr(0, lab.choose(text.size() * 9 / 10, 100000ul));
  std::vector<std::int64_t> sizes = {256, 300, 400, 600, 1000, 2000, 4000};
  if (lab.quick()) sizes = {256, 300, 400};
  const tg::text::BpeVocabulary all = tg::text::train_bpe(learned, sizes.back());
  std::vector<lab::Row> first, rows;
  for (std::size_t i = 0; i < 8; ++i)
    first.push_back({double(i + 1), all.merges[i].first, all.merges[i].second});
  lab.table("merges", {{"rank"}, {"left"}, {"right"}}, first);
  plot::Series lengths{"", {}, {}};
  for (const std::int64_t size : sizes) {
    const std::int64_t merges = std::min(size, std::ssize(all.tokens)) - 256;
    const auto tokenizer =
        tg::text::byte_level_bpe({{all.tokens.begin(), all.tokens.begin() + 256 + merges},
                                  {all.merges.begin(), all.merges.begin() + merges}});
    const auto count = double(tokenizer->encode(held_out).size());
    lengths.x.push_back(double(merges)), lengths.y.push_back(double(held_out.size()) / count);
    rows.push_back({double(merges), count, lengths.y.back()});
  }
  lab.table("byte_pairs", {{"merges"}, {"tokens"}, {"characters per token", "{:.2f}"}}, rows);
  lab.claim("each merge makes texts shorter, also those that it was not learned from",
            std::is_sorted(lengths.y.begin(), lengths.y.end()) && lengths.y.back() > 1.3);
  lab.picture("byte_pairs", {{.title = {"Longer tokens", "词元越来越长"},
                              .x = {"merges", "合并次数"},
                              .y = {"characters per token", "每个词元的字符数"},
                              .series = {lengths}}});
}

void train(lab::Lab& lab, models::Llama& model, const Tensor& text, const Windows& held_out) {
  const double classes = double(model.options.vocab_size);
  const Tensor p = tg::bincount(text).to(tg::float64) / double(text.size(0));
  const double frequencies = -xlogy(p, p).sum().item<double>();
  tg::optim::Adam adam(model.parameters(), {.lr = 3e-3});
  std::vector<lab::Row> rows;
  plot::Series curve{{"held-out text", "未训练过的文本"}, {}, {}};
  for (int step = 0, steps = lab.choose(1000, 80); step <= steps; ++step) {
    if (step % (steps / 8) == 0) {
      const tg::NoGrad off;
      const double loss = loss_of(model, held_out).item<double>();
      rows.push_back({double(step), loss, std::exp(loss)});
      curve.x.push_back(step), curve.y.push_back(loss);
    }
    adam.zero_grad();
    loss_of(model, windows(text, 16, true)).backward();
    adam.step();
  }
  lab.table("training", {{"step"}, {"loss", "{:.3f}", 0.1}, {"perplexity", "{:.1f}", lab::any}},
            rows);
  lab.say(fmt::format("log {} = {:.3f}; with the frequencies of the characters alone: {:.3f}",
                      classes, std::log(classes), frequencies));
  lab.claim("before training, each character is as likely as any other",
            std::fabs(curve.y.front() - std::log(classes)) < 0.2);
  lab.claim("after it the model knows more than how frequent each character is",
            curve.y.back() < frequencies);
}

/// The mean entropy, in bits, of the distributions from which the next characters are drawn.
void temperature(lab::Lab& lab, models::Llama& model, const Windows& held_out) {
  const Tensor scores = model(held_out.ids.slice(0, 0, 1))[0];
  std::vector<lab::Row> rows;
  const auto add = [&](const std::string& name, const models::SamplingOptions& options) {
    double entropy = 0;
    for (std::int64_t i = 0; i < window; ++i) {
      const Tensor p = models::sampling_probabilities(scores[i], options);
      entropy -= xlogy(p, p).sum().item<double>() / std::log(2.) / double(window);
    }
    rows.push_back({name, entropy, std::exp2(entropy)});
    return entropy;
  };
  std::vector<double> entropies;
  for (const double t : {0.25, 0.5, 1., 1.5, 2., 4.})
    entropies.push_back(add(fmt::format("temperature {}", t), {.temperature = t}));
  const double of_k = add("top_k 5", {.top_k = 5}), of_p = add("top_p 0.9", {.top_p = 0.9});
  lab.table("temperature",
            {{"drawn with"}, {"entropy (bits)", "{:.2f}", 0.3}, {"as many as", "{:.1f}", lab::any}},
            rows);
  lab.claim(
      "a higher temperature is freer, and top_k or top_p are less free than all tokens",
      std::is_sorted(entropies.begin(), entropies.end()) && std::max(of_k, of_p) < entropies[2]);
}

void run(lab::Lab& lab) {
  attention(lab);
  const std::string text = lab::corpus();
  byte_pairs(lab, text);
  const auto characters = tg::text::char_tokenizer(text);
  const Tensor ids = tg::tensor(characters->encode(text));
  const std::int64_t end = ids.size(0) * 9 / 10;
  const Windows held_out = windows(ids.slice(0, end, ids.size(0)), lab.choose(128, 16), false);
  models::Llama model(small_llama(characters->size()));
  train(lab, model, ids.slice(0, 0, end), held_out);
  const tg::NoGrad off;
  temperature(lab, model, held_out);
  lab::cache(lab, model);
  lab::blocks(lab, model, held_out);
}

}  // namespace

int main(int argc, char** argv) {
  return lab::run("language", "How does one get from characters to a dialogue?", argc, argv, run);
}
