// SPDX-License-Identifier: MIT
// Text generation: a model's scores become the next token, which the model reads in turn.
#pragma once
#include <cstdint>
#include <vector>

#include "tinygrad/models/causal_lm.h"

namespace tinygrad::models {

/// How the next token is chosen. In this order: the scores are divided by the temperature; the
/// top_k largest stay; of the probabilities of these, the largest stay whose sum reaches top_p
/// (nucleus sampling: Holtzman et al. 2020, https://arxiv.org/abs/1904.09751).
struct SamplingOptions {
  double temperature = 1;  ///< below 1 writes what is likelier; 0 takes the likeliest (greedy)
  std::int64_t top_k = 0;  ///< 0: all
  double top_p = 1;
};
/// The probabilities with which tokens are drawn: float64 [vocab_size] on the host for scores
/// [vocab_size]. Throws ArgumentError unless temperature >= 0, top_k >= 0 and 0 < top_p <= 1.
TINYGRAD_API Tensor sampling_probabilities(In scores, const SamplingOptions& options = {});
/// Draws a token with the thread's generator (manual_seed); a temperature of 0 needs none.
TINYGRAD_API std::int64_t sample(In scores, const SamplingOptions& options = {});

struct GenerateOptions {
  std::int64_t max_new_tokens = 128;
  SamplingOptions sampling = {.temperature = 0};
};
/// Is called with each token as soon as it is chosen; generation ends if it returns false.
using OnToken = InlineFunction<bool(std::int64_t token), 64>;

/// Generates tokens after `ids`, which follow those of the cache, and returns them. It ends after
/// one of model.eos_token_ids, which is returned too, after max_new_tokens, and when the cache is
/// full. The cache then has all but the last token. Throws ArgumentError if there are no ids or
/// they do not fit.
TINYGRAD_API std::vector<std::int64_t> generate(CausalLM& model, KvCache& cache,
                                                const std::vector<std::int64_t>& ids,
                                                const GenerateOptions& options = {},
                                                const OnToken& on_token = {});

}  // namespace tinygrad::models
