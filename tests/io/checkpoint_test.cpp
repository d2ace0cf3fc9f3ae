// SPDX-License-Identifier: MIT
// Tests that a folder of checkpoints returns the newest complete one, whatever happened to the
// others.
#include "tinygrad/io/checkpoint.h"
#include "support/files.h"
#include "tinygrad/ops/create.h"

namespace tinygrad::test {
namespace {

Checkpoint at(std::int64_t epoch, std::int64_t batch = 0) {
  Checkpoint c;
  c.model = {{"fc.weight", full({2, 3}, epoch)}, {"bn.count", tensor(5)}};
  c.optimizer = {{"0.momentum", full({2, 3}, .5)}};
  c.schedule = {{"step", tensor(9)}};
  c.epoch = epoch, c.batch = batch;
  c.generator = {~0ull, 12345678901234567890ull};
  c.loader_seed = 1ull << 63;
  c.metadata = {{"best", "0.99"}, {"note", ""}};
  c.extra = {{"accuracy", tensor({3, 4})}};
  return c;
}

class Checkpoints : public Files {
 protected:
  CheckpointFolder folder{folder_};
  std::int64_t latest_epoch() { return folder.latest().checkpoint.value().epoch; }
  void cut(const std::string& file) {
    std::filesystem::resize_file(file, std::filesystem::file_size(file) - 1);
  }
};

TEST_F(Checkpoints, keep_everything) {
  const Checkpoint saved = at(3, 17);
  const std::string file = folder.save(saved);
  EXPECT_EQ(file, path("checkpoint-3-17.safetensors"));
  const LatestCheckpoint found = folder.latest();
  EXPECT_EQ(found.path, file);
  EXPECT_EQ(found.warnings, "");
  const Checkpoint& c = found.checkpoint.value();
  EXPECT_EQ(bits(c.optimizer), bits(saved.optimizer));
  EXPECT_EQ(bits(c.schedule), bits(saved.schedule));
  EXPECT_EQ(c.model.size(), 2u);
  for (auto& [name, tensor] : c.model)
    EXPECT_EQ(bits(tensor),
              bits(name == "bn.count" ? saved.model[1].second : saved.model[0].second));
  EXPECT_EQ(c.epoch, 3);
  EXPECT_EQ(c.batch, 17);
  EXPECT_EQ(c.generator, saved.generator);
  EXPECT_EQ(c.loader_seed, saved.loader_seed);
  EXPECT_EQ(c.metadata, saved.metadata);
  EXPECT_EQ(bits(c.extra), bits(saved.extra));
}
TEST_F(Checkpoints, are_none_at_first) {
  EXPECT_FALSE(folder.latest().checkpoint);
  EXPECT_EQ(folder.latest().warnings, "");
}
TEST_F(Checkpoints, are_the_last_two) {
  for (int epoch = 8; epoch < 12; ++epoch) folder.save(at(epoch));
  EXPECT_EQ(count(), 2);
  EXPECT_EQ(latest_epoch(), 11);
  std::filesystem::remove(path("checkpoint-11-0.safetensors"));
  EXPECT_EQ(latest_epoch(), 10);
}
TEST_F(Checkpoints, of_a_run_begun_afresh_supersede_older_ones) {
  folder.save(at(8));
  folder.save(at(9));
  folder.save(at(1));
  EXPECT_EQ(latest_epoch(), 1);
  EXPECT_EQ(count(), 2);
}
TEST_F(Checkpoints, of_the_same_place_replace_each_other) {
  folder.save(at(1, 5));
  folder.save(at(1, 5));
  EXPECT_EQ(count(), 1);
}
TEST_F(Checkpoints, that_are_damaged_are_skipped_and_stay) {
  folder.save(at(1));
  const std::string damaged = folder.save(at(2));
  cut(damaged);
  const LatestCheckpoint found = folder.latest();
  EXPECT_EQ(found.checkpoint.value().epoch, 1);
  EXPECT_NE(found.warnings.find("checkpoint-2-0"), std::string::npos);
  for (int epoch = 3; epoch < 6; ++epoch) folder.save(at(epoch));
  EXPECT_TRUE(std::filesystem::exists(damaged));
}
TEST_F(Checkpoints, all_damaged_are_none) {
  put("checkpoint-1-0.safetensors", "");
  put("checkpoint-2-0.safetensors", "nonsense");
  put("checkpoint-3-0.safetensors", std::string("\2\0\0\0\0\0\0\0{}", 10));
  EXPECT_FALSE(folder.latest().checkpoint);
  EXPECT_NE(folder.latest().warnings, "");
}
TEST_F(Checkpoints, leave_other_files_alone) {
  const char* others[] = {"checkpoint-1.safetensors", "checkpoint-a-b.safetensors",
                          "checkpoint-1-0.safetensors.bak", "notes.txt", "best.safetensors"};
  const std::string temporary =
      ".tinygrad-" + std::to_string(getpid()) + "-9999.tmp";  // of a process that is running
  put(temporary, "mine");
  put(".tinygrad-x.tmp", "mine");
  for (const char* name : others) put(name, "mine");
  for (int epoch = 0; epoch < 5; ++epoch) folder.save(at(epoch));
  for (const char* name : others) EXPECT_EQ(get(name), "mine");
  EXPECT_EQ(get(temporary), "mine");
  EXPECT_EQ(get(".tinygrad-x.tmp"), "mine");
}
TEST_F(Checkpoints, are_not_just_any_safetensors) {
  save_safetensors({{"w", ones({1})}}, path("w"));
  expect_error<IoError>([&] { load_checkpoint(path("w")); }, "is not a checkpoint");
  save_safetensors({}, path("w"), {{"tinygrad.checkpoint", "2"}});
  expect_error<IoError>([&] { load_checkpoint(path("w")); }, "this version reads format 1");
  const Metadata bad = {{"tinygrad.checkpoint", "1"}, {"epoch", "-1"}};
  save_safetensors({}, path("w"), bad);
  expect_error<IoError>([&] { load_checkpoint(path("w")); },
                        "expected an integer that is not negative");
}
TEST_F(Checkpoints, need_a_folder) {
  put("file", "");
  expect_error<IoError>([&] { CheckpointFolder(path("file")); }, "cannot be created as a folder");
  expect_error<IoError>([&] { CheckpointFolder(path("file/sub")); },
                        "cannot be created as a folder");
  CheckpointFolder(path("a/b/c")).save(at(0));
  EXPECT_TRUE(std::filesystem::exists(path("a/b/c/checkpoint-0-0.safetensors")));
  Checkpoint negative;
  negative.epoch = -1;
  expect_error<ArgumentError>([&] { folder.save(negative); }, "must not be negative");
}

}  // namespace
}  // namespace tinygrad::test
