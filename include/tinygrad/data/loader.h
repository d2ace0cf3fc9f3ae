// SPDX-License-Identifier: MIT
// DataLoader and Loader, which yield the samples of a data set in batches.
#pragma once
#include <atomic>
#include <optional>
#include <span>
#include <tuple>

#include "tinygrad/data/dataset.h"
#include "tinygrad/data/sampler.h"

namespace tinygrad::data {

/// Changes a sample in place before it joins a batch: float32 values of the given shape. All
/// randomness must come from (seed, index): the seed of the epoch and the index of the sample in
/// the data set. It is called on the loader's threads; copies share the function.
using Augment = SharedFunction<void(std::span<float> sample, const Shape& shape, std::uint64_t seed,
                                    std::uint64_t index)>;

/// The way in which the tensors of samples become those of a batch.
enum class Collate : std::uint8_t {
  stack,  ///< stack(): shapes must be equal
  pad     ///< the same, after each dimension was padded at its end to the longest sample
};

struct DataLoaderOptions {
  std::int64_t batch_size = 32;
  bool shuffle = false;    ///< the order of random_sampler()
  Sampler sampler = {};    ///< another order; it excludes shuffle
  bool drop_last = false;  ///< leave out the last batch if it is not full
  /// The number of batches that background threads make ahead; 0: the calling thread makes each
  /// batch when it is needed.
  int prefetch = 2;
  int workers = 1;  ///< the number of background threads; the batches do not depend on it
  /// The seed of the order and of the samples. By default it is drawn from the calling thread's
  /// generator, so that manual_seed() fixes it.
  std::optional<std::uint64_t> seed = {};
  Augment augment = {};              ///< requires a Dataset of float32 samples
  Collate collate = Collate::stack;  ///< unless a function makes the batches
  double pad_value = 0;              ///< what Collate::pad fills with
  Device device = default_device();  ///< the device of the batches
};

/// Holds what get(i) or a stream threw, and is thrown when its batch is asked for. The message
/// names the sample; std::rethrow_if_nested() throws the first error.
struct TINYGRAD_API SampleError : Error {
  using Error::Error;
  std::int64_t sample = 0;
};

namespace detail {

template <class S> inline constexpr bool is_tuple = false;
template <class... T>
inline constexpr bool is_tuple<std::tuple<T...>> = (std::same_as<T, Tensor> && ...);
template <> inline constexpr bool is_tuple<std::pair<Tensor, Tensor>> = true;
/// f(t1, t2, ...) of the tensors of a sample.
template <class S, class F> auto with_tensors(S& s, F f) {
  using T = std::remove_const_t<S>;
  const Tensor t;
  // clang-format off
  if constexpr (std::same_as<T, Tensor>) return f(s);
  else if constexpr (is_tuple<T>) return std::apply(f, s);
  else if constexpr (requires { T{t, t, t, t}; }) { auto& [a, b, c, d] = s; return f(a, b, c, d); }
  else if constexpr (requires { T{t, t, t}; }) { auto& [a, b, c] = s; return f(a, b, c); }
  else if constexpr (requires { T{t, t}; }) { auto& [a, b] = s; return f(a, b); }
  else { auto& [a] = s; return f(a); }
  // clang-format on
}

/// A sample or a batch of any type.
using Any = std::shared_ptr<void>;
/// A batch that is made: the positions of its samples, the seed of the epoch, and whether nobody
/// waits for it any more.
struct BatchInfo {
  std::span<const std::int64_t> indices;
  std::uint64_t seed;
  const std::atomic<bool>& stop;
};
/// A data set without its type.
struct Source {
  std::optional<std::int64_t> size = {};  // none: a stream
  SharedFunction<SharedFunction<Any()>(std::uint64_t seed)> stream =
      {};                                                       // null after the last sample
  SharedFunction<Any(std::int64_t i, std::uint64_t seed)> get;  // not set: collate() does it
  SharedFunction<Any(std::vector<Any>& samples, const BatchInfo&)> collate;
};
/// A batch of samples as lists of tensors. Throws ShapeError or DTypeError if they differ.
TINYGRAD_API Tensors collate(std::span<const Tensors> samples, const BatchInfo& info,
                             const DataLoaderOptions& options);

/// A data set of samples S; f(samples, info) makes a batch B.
template <class S, class B, class D, class F> Source source_of(const D& data, F f) {
  Source source;
  if constexpr (Mapped<D>) {
    source.size = data.size();
    source.get = [all = MapDataset<S>(data)](std::int64_t i, std::uint64_t seed) -> Any {
      return std::make_shared<S>(all.get(i, seed));
    };
  } else {
    source.stream = [data](std::uint64_t seed) -> SharedFunction<Any()> {
      return [next = std::make_shared<decltype(data(seed))>(data(seed))]() -> Any {
        std::optional<S> sample = (*next)();
        return sample ? std::make_shared<S>(*std::move(sample)) : nullptr;
      };
    };
  }
  source.collate = [f = std::move(f)](std::vector<Any>& list, const BatchInfo& info) -> Any {
    std::vector<S> samples;
    for (Any& sample : list) samples.push_back(std::move(*static_cast<S*>(sample.get())));
    return std::make_shared<B>(f(samples, info));
  };
  return source;
}
/// A batch of samples that consist of tensors.
template <class S>
S collate_as(const std::vector<S>& samples, const BatchInfo& info, const DataLoaderOptions& o) {
  std::vector<Tensors> lists;
  for (const S& sample : samples)
    lists.push_back(with_tensors(sample, [](const auto&... t) { return Tensors{t...}; }));
  const Tensors all = collate(lists, info, o);
  S batch;
  with_tensors(batch, [&, i = std::size_t(0)](auto&... t) mutable { ((t = all[i++]), ...); });
  return batch;
}

/// The base of loaders of all types.
class TINYGRAD_API LoaderBase {
 public:
  /// The number of batches of an epoch, including skipped ones. Throws ArgumentError if the data
  /// set is a stream.
  std::int64_t size() const;
  std::uint64_t seed() const;
  /// The epoch that the next loop yields, from 0.
  std::int64_t epoch() const { return epoch_; }

