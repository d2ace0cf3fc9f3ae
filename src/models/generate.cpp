// SPDX-License-Identifier: MIT
// Draws tokens from scores, and lets a model go on from them.
#include "tinygrad/models/generate.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "tinygrad/autograd.h"
#include "tinygrad/ops.h"

namespace tinygrad::models {
namespace {

void check(const SamplingOptions& o, const Call& call) {
  require(o.temperature >= 0, call, "the temperature must not be negative, got ", o.temperature);
  require(o.top_k >= 0, call, "top_k must not be negative, got ", o.top_k);
  require(o.top_p > 0 && o.top_p <= 1, call, "top_p must be in (0, 1], got ", o.top_p);
}

/// How many of the probabilities, which decrease, have a sum of top_p.
std::size_t nucleus(const std::vector<double>& probabilities, double top_p) {
  double sum = 0;
  for (std::size_t i = 0; i < probabilities.size(); ++i)
    if ((sum += probabilities[i]) >= top_p) return i + 1;
  return probabilities.size();
}

}  // namespace

Tensor sampling_probabilities(In scores, const SamplingOptions& o) {
  const Call call{"sampling_probabilities", scores.location};
  check(o, call);
  require<ShapeError>(scores->dim() == 1 && scores->numel() > 0, call,
                      "expected scores of shape [vocab_size], got ", scores->shape());
  const std::int64_t k = o.temperature == 0 ? 1 : o.top_k;
  const auto all = scores->detach().to("cpu").to(float64);
  const auto best = topk(all, k == 0 ? all.numel() : std::min(k, all.numel()));
  const Tensor weights = softmax(best.values / (o.temperature == 0 ? 1 : o.temperature), 0);
  const auto count = std::int64_t(nucleus(weights.to_vector<double>(), o.top_p));
  const Tensor kept = weights.slice(0, 0, count);
  return zeros_like(all).index_copy(0, best.indices.slice(0, 0, count), kept / kept.sum());
}

std::int64_t sample(In scores, const SamplingOptions& o) {
  check(o, {"sample", scores.location});
  if (o.temperature == 0) return argmax(*scores).item<std::int64_t>();
  return multinomial(sampling_probabilities({*scores, scores.location}, o), 1).item<std::int64_t>();
}

std::vector<std::int64_t> generate(CausalLM& model, KvCache& cache,
                                   const std::vector<std::int64_t>& ids,
                                   const GenerateOptions& options, const OnToken& on_token) {
  require(!ids.empty(), "generate", "there are no ids to go on from");
  const NoGrad off;
  std::vector<std::int64_t> generated, next = ids;
  while (std::ssize(generated) < options.max_new_tokens) {
    const Tensor h = model.hidden_states(
        tensor(next).to(default_device()).reshape({1, std::ssize(next)}), &cache);
    const Tensor scores = model.logits(h.slice(1, -1, h.size(1)))[0][0];
    next = {sample(scores, options.sampling)};
    generated.push_back(next[0]);
    const bool goes_on = !on_token || on_token(next[0]);
    if (!goes_on || std::ranges::count(model.eos_token_ids, next[0]) > 0) break;
    if (cache.length() == cache.capacity()) break;
  }
  return generated;
}

}  // namespace tinygrad::models
