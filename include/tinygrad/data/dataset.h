// SPDX-License-Identifier: MIT
// Data sets: samples in two tensors, or computed when they are asked for; and parts of data sets.
#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "tinygrad/tensor.h"

namespace tinygrad::data {

/// A sample x with its label y, or a batch of them: x [B, ...], y [B, ...].
struct Batch {
  Tensor x, y;
};

/// Samples and their labels, in memory.
struct Dataset {
  Tensor x;                          ///< the samples [N, ...]
  Tensor y;                          ///< the labels [N, ...]
  std::vector<std::string> classes;  ///< the names of the classes, by label; may be empty
  std::string name;
  /// The number of samples.
  std::int64_t size(SourceLocation location = SourceLocation::current()) const {
    return x.size(0, location);
  }
  /// Sample i with its label, as views.
  Batch get(std::int64_t i) const { return {x.select(0, i), y.select(0, i)}; }
};

namespace detail {
/// d.get(i, seed) or d.get(i) of a class, d(i, seed) or d(i) of a function.
template <class D> auto sample(const D& d, std::int64_t i, std::uint64_t seed) {
  if constexpr (requires { d.get(i, seed); }) return d.get(i, seed);
  else if constexpr (requires { d.get(i); }) return d.get(i);
  else if constexpr (requires { d(i, seed); }) return d(i, seed);
  else return d(i);
}
}  // namespace detail

/// A class whose get(i), or get(i, seed), computes sample i = 0 ... size() - 1, of any type; seed
/// is that of the epoch. All randomness must come from the two, and several threads may call it.
template <class D>
concept Mapped = requires(const D& d) {
  d.size();
}
&&(
    requires(const D& d) { d.get(0, 0); } || requires(const D& d) { d.get(0); });
/// A data set without a size: a function that begins an epoch, given the epoch's seed. It returns a
/// function that gives the next sample, as a std::optional that is empty at the end.
template <class D>
concept Streamed = requires(const D& d) {
  *d(std::uint64_t(0))();
};
/// The type of the samples of a data set.
template <class D> struct SampleType {};
template <Mapped D> struct SampleType<D> {
  using type = decltype(detail::sample(std::declval<const D&>(), 0, 0));
};
template <Streamed D> struct SampleType<D> {
  using type = std::decay_t<decltype(*std::declval<const D&>()(std::uint64_t(0))())>;
};
template <class D> using SampleOf = typename SampleType<D>::type;

/// A data set of any class with samples S, or of a function. Copies share it.
template <class S> class MapDataset {
 public:
  /// The samples f(i), or f(i, seed), for i = 0 ... n - 1.
  template <class F>
  MapDataset(std::int64_t n, F f)
      : size_(n), get_([f = std::move(f)](std::int64_t i, std::uint64_t seed) -> S {
          return detail::sample(f, i, seed);
        }) {}
  template <class D>
  requires(!std::derived_from<D, MapDataset> && Mapped<D>) MapDataset(D data)
      : MapDataset(data.size(), [data](std::int64_t i, std::uint64_t seed) {
          return detail::sample(data, i, seed);
        }) {}
  std::int64_t size() const { return size_; }
  /// Throws IndexError if i is not in 0 ... size() - 1.
  S get(std::int64_t i, std::uint64_t seed = 0) const {
    require<IndexError>(i >= 0 && i < size_, "get", "index ", i, " is not in a data set of ", size_,
                        " samples");
    return get_(i, seed);
  }

 private:
  std::int64_t size_;
  SharedFunction<S(std::int64_t, std::uint64_t)> get_;
};
template <Mapped D> MapDataset(D) -> MapDataset<SampleOf<D>>;
template <class F> MapDataset(std::int64_t, F f) -> MapDataset<decltype(detail::sample(f, 0, 0))>;

/// The samples of a data set at the given positions.
template <class S> struct Subset : MapDataset<S> {
  Subset(const MapDataset<S>& data, std::vector<std::int64_t> indices)
      : MapDataset<S>(std::int64_t(indices.size()), [data, indices](auto i, std::uint64_t seed) {
          return data.get(indices[std::size_t(i)], seed);
        }) {}
};
template <Mapped D> Subset(D, std::vector<std::int64_t>) -> Subset<SampleOf<D>>;

/// The samples of several data sets, one data set after another.
template <class S> struct ConcatDataset : MapDataset<S> {
  template <Mapped... D>
  explicit ConcatDataset(const D&... data)
      : MapDataset<S>((std::int64_t(0) + ... + data.size()),
                      [parts = std::vector<MapDataset<S>>{MapDataset<S>(data)...}](
                          std::int64_t i, std::uint64_t seed) {
                        auto part = parts.begin();
                        for (; i >= part->size(); ++part) i -= part->size();
                        return part->get(i, seed);
                      }) {}
};
template <Mapped D, Mapped... More> ConcatDataset(D, More...) -> ConcatDataset<SampleOf<D>>;

/// The positions 0 ... n - 1 in random order, in parts: of the given lengths, or, if these add up
/// to 1, of these fractions of n, and what is left over goes to the first parts. Throws
/// ArgumentError if they add up to neither n nor 1.
TINYGRAD_API std::vector<std::vector<std::int64_t>> random_split(
    std::int64_t n, const std::vector<double>& lengths, std::uint64_t seed = 0,
    SourceLocation location = SourceLocation::current());
/// The same of a data set.
template <Mapped D>
std::vector<Subset<SampleOf<D>>> random_split(const D& data, const std::vector<double>& lengths,
                                              std::uint64_t seed = 0,
                                              SourceLocation location = SourceLocation::current()) {
  std::vector<Subset<SampleOf<D>>> parts;
  for (auto& indices : random_split(data.size(), lengths, seed, location))
    parts.emplace_back(data, std::move(indices));
  return parts;
}

/// K-fold cross-validation: 0 ... n - 1 in random order in k parts, whose sizes differ by 1 at
/// most. Fold i tests with part i and trains with the others. Throws ArgumentError unless 2 <= k <=
/// n.
struct Fold {
  std::vector<std::int64_t> train, test;
};
TINYGRAD_API std::vector<Fold> k_fold(std::int64_t n, int k, std::uint64_t seed = 0,
                                      SourceLocation location = SourceLocation::current());

}  // namespace tinygrad::data
