// SPDX-License-Identifier: MIT
// Samplers, and random parts of data sets.
#include "tinygrad/data/sampler.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>

#include "tinygrad/data/dataset.h"
#include "tinygrad/ops/distributions.h"
#include "tinygrad/random.h"

namespace tinygrad::data {
namespace {

using Positions = std::vector<std::int64_t>;

Positions sequence(std::int64_t n) {
  Positions all(static_cast<std::size_t>(n));
  std::iota(all.begin(), all.end(), 0);
  return all;
}
/// 0 ... n - 1 in random order, by a Fisher-Yates shuffle.
Positions shuffled(std::int64_t n, std::uint64_t key) {
  Positions order = sequence(n);
  for (std::size_t i = order.size(); i > 1; --i)
    std::swap(order[i - 1], order[philox_word64(key, 0, i) % i]);
  return order;
}

}  // namespace

Sampler sequential_sampler(std::int64_t n) {
  return {n, [n](std::uint64_t) { return sequence(n); }};
}
Sampler random_sampler(std::int64_t n) {
  return {n, [n](std::uint64_t seed) { return shuffled(n, seed); }};
}

Sampler weighted_random_sampler(const Tensor& weights, std::int64_t num_samples, bool replacement,
                                SourceLocation location) {
  require<ShapeError>(weights.dim(location) == 1, Call{"weighted_random_sampler", location},
                      "expected weights of shape [N], got ", weights.shape());
  const auto draw = [=, w = weights.detach().to("cpu").clone()](std::uint64_t seed) {
    const ThreadStream random({seed, 0});
    return multinomial({w, location}, num_samples, replacement).to_vector<std::int64_t>();
  };
  draw(0);  // checks the weights
  return {num_samples, draw};
}

Sampler stratified_sampler(const Tensor& labels, SourceLocation location) {
  require<ShapeError>(labels.dim(location) == 1, Call{"stratified_sampler", location},
                      "expected labels of shape [N], got ", labels.shape());
  return {labels.numel(), [c = labels.to_vector<std::int64_t>()](std::uint64_t seed) {
            Positions order = shuffled(std::int64_t(c.size()), seed);
            std::map<std::int64_t, double> count, seen;
            for (std::int64_t label : c) ++count[label];
            std::vector<double> at(c.size());  // sample k of a class: (k + u) / N_c of the epoch
            for (std::int64_t i : order) {
              const std::int64_t label = c[std::size_t(i)];
              const double u = philox_uniform64(seed, 1, std::uint64_t(label));
              at[std::size_t(i)] = (seen[label]++ + u) / count[label];
            }
            std::sort(order.begin(), order.end(), [&](std::int64_t a, std::int64_t b) {
              return std::pair(at[std::size_t(a)], a) < std::pair(at[std::size_t(b)], b);
            });
            return order;
          }};
}

Sampler distributed_sampler(Sampler sampler, std::int64_t rank, std::int64_t world_size,
                            bool drop_last, SourceLocation location) {
  require(rank >= 0 && rank < world_size, Call{"distributed_sampler", location},
          "the rank must be 0 to world_size - 1, got rank ", rank, " and world_size ", world_size);
  const std::int64_t n = sampler.size, extra = !drop_last && n % world_size != 0,
                     size = n / world_size + extra;
  return {size, [=, order = std::move(sampler.order)](std::uint64_t seed) {
            const Positions all = order(seed);
            Positions own;
            for (std::int64_t k = 0; k < size; ++k)
              own.push_back(all[std::size_t((rank + k * world_size) % n)]);
            return own;
          }};
}

std::vector<Positions> random_split(std::int64_t n, const std::vector<double>& lengths,
                                    std::uint64_t seed, SourceLocation location) {
  const double sum = std::accumulate(lengths.begin(), lengths.end(), 0.0);
  const bool fractions = n != 1 && std::abs(sum - 1) < 1e-9;
  const bool negative = std::any_of(lengths.begin(), lengths.end(), [](double l) { return l < 0; });
  require(!negative && (fractions || sum == double(n)), Call{"random_split", location},
          "the lengths must not be negative, and add up to ", n,
          ", or to 1 as fractions; the sum is ", sum);
  Positions counts;
  for (double l : lengths) counts.push_back(std::int64_t(fractions ? l * double(n) : l));
  const std::int64_t left = n - std::accumulate(counts.begin(), counts.end(), std::int64_t(0));
  for (std::int64_t i = 0; i < left; ++i) ++counts[std::size_t(i) % counts.size()];
  const Positions order = shuffled(n, seed);
  std::vector<Positions> parts;
  auto end = order.begin();
  for (std::int64_t count : counts) {
    parts.emplace_back(end, end + count);
    end += count;
  }
  return parts;
}

std::vector<Fold> k_fold(std::int64_t n, int k, std::uint64_t seed, SourceLocation location) {
  require(k >= 2 && k <= n, Call{"k_fold", location}, "k must be 2 to the number of samples, ", n,
          ", got ", k);
  const auto parts = random_split(n, std::vector<double>(std::size_t(k), 1.0 / k), seed, location);
  std::vector<Fold> folds(parts.size());
  for (std::size_t i = 0; i < folds.size(); ++i)
    for (std::size_t j = 0; j < parts.size(); ++j) {
      Positions& to = i == j ? folds[i].test : folds[i].train;
      to.insert(to.end(), parts[j].begin(), parts[j].end());
    }
  return folds;
}

}  // namespace tinygrad::data
