// SPDX-License-Identifier: MIT
// Tests loaders of computed samples and of streams: the same batches with any number of threads,
// errors that name the sample, and memory that does not grow.
#include <atomic>
#include <chrono>
#include <stdexcept>
#include <thread>

#include "support/files.h"
#include "tinygrad/data.h"
#include "tinygrad/ops.h"
#include "tinygrad/random.h"

namespace tinygrad::test {
namespace {

using namespace data;

struct Picture {
  Tensor pixels, label, weight;
};
/// Pictures of bytes; the weight is random.
struct Pictures {
  std::int64_t count;
  std::int64_t size() const { return count; }
  Picture get(std::int64_t i, std::uint64_t seed) const {
    return {full({3, 2, 2}, i % 256, {.dtype = uint8}), tensor(i),
            tensor(philox_uniform(seed, std::uint64_t(i), 0)) + rand({})};
  }
};
Tensor column(std::int64_t i) { return full({1 + i % 3, 2}, double(i)); }
/// 0, 1, ..., n - 1.
auto counting(std::int64_t n) {
  return [n](std::uint64_t) {
    return [n, i = std::int64_t(0)]() mutable -> std::optional<Tensor> {
      if (i == n) return {};
      return tensor(i++);
    };
  };
}
template <class L> std::string all_bits(L&& loader) {
  std::string all;
  for (auto& batch : loader)
    data::detail::with_tensors(batch, [&](auto&... t) { ((all += bits(t)), ...); });
  return all;
}
template <class L> std::vector<std::vector<std::int64_t>> values(L&& loader) {
  std::vector<std::vector<std::int64_t>> all;
  for (const Tensor& batch : loader) all.push_back(batch.template to_vector<std::int64_t>());
  return all;
}
using Values = std::vector<std::vector<std::int64_t>>;

TEST(Loader, stacks_structs_tuples_and_tensors) {
  Loader loader(Pictures{5}, {.batch_size = 3});
  EXPECT_EQ(loader.size(), 2);
  auto it = loader.begin();
  ++it;
  const auto& [pixels, label, weight] = *it;
  EXPECT_EQ(bits(pixels),
            bits(tensor({3, 4}).to(uint8).reshape({2, 1, 1, 1}).expand({2, 3, 2, 2})));
  EXPECT_EQ(label.to_vector<std::int64_t>(), (std::vector<std::int64_t>{3, 4}));
  EXPECT_EQ(weight.shape(), Shape({2}));
  const auto pair = [](std::int64_t i) { return std::pair(tensor(i), tensor(i == 1)); };
  for (auto [a, b] : Loader(MapDataset(2, pair))) {
    EXPECT_EQ(bits(a), bits(tensor({0, 1})));
    EXPECT_EQ(bits(b), bits(tensor({false, true})));
  }
  const auto triple = [](std::int64_t i) {
    return std::tuple(tensor(i), tensor(2 * i), tensor(3));
  };
  for (auto [a, b, c] : Loader(MapDataset(2, triple))) EXPECT_EQ(bits(b), bits(tensor({0, 2})));
  EXPECT_EQ(values(Loader(MapDataset(3, [](std::int64_t i) { return tensor(i); }))),
            (Values{{0, 1, 2}}));
}
TEST(Loader, gives_the_same_bits_with_any_number_of_workers) {
  const auto run = [](int prefetch, int workers) {
    Loader loader(
        Pictures{101},
        {.batch_size = 4, .shuffle = true, .prefetch = prefetch, .workers = workers, .seed = 3});
    return all_bits(loader) + all_bits(loader);
  };
  const std::string expected = run(0, 1);
  for (int workers : {1, 2, 3, 8})
    for (int prefetch : {1, 2, 50}) EXPECT_EQ(run(prefetch, workers), expected);
}
TEST(Loader, gives_what_the_loader_of_a_dataset_gives) {
  const Dataset set{rand({30, 1, 5}), arange(30), {}, ""};
  const DataLoaderOptions options{.batch_size = 7, .shuffle = true, .workers = 3, .seed = 5};
  EXPECT_EQ(all_bits(DataLoader(MapDataset(set), options)), all_bits(DataLoader(set, options)));
}
TEST(Loader, pads_to_the_longest) {
  Loader loader(MapDataset(4, column), {.batch_size = 2, .collate = Collate::pad, .pad_value = -1});
  auto it = loader.begin();
  EXPECT_EQ(bits(*it), bits(tensor({{{0., 0.}, {-1., -1.}}, {{1., 1.}, {1., 1.}}})));
  ++it;
  EXPECT_EQ((*it).shape(), Shape({2, 3, 2}));
}
TEST(Loader, refuses_samples_that_do_not_fit_together) {
  expect_error<ShapeError>(
      [] { all_bits(Loader(MapDataset(4, column), {.batch_size = 4})); },
      "DataLoader: sample 1 has shape [2, 2], sample 0 of its batch [1, 2]; set .collate = "
      "Collate::pad, or pass a function that makes the batches");
  const auto odd = [](std::int64_t i) { return i ? ones({2}) : ones({}); };
  expect_error<ShapeError>(
      [&] { all_bits(Loader(MapDataset(2, odd), {.collate = Collate::pad})); },
      "sample 1 has shape [2], sample 0 of its batch []; only equal ranks can be padded");
  const auto mixed = [](std::int64_t i) { return i ? tensor(1) : tensor(1.); };
  expect_error<DTypeError>([&] { all_bits(Loader(MapDataset(2, mixed))); },
                           "sample 1 is int64, sample 0 of its batch float32");
}
TEST(Loader, takes_a_function_that_makes_batches) {
  const auto text = MapDataset(5, [](std::int64_t i) { return std::string(std::size_t(i), 'a'); });
  const auto lengths = [](const std::vector<std::string>& words) {
    std::vector<std::int64_t> all;
    for (auto& word : words) all.push_back(std::int64_t(word.size()));
    return tensor(all);
  };
  EXPECT_EQ(values(Loader(text, {.batch_size = 3}, lengths)), (Values{{0, 1, 2}, {3, 4}}));
  const auto joined = [](std::vector<std::string> words) {
    std::string all;
    for (auto& word : words) all += word + ",";
    return all;
  };
  for (const std::string& batch : Loader(text, {}, joined)) EXPECT_EQ(batch, ",a,aa,aaa,aaaa,");
}
TEST(Loader, names_the_sample_of_an_error) {
  const auto bad = [](std::int64_t i) {
    require<IoError>(i != 9, "get", "no picture");
    return tensor(i);
  };
  for (int prefetch : {0, 1, 3})
    for (int workers : {1, 4}) {
      Loader loader(MapDataset(20, bad),
                    {.batch_size = 2, .prefetch = prefetch, .workers = workers});
      auto it = loader.begin();
      for (int i = 0; i < 3; ++i) ++it;
      EXPECT_EQ(bits(*it), bits(tensor({6, 7})));
      try {
        ++it;
        ADD_FAILURE() << "nothing was thrown";
      } catch (const SampleError& error) {
        EXPECT_STREQ(error.what(), "DataLoader: sample 9: get: no picture");
        EXPECT_EQ(error.sample, 9);
        EXPECT_THROW(std::rethrow_if_nested(error), IoError);
      }
      ++it;
      EXPECT_TRUE(it == decltype(loader)::End());
    }
  expect_error<SampleError>(
      [] {
        all_bits(Loader(MapDataset(1, [](std::int64_t i) {
          if (i == 0) throw 1;
          return Tensor();
        })));
      },
      "sample 0: an unknown exception");
}

TEST(Loader, reads_streams) {
  for (int workers : {1, 3}) {
    const DataLoaderOptions options{.batch_size = 2, .workers = workers};
    Loader loader(counting(5), options);
    EXPECT_EQ(values(loader), (Values{{0, 1}, {2, 3}, {4}}));
    EXPECT_EQ(values(loader), (Values{{0, 1}, {2, 3}, {4}}));
    EXPECT_EQ(values(loader.skip(2)), (Values{{4}}));
    EXPECT_EQ(values(loader.skip(9)), Values{});
    expect_error<ArgumentError>([&] { loader.size(); }, "a stream has no size");
  }
  EXPECT_EQ(values(Loader(counting(5), {.batch_size = 2, .drop_last = true})),
            (Values{{0, 1}, {2, 3}}));
  EXPECT_EQ(values(Loader(counting(4), {.batch_size = 2, .prefetch = 0})),
            (Values{{0, 1}, {2, 3}}));
  EXPECT_EQ(values(Loader(counting(0))), Values{});
  EXPECT_EQ(values(Loader(counting(2), {.batch_size = INT64_MAX})), (Values{{0, 1}}));
}
TEST(Loader, takes_random_ops_of_streams_from_a_stream_of_their_own) {
  const auto noise = [](std::uint64_t seed) {
    return [seed, i = std::uint64_t(0)]() mutable -> std::optional<Tensor> {
      return i == 40 ? std::optional<Tensor>() : rand({2}) + philox_uniform(seed, i++, 0);
    };
  };
  const auto run = [&](int prefetch, int workers) {
    return all_bits(
        Loader(noise, {.batch_size = 3, .prefetch = prefetch, .workers = workers, .seed = 1}));
  };
  for (int workers : {1, 2, 5}) EXPECT_EQ(run(4, workers), run(0, 1));
}
TEST(Loader, carries_errors_of_streams) {
  const auto broken = [](std::uint64_t) {
    return [i = 0]() mutable -> std::optional<Tensor> {
      if (i == 5) throw std::runtime_error("the line is cut");
      return tensor(i++);
    };
  };
  for (int workers : {1, 3}) {
    int batches = 0;
    expect_error<SampleError>(
        [&] {
          for (auto& batch : Loader(broken, {.batch_size = 2, .workers = workers}))
            batches += int(batch.numel() / 2);
        },
        "sample 5: the line is cut");
    EXPECT_EQ(batches, 2);
  }
}
TEST(Loader, refuses_bad_options) {
  const auto numbers = MapDataset(3, [](std::int64_t i) { return tensor(i); });
  const auto make = [](auto& set, DataLoaderOptions o) { return [&set, o] { Loader(set, o); }; };
  const auto stream = counting(3);
  expect_error<ArgumentError>(make(numbers, {.workers = 0}), "workers must be 1 to 1024, got 0");
  expect_error<ArgumentError>(make(numbers, {.augment = [](auto&&...) {}}),
                              "augment requires a Dataset");
  expect_error<ArgumentError>(make(numbers, {.shuffle = true, .sampler = random_sampler(3)}),
                              "shuffle and a sampler exclude each other");
  expect_error<ArgumentError>(make(stream, {.shuffle = true}),
                              "a stream can be neither shuffled nor sampled");
  expect_error<IndexError>([&] { all_bits(Loader(numbers, {.sampler = sequential_sampler(4)})); },
                           "the sampler gave position 3 in a data set of 3 samples");
  const Sampler short_one{2, [](std::uint64_t) { return std::vector<std::int64_t>{0}; }};
  expect_error<ArgumentError>([&] { all_bits(Loader(numbers, {.sampler = short_one})); },
                              "expected 2 positions of the sampler, got 1");
  expect_error<IndexError>([&] { numbers.get(3); }, "index 3 is not in a data set of 3 samples");
}

TEST(Loader, keeps_memory_flat) {
  Loader loader(Pictures{40'000}, {.batch_size = 4, .prefetch = 4, .workers = 2});
  std::int64_t batches = 0;
  std::size_t early = 0, peak = 0;
  for (auto& batch : loader) {
    peak = std::max(peak, memory_stats("cpu").in_use);
    if (++batches == 100) early = std::exchange(peak, 0);
    EXPECT_EQ(batch.label.numel(), 4);
  }
  EXPECT_EQ(batches, 10'000);
  EXPECT_LE(peak, 2 * early + 100'000);
}
TEST(Loader, stops_its_workers_when_a_loop_ends_early) {
  std::atomic<int> computed = 0;
  const auto slow = [&computed](std::int64_t i) {
    ++computed;
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
    return tensor(i);
  };
  const auto start = std::chrono::steady_clock::now();
  for (auto& batch : Loader(MapDataset(100'000, slow), {.batch_size = 1, .workers = 4})) {
    EXPECT_EQ(batch.numel(), 1);
    break;
  }
  Loader(MapDataset(100'000, slow), {.batch_size = 100'000, .workers = 4}).size();
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(10));
  EXPECT_LT(computed, 1000);
  const int before = computed;
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
  EXPECT_EQ(computed, before);
}
TEST(Loader, runs_several_loops_at_once) {
  Loader loader(MapDataset(6, [](std::int64_t i) { return tensor(i); }),
                {.batch_size = 2, .workers = 2});
  auto a = loader.begin(), b = loader.begin();
  ++a;
  EXPECT_EQ(bits(*b), bits(tensor({0, 1})));
  EXPECT_EQ(bits(*a), bits(tensor({2, 3})));
  ++b, ++b;
  EXPECT_EQ(bits(*b), bits(tensor({4, 5})));
  EXPECT_EQ(bits(*a), bits(tensor({2, 3})));
}

}  // namespace
}  // namespace tinygrad::test
