// SPDX-License-Identifier: MIT
// Tests the loader: every sample once an epoch, the same batches for the same seed, and no thread
// left at the end.
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <set>
#include <thread>

#include "support/files.h"
#include "tinygrad/data.h"
#include "tinygrad/ops.h"
#include "tinygrad/random.h"

namespace tinygrad::test {
namespace {

using namespace data;

/// n samples of one float: sample i is i, and so is its label.
Dataset numbers(std::int64_t n) {
  return {arange(n).to(float32).reshape({n, 1}), arange(n), {}, "numbers"};
}
Dataset images(std::int64_t n) { return {rand({n, 2, 4, 5}), arange(n), {}, "images"}; }

/// Adds noise in 0 ... 1 to the values of a sample.
void noise(std::span<float> sample, const Shape&, std::uint64_t seed, std::uint64_t index) {
  for (std::size_t k = 0; k < sample.size(); ++k) sample[k] += philox_uniform(seed, index, k);
}

using Epoch = std::vector<std::vector<std::int64_t>>;
Epoch labels(DataLoader& loader) {
  Epoch epoch;
  for (auto [x, y] : loader) {
    EXPECT_EQ(x.shape(), Shape({y.numel(), 1}));
    EXPECT_EQ(x.reshape({-1}).to(int64).to_vector<std::int64_t>(), y.to_vector<std::int64_t>());
    epoch.push_back(y.to_vector<std::int64_t>());
  }
  return epoch;
}
Epoch labels(DataLoader&& loader) { return labels(loader); }
std::string all_bits(DataLoader&& loader) {
  std::string all;
  for (auto [x, y] : loader) all += bits(x) + bits(y);
  return all;
}

TEST(DataLoader, yields_in_order) {
  EXPECT_EQ(labels(DataLoader(numbers(7), {.batch_size = 3})), (Epoch{{0, 1, 2}, {3, 4, 5}, {6}}));
  EXPECT_EQ(labels(DataLoader(numbers(7), {.batch_size = 3, .drop_last = true})),
            (Epoch{{0, 1, 2}, {3, 4, 5}}));
  EXPECT_EQ(labels(DataLoader(numbers(6), {.batch_size = 3, .prefetch = 0})),
            (Epoch{{0, 1, 2}, {3, 4, 5}}));
  EXPECT_EQ(labels(DataLoader(numbers(2), {.batch_size = 100})), (Epoch{{0, 1}}));
}
TEST(DataLoader, counts_batches) {
  EXPECT_EQ(DataLoader(numbers(7), {.batch_size = 3}).size(), 3);
  EXPECT_EQ(DataLoader(numbers(7), {.batch_size = 3, .drop_last = true}).size(), 2);
}
TEST(DataLoader, yields_nothing_of_nothing) {
  EXPECT_EQ(labels(DataLoader(numbers(0))), Epoch{});
  EXPECT_EQ(labels(DataLoader(numbers(3), {.batch_size = 4, .drop_last = true})), Epoch{});
}
TEST(DataLoader, shuffles_each_epoch_anew) {
  DataLoader loader(numbers(50), {.batch_size = 7, .shuffle = true, .seed = 5});
  const Epoch first = labels(loader), second = labels(loader);
  EXPECT_NE(first, second);
  std::set<std::int64_t> seen;
  for (auto& batch : second) seen.insert(batch.begin(), batch.end());
  EXPECT_EQ(seen.size(), 50u);
  EXPECT_EQ(loader.epoch(), 2);
  loader.set_epoch(0);
  EXPECT_EQ(labels(loader), first);
}
TEST(DataLoader, is_fixed_by_its_seed_whatever_the_prefetch) {
  const Dataset set = images(40);
  const auto run = [&](int prefetch, std::uint64_t seed) {
    return all_bits(DataLoader(
        set,
        {.batch_size = 8, .shuffle = true, .prefetch = prefetch, .seed = seed, .augment = noise}));
  };
  const std::string expected = run(0, 3);
  for (int prefetch : {1, 2, 100}) EXPECT_EQ(run(prefetch, 3), expected);
  EXPECT_NE(run(2, 4), expected);
}
TEST(DataLoader, takes_its_seed_from_manual_seed) {
  const auto seed = [] { return DataLoader(numbers(3)).seed(); };
  manual_seed(9);
  const auto first = seed(), second = seed();
  EXPECT_NE(first, second);
  manual_seed(9);
  EXPECT_EQ(seed(), first);
  EXPECT_EQ(generator().call, 1u);
}
TEST(DataLoader, resumes_within_an_epoch) {
  DataLoader whole(numbers(20), {.batch_size = 3, .shuffle = true, .seed = 1}),
      rest(numbers(20), {.batch_size = 3, .shuffle = true, .seed = 1});
  labels(whole);
  const Epoch expected = labels(whole);
  rest.set_epoch(1).skip(4);
  EXPECT_EQ(labels(rest), Epoch(expected.begin() + 4, expected.end()));
  EXPECT_EQ(labels(rest), labels(whole));
  EXPECT_EQ(labels(rest.skip(7)), Epoch{});
}
TEST(DataLoader, outlives_the_data_set_and_a_loop_outlives_the_loader) {
  auto it = DataLoader(numbers(10), {.batch_size = 4}).begin();
  EXPECT_EQ((*it).y.numel(), 4);
  ++it, ++it;
  EXPECT_EQ((*it).y.numel(), 2);
  ++it;
  EXPECT_TRUE(it == DataLoader::End{});
}
TEST(DataLoader, gives_batches_of_their_own) {
  const Dataset set = numbers(4);
  for (auto [x, y] : DataLoader(set, {.batch_size = 4})) x.zero_();
  EXPECT_EQ(set.x[3].item<float>(), 3.f);
}
TEST(DataLoader, takes_any_shapes_dtypes_and_views) {
  const Dataset odd{
      randint(0, 9, {2, 3, 6}).transpose(0, 2), zeros({6, 2, 0}, {.dtype = boolean}), {}, "odd"};
  for (auto [x, y] : DataLoader(odd, {.batch_size = 6})) {
    EXPECT_EQ(bits(x), bits(odd.x.contiguous()));
    EXPECT_EQ(y.shape(), Shape({6, 2, 0}));
    EXPECT_EQ(y.dtype(), boolean);
  }
}

TEST(DataLoader, carries_errors_to_the_caller) {
  for (int prefetch : {0, 1, 3}) {
    const auto fail_at_9 = [](std::span<float>, const Shape&, std::uint64_t, std::uint64_t index) {
      if (index == 9) throw std::runtime_error("sample 9");
    };
    int batches = 0;
    try {
      for (auto [x, y] :
           DataLoader(numbers(20), {.batch_size = 2, .prefetch = prefetch, .augment = fail_at_9}))
        ++batches;
      FAIL() << "no error arrived";
    } catch (const std::runtime_error& error) { EXPECT_STREQ(error.what(), "sample 9"); }
    EXPECT_EQ(batches, 4);
  }
}
TEST(DataLoader, stops_where_a_loop_breaks_off) {
  std::atomic<int> made = 0;
  const auto slow = [&made](std::span<float>, const Shape&, std::uint64_t, std::uint64_t) {
    ++made;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  };
  const auto start = std::chrono::steady_clock::now();
  for (auto [x, y] :
       DataLoader(numbers(100'000), {.batch_size = 1, .prefetch = 4, .augment = slow}))
    break;
  for (auto [x, y] : DataLoader(numbers(100'000),
                                {.batch_size = 50'000, .prefetch = 1, .augment = [](auto&&...) {}}))
    break;
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(10));
  EXPECT_LT(made, 50'000);
}
TEST(DataLoader, works_for_several_loops_at_once) {
  DataLoader loader(numbers(30), {.batch_size = 4, .shuffle = true, .seed = 2});
  std::vector<std::thread> threads;
  std::vector<Epoch> epochs(4);
  for (auto& epoch : epochs)
    threads.emplace_back([&epoch, copy = loader]() mutable { epoch = labels(copy); });
  for (auto& t : threads) t.join();
  for (auto& epoch : epochs) EXPECT_EQ(epoch, epochs[0]);
}

TEST(DataLoader, takes_copied_options) {
  const DataLoaderOptions options{.batch_size = 4, .seed = 1, .augment = noise};
  const DataLoaderOptions copy = options;
  const Dataset set = images(10);
  EXPECT_EQ(all_bits(DataLoader(set, options)), all_bits(DataLoader(set, copy)));
  EXPECT_TRUE(copy.augment);
  EXPECT_FALSE(DataLoaderOptions().augment);
}

TEST(DataLoader, gives_random_ops_of_an_augmentation_a_stream_of_their_own) {
  const auto epoch = [](int prefetch) {
    DataLoaderOptions options{.batch_size = 5, .seed = 3};
    options.prefetch = prefetch;
    options.augment = [](std::span<float> sample, const Shape&, std::uint64_t, std::uint64_t) {
      sample[0] = rand({}).item<float>();
    };
    DataLoader loader(images(12), std::move(options));
    std::vector<float> all;
    for (int i = 0; i < 2; ++i)
      for (auto [x, y] : loader)
        for (float value : x.slice(1, 0, 1).slice(2, 0, 1).slice(3, 0, 1).to_vector<float>())
          all.push_back(value);
    return all;
  };
  manual_seed(7);
  const auto expected = epoch(0);
  EXPECT_EQ(std::set<float>(expected.begin(), expected.end()).size(), 24u);
  EXPECT_EQ(generator().call, 1u);  // images() drew; the augmentation did not
  for (int prefetch : {1, 3}) EXPECT_EQ(epoch(prefetch), expected);
}

TEST(DataLoader, takes_no_number_from_the_programs_threads) {
  const auto on_a_thread = [] {
    float value = 0;
    std::thread([&] { value = rand({}).item<float>(); }).join();
    return value;
  };
  manual_seed(7);
  const float first = on_a_thread();
  manual_seed(7);
  DataLoaderOptions options{.batch_size = 5, .prefetch = 2};
  options.augment = [](std::span<float> sample, const Shape&, std::uint64_t, std::uint64_t) {
    sample[0] = rand({}).item<float>();
  };
  DataLoader loader(images(12), std::move(options));
  for (auto [x, y] : loader) EXPECT_GT(x.numel(), 0);
  EXPECT_EQ(on_a_thread(), first);
}

TEST(DataLoader, refuses_to_go_on_in_a_forked_process) {
  DataLoader loader(numbers(1000), {.batch_size = 1, .prefetch = 2});
  auto it = loader.begin();
  const pid_t child = fork();
  if (child == 0) {
    alarm(20);  // if it waits
    int code = 1;
    try {
      ++it;
    } catch (const Error& e) {
      code = std::string(e.what()).find("forked process") == std::string::npos ? 2 : 0;
    }
    { const auto gone = std::move(it); }
    _exit(code);
  }
  int status = -1;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
  ++it;  // and the parent goes on
  EXPECT_EQ((*it).y.item<int>(), 1);
}

TEST(DataLoader, refuses_what_makes_no_sense) {
  const auto make = [](const Dataset& set, DataLoaderOptions options) {
    return [&set, o = std::move(options)]() mutable { DataLoader(set, std::move(o)); };
  };
  const Dataset good = numbers(3);
  expect_error<ArgumentError>(make(good, {.batch_size = 0}),
                              "batch_size must be at least 1, got 0");
  expect_error<ArgumentError>(make(good, {.batch_size = -1}),
                              "batch_size must be at least 1, got -1");
  expect_error<ArgumentError>(make(good, {.prefetch = -1}), "prefetch must be 0 to 1024, got -1");
  EXPECT_EQ(labels(DataLoader(good, {.batch_size = INT64_MAX})).size(), 1u);
  const Dataset uneven{zeros({3}), zeros({2}), {}, ""}, none{},
      scalar{tensor(1), tensor(1), {}, ""}, integers{arange(2), arange(2), {}, ""};
  expect_error<ShapeError>(make(uneven, {}), "[3] and [2]");
  expect_error<ShapeError>(make(scalar, {}), "row for each sample");
  expect_error<ArgumentError>(make(none, {}), "undefined");
  expect_error<DTypeError>(make(integers, {.augment = noise}), "samples, got int64");
  DataLoader loader(good);
  expect_error<ArgumentError>([&] { loader.skip(2); }, "cannot be skipped");
  expect_error<ArgumentError>([&] { loader.set_epoch(-1); }, "must not be negative");
}

TEST(DataLoader, refuses_to_be_used_when_it_was_moved_from) {
  DataLoader first(images(3), {.batch_size = 2});
  DataLoader second = std::move(first);
  EXPECT_THROW(first.begin(), ArgumentError);
  EXPECT_THROW(first.size(), ArgumentError);
  auto place = second.begin();
  auto other = std::move(place);
  EXPECT_THROW(++place, ArgumentError);
  ++other, ++other;
  EXPECT_THROW(*other, ArgumentError);
}

}  // namespace
}  // namespace tinygrad::test