 protected:
  struct Plan;
  class Run;
  class TINYGRAD_API Position {
   public:
    explicit Position(LoaderBase& loader);
    Position(Position&&) noexcept;
    ~Position();
    const void* batch() const;
    void advance();
    bool at_end() const { return !batch_; }

   private:
    std::unique_ptr<Run> run_;
    Any batch_;
  };
  LoaderBase(const Dataset& dataset, DataLoaderOptions options, SourceLocation location);
  LoaderBase(Source source, DataLoaderOptions options, SourceLocation location);
  void set_epoch(std::int64_t epoch, SourceLocation location);
  void skip(std::int64_t batches, SourceLocation location);

 private:
  const Plan& plan() const;
  std::shared_ptr<const Plan> plan_;  // null if the loader was moved from
  std::int64_t epoch_ = 0, skip_ = 0;
};

}  // namespace detail

/// A tensor, or a struct (of up to four), tuple or pair of tensors.
template <class S>
concept TensorSample = std::same_as<S, Tensor> || detail::is_tuple<S> ||
    (std::is_aggregate_v<S>&& requires(Tensor t) { S{t}; });

/// Yields the batches B of a data set: for (auto [x, y] : loader) is one epoch, and the next such
/// loop is the next epoch, in another order if shuffle is set. The batches depend only on data,
/// seed and epoch, not on prefetch and workers. If making a batch fails, the error is thrown when
/// the batch would have been yielded. The loader shares the data set: it may outlive it, and a loop
/// may outlive the loader. A loop that is left early waits for samples that are being computed.
template <class B> class Loader : public detail::LoaderBase {
 public:
  class Iterator;
  struct End {};
  /// Throws ShapeError if x and y have different numbers of samples, DTypeError if `augment` is set
  /// and x is not float32, and ArgumentError if an option is invalid.
  explicit Loader(
      const Dataset& dataset, DataLoaderOptions options = {},
      SourceLocation location = SourceLocation::current()) requires std::same_as<B, Batch>
      : LoaderBase(dataset, std::move(options), location) {}
  /// Of a class, or a stream (dataset.h). Throws ArgumentError if an option is invalid.
  template <class D>
  requires((Mapped<D> || Streamed<D>)&&TensorSample<B>) explicit Loader(
      const D& data, DataLoaderOptions options = {},
      SourceLocation location = SourceLocation::current())
      : LoaderBase(detail::source_of<B, B>(data,
                                           [options](auto& samples, auto& info) {
                                             return detail::collate_as(samples, info, options);
                                           }),
                   options, location) {}
  /// With a function that makes a batch of a vector of samples; its tensors move to the device.
  template <class D, std::invocable<std::vector<SampleOf<D>>> C>
  Loader(const D& data, DataLoaderOptions options, C collate,
         SourceLocation location = SourceLocation::current())
      : LoaderBase(detail::source_of<SampleOf<D>, B>(
                       data,
                       [collate, device = options.device](auto& samples, auto&) {
                         B batch = collate(std::move(samples));
                         if constexpr (TensorSample<B>)
                           detail::with_tensors(batch,
                                                [&](auto&... t) { ((t = t.to(device)), ...); });
                         return batch;
                       }),
                   options, location) {}

  /// Sets the epoch of the next loop. It cannot be called on a temporary, which would be destroyed
  /// before its loop begins.
  Loader& set_epoch(std::int64_t epoch, SourceLocation location = SourceLocation::current()) & {
    return LoaderBase::set_epoch(epoch, location), *this;
  }
  /// Leaves out the first `batches` of the next loop, to continue a run that was stopped.
  Loader& skip(std::int64_t batches, SourceLocation location = SourceLocation::current()) & {
    return LoaderBase::skip(batches, location), *this;
  }
  /// Begins an epoch.
  Iterator begin() { return Iterator(*this); }
  End end() const { return {}; }
};
template <class D> explicit Loader(const D&, DataLoaderOptions = {}) -> Loader<SampleOf<D>>;
template <class D, class C>
Loader(const D&, DataLoaderOptions, C) -> Loader<std::invoke_result_t<C, std::vector<SampleOf<D>>>>;

/// A position in an epoch. Its destructor stops the background threads.
template <class B> class Loader<B>::Iterator {
 public:
  explicit Iterator(Loader& loader) : position_(loader) {}
  /// The current batch. Throws ArgumentError at the end of the epoch.
  const B& operator*() const { return *static_cast<const B*>(position_.batch()); }
  Iterator& operator++() { return position_.advance(), *this; }
  friend bool operator==(const Iterator& a, End) { return a.position_.at_end(); }

 private:
  detail::LoaderBase::Position position_;
};

/// The loader of a Dataset, or of any data set whose samples are {x, y}.
using DataLoader = Loader<Batch>;

}  // namespace tinygrad::data
