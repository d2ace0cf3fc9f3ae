// SPDX-License-Identifier: MIT
// Tests that save_safetensors() leaves either the complete new file or the old one.
#include <sys/resource.h>
#include <sys/stat.h>

#include <csignal>
#include <limits>
#include <thread>

#include "support/files.h"
#include "tinygrad/io.h"
#include "tinygrad/ops.h"

namespace tinygrad::test {
namespace {

class Save : public Files {
 protected:
  NamedTensors back(const NamedTensors& tensors) {
    save_safetensors(tensors, path("f"));
    return load_safetensors(path("f"));
  }
  void round_trip(const Tensor& t) { EXPECT_EQ(bits(back({{"t", t}})[0].second), bits(t)); }
};

TEST_F(Save, keeps_every_bit) {
  const float nan = std::numeric_limits<float>::quiet_NaN(),
              inf = std::numeric_limits<float>::infinity();
  round_trip(from_vector<float>({nan, -nan, inf, -inf, -0.f, 1e-45f}));
  round_trip(randn({3, 5}).to(float16));
  round_trip(randn({3, 5}).to(bfloat16));
  round_trip(tensor(7));
  round_trip(zeros({2, 0, 3}));
  round_trip(zeros({1, 1, 1, 1, 1, 1, 1, 2}));
}
TEST_F(Save, writes_views_in_row_major_order) {
  const Tensor x = arange(24).reshape({2, 3, 4});
  round_trip(x.transpose(0, 2));
  round_trip(x.slice(2, 1, 4, 2));
  round_trip(x.select(1, 2));
  round_trip(tensor({1., 2.}).reshape({2, 1}).expand({2, 3}));
}
TEST_F(Save, takes_tensors_that_require_gradients) {
  Tensor w = randn({2, 2});
  w.requires_grad_();
  const Tensor loaded = back({{"w", w}})[0].second;
  EXPECT_FALSE(loaded.requires_grad());
  EXPECT_EQ(bits(loaded), bits(w));
}
TEST_F(Save, refuses_bad_names_and_writes_nothing) {
  const Tensor t = ones({1});
  const auto refuse = [&](const NamedTensors& tensors, const Metadata& metadata,
                          const char* reason) {
    expect_error<ArgumentError>([&] { save_safetensors(tensors, path("f"), metadata); }, reason);
  };
  refuse({{"a", t}, {"b", t}, {"a", t}}, {}, "two tensors are named \"a\"");
  refuse({{"__metadata__", t}}, {}, "__metadata__");
  refuse({{"\xff", t}}, {}, "not valid UTF-8");
  refuse({{"a", t}}, {{"k", "\xc0\x80"}}, "not valid UTF-8");
  refuse({{"a", t}}, {{"k", "1"}, {"k", "2"}}, "two metadata are named \"k\"");
  refuse({{"a", Tensor()}}, {}, "undefined");
  EXPECT_EQ(count(), 0);
}
TEST_F(Save, refuses_bad_paths) {
  const NamedTensors some = {{"a", ones({1})}};
  expect_error<IoError>([&] { save_safetensors(some, path("no/such/folder")); }, "No such file");
  expect_error<IoError>([&] { save_safetensors(some, folder_); }, "not a regular file");
  expect_error<IoError>([&] { save_safetensors(some, "/dev/null"); }, "not a regular file");
  expect_error<IoError>([&] { save_safetensors(some, ""); }, "not a path");
  expect_error<IoError>([&] { save_safetensors(some, std::string("a\0b", 3)); }, "not a path");
  expect_error<IoError>([&] { save_safetensors(some, path(std::string(300, 'n'))); }, "too long");
  EXPECT_EQ(count(), 0);
}
TEST_F(Save, takes_names_as_keys_never_as_paths) {
  EXPECT_EQ(back({{"../../evil", ones({1})}, {"/etc/x", ones({1})}}).size(), 2u);
  EXPECT_EQ(count(), 1);
}
TEST_F(Save, replaces_a_file_and_leaves_nothing_else) {
  back({{"a", ones({100})}});
  EXPECT_EQ(back({{"b", ones({1})}})[0].first, "b");
  EXPECT_EQ(count(), 1);
}
TEST_F(Save, makes_files_as_the_user_asked) {
  const mode_t before = umask(027);
  save_safetensors({{"a", ones({1})}}, path("f"));
  umask(before);
  struct stat about {};
  ASSERT_EQ(stat(path("f").c_str(), &about), 0);
  EXPECT_EQ(about.st_mode & 0777, 0640u);
}
TEST_F(Save, keeps_the_mode_of_the_file_that_it_replaces) {
  for (mode_t mode : {0600u, 0640u, 0664u}) {
    save_safetensors({{"a", ones({1})}}, path("f"));
    ASSERT_EQ(chmod(path("f").c_str(), mode), 0);
    save_safetensors({{"b", ones({1})}}, path("f"));
    struct stat about {};
    ASSERT_EQ(stat(path("f").c_str(), &about), 0);
    EXPECT_EQ(about.st_mode & 0777, mode);
  }
}
TEST_F(Save, writes_where_a_link_leads) {
  namespace fs = std::filesystem;
  fs::create_directory(path("disk"));
  fs::create_symlink("disk/weights", path("link"));  // relative, and not there yet
  fs::create_symlink(path("link"), path("second"));
  for (const char* name : {"link", "second"}) {
    save_safetensors({{name, ones({1})}}, path(name));
    EXPECT_TRUE(fs::is_symlink(path(name)));
    EXPECT_EQ(load_safetensors(path("disk/weights"))[0].first, name);
  }
  fs::create_symlink("loop", path("loop"));
  expect_error<IoError>(
      [&] {
        save_safetensors({{"a", ones({1})}}, path("loop"));
      },
      "a link that leads to itself");
}
TEST_F(Save, leaves_the_old_file_where_the_disk_is_full) {
  save_safetensors({{"a", ones({1})}}, path("f"));
  const std::string old = get("f");
  // A limit on the size of files simulates a full disk.
  const auto before = std::signal(SIGXFSZ, SIG_IGN);
  rlimit limit{};
  getrlimit(RLIMIT_FSIZE, &limit);
  const rlimit low{4096, limit.rlim_max};
  setrlimit(RLIMIT_FSIZE, &low);
  expect_error<IoError>(
      [&] {
        save_safetensors({{"a", ones({100'000})}}, path("f"));
      },
      "too large");
  setrlimit(RLIMIT_FSIZE, &limit);
  std::signal(SIGXFSZ, before);
  EXPECT_EQ(get("f"), old);
  EXPECT_EQ(count(), 1);
}
TEST_F(Save, lets_threads_save_and_load_at_once) {
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i)
    threads.emplace_back([this, i] {
      const NamedTensors mine = {{"t", full({100}, i)}};
      for (int k = 0; k < 10; ++k) {
        save_safetensors(mine, path("shared"));
        EXPECT_EQ(load_safetensors(path("shared")).size(), 1u);
      }
    });
  for (auto& t : threads) t.join();
  EXPECT_EQ(count(), 1);
}

}  // namespace
}  // namespace tinygrad::test
