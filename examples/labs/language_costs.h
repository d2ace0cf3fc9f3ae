// SPDX-License-Identifier: MIT
// Counts what a language model saves by a cache of keys and values, and by weights in blocks of 8
// or 4 bits.
#pragma once
#include "labs/lab.h"
#include "labs/small_llama.h"

namespace lab {

/// The multiplications to read n tokens one after another, by a formula: a matrix takes as many as
/// it has weights, attention two for each feature and pair of tokens. Without a cache all tokens
/// before are read again.
inline double multiplications(const models::LlamaOptions& o, double n, bool has_cache) {
  const auto d = double(o.hidden_size), layers = double(o.num_hidden_layers);
  const double matrices = layers * (4 * d * d + 3 * d * double(o.intermediate_size)),
               output = double(o.vocab_size) * d, reads = has_cache ? n : n * (n + 1) / 2,
               pairs = n * (n + 1) / 2 * (has_cache ? 1 : (2 * n + 1) / 3);
  return reads * matrices + n * output + layers * 2 * d * pairs;
}

/// The model with its matrices in blocks, how many bytes they take, and the error of a weight: the
/// root of the mean square, as a part of the weights' own.
struct InBlocks {
  models::Llama model;
  double bytes = 0, error = 0;
};
inline InBlocks in_blocks(models::Llama& from, tg::gguf::Type type) {
  models::LlamaOptions options = from.options;
  options.quantized = true;
  InBlocks to{models::Llama(options)};
  to.model.load_state_dict(from.state_dict(), {.strict = false});  // the norms
  double squares = 0;
  const auto matrices = to.model.weight_matrices();
  for (std::size_t i = 0; i < matrices.size(); ++i) {
    const Tensor w = from.weight_matrices()[i].second->weight.detach();
    auto& blocks = matrices[i].second->blocks;
    blocks = tg::gguf::QuantizedMatrix::quantize(w, type);
    to.bytes += double(blocks->bytes().size());
    to.error += square(blocks->dequantize() - w).sum().item<double>();
    squares += square(w).sum().item<double>();
  }
  to.error = std::sqrt(to.error / squares);
  return to;
}

/// Counts the multiplications to read n tokens one after another.
inline void cache(Lab& lab, models::Llama& model) {
  std::vector<Row> rows;
  plot::Series ratio{"", {}, {}};
  bool as_predicted = true;
  for (const std::int64_t n : {8, 16, 32, 64, 128, 256}) {
    const Tensor ids = tg::zeros({1, n}, {.dtype = tg::int64});
    const auto last = [&](const Tensor& h) { return model.logits(h.slice(1, -1, h.size(1))); };
    const double all = multiply_adds([&] {
      for (std::int64_t i = 1; i <= n; ++i) last(model.hidden_states(ids.slice(1, 0, i)));
    });
    models::KvCache kept = model.make_cache(n);
    const double each = multiply_adds([&] {
      for (std::int64_t i = 0; i < n; ++i) last(model.hidden_states(ids.slice(1, i, i + 1), &kept));
    });
    as_predicted = as_predicted && all == multiplications(model.options, double(n), false) &&
                   each == multiplications(model.options, double(n), true);
    ratio.x.push_back(double(n)), ratio.y.push_back(all / each);
    rows.push_back({double(n), all, each, all / each});
  }
  lab.table("cache", {{"tokens"}, {"without", "{:.0f}"}, {"with", "{:.0f}"}, {"ratio", "{:.1f}"}},
            rows);
  lab.claim("both counts are those of the formula", as_predicted);
  lab.picture("cache", {{.title = {"What a cache saves", "缓存省下多少"},
                         .x = {"tokens", "词元数"},
                         .y = {"multiplications without / with", "无缓存 / 有缓存的乘法次数"},
                         .series = {ratio}}});
}

/// Size and loss of the model with its weights in blocks.
inline void blocks(Lab& lab, models::Llama& model, const Windows& held_out) {
  double weights = 0;
  for (const auto& [name, m] : model.weight_matrices()) weights += double(m->weight.numel());
  std::vector<double> losses = {loss_of(model, held_out).item<double>()};
  std::vector<Row> rows = {{"float32", 4 * weights, 32., 0., losses[0]}};
  for (const tg::gguf::Type type : {tg::gguf::Type::Q8_0, tg::gguf::Type::Q4_0}) {
    InBlocks kept = in_blocks(model, type);
    losses.push_back(loss_of(kept.model, held_out).item<double>());
    rows.push_back(
        {to_string(type), kept.bytes, 8 * kept.bytes / weights, 100 * kept.error, losses.back()});
  }
  lab.table("blocks",
            {{"weights"},
             {"bytes", "{:.0f}"},
             {"bits of a weight", "{:.1f}"},
             {"error of a weight (%)", "{:.2f}", 1},
             {"loss", "{:.4f}", 0.1}},
            rows);
  lab.claim("8 bits cost nearly nothing", std::fabs(losses[1] - losses[0]) < 0.01);
  lab.claim("4 bits cost more, and little", std::fabs(losses[2] - losses[0]) < 0.2);
}

}  // namespace lab
