// SPDX-License-Identifier: MIT
// Tests that if system call n fails, n = 1, 2, ..., a load is correct or throws IoError, and a save
// leaves the complete old file or the complete new one.
#include "fault.h"
#include "support/files.h"
#include "tinygrad/io/checkpoint.h"
#include "tinygrad/ops/create.h"

namespace tinygrad::test {
namespace {

struct Way {
  const char* call;
  const char* error;
};

class SystemCall : public Files {
 protected:
  const NamedTensors tensors = {{"a", ones({300, 4})}, {"b", arange(5)}};

  void load_survives(Way way, bool map) {
    const auto f = [&] {
      EXPECT_EQ(bits(load_safetensors(path("f"), {.map = map})), bits(tensors_in_file));
    };
    each(way, f, [](bool) {});
  }
  void save_survives(Way way) {
    const auto after = [&](bool threw) {
      const std::string now = get("f");
      EXPECT_TRUE(now == whole || (threw && now == old));
      EXPECT_EQ(count(), 2);
      put("f", old);
    };
    each(
        way, [&] { save_safetensors(tensors, path("f")); }, after);
  }
  /// A call that is always interrupted would never return: it is interrupted once.
  template <class F, class After> void each(Way way, F f, After after) {
    if (std::string(way.error) != "EINTR") each_fault(way.call, way.error, true, f, after);
    each_fault(way.call, way.error, false, f, after);
  }
  void SetUp() override {
    save_safetensors(tensors, path("whole"));
    whole = get("whole");
    save_safetensors({{"old", ones({2})}}, path("f"));
    old = get("f");
  }
  std::string old, whole;
  NamedTensors tensors_in_file;
};

TEST_F(SystemCall, fails_in_load) {
  put("f", whole);
  tensors_in_file = load_safetensors(path("f"));
  for (const bool map : {true, false})
    for (const Way way : {Way{"open", "EMFILE"},
                          {"open", "EACCES"},
                          {"open", "EINTR"},
                          {"read", "EIO"},
                          {"read", "EINTR"},
                          {"read", "SHORT"},
                          {"mmap", "ENOMEM"},
                          {"mmap", "EACCES"}})
      load_survives(way, map);
}
TEST_F(SystemCall, fails_in_save) {
  for (const Way way : {Way{"open", "EMFILE"},
                        {"open", "EACCES"},
                        {"open", "EINTR"},
                        {"write", "EIO"},
                        {"write", "ENOSPC"},
                        {"write", "EINTR"},
                        {"write", "SHORT"},
                        {"fsync", "EIO"},
                        {"fsync", "EINTR"},
                        {"fsync", "ENOSPC"},
                        {"rename", "EACCES"},
                        {"rename", "ENOSPC"}})
    save_survives(way);
}
TEST_F(SystemCall, fails_in_a_checkpoint) {
  const CheckpointFolder folder(path("checkpoints"));
  Checkpoint checkpoint;
  checkpoint.model = tensors;
  folder.save(checkpoint);
  for (const Way way : {Way{"open", "EMFILE"},
                        {"write", "ENOSPC"},
                        {"write", "SHORT"},
                        {"fsync", "EIO"},
                        {"rename", "EACCES"},
                        {"mmap", "ENOMEM"}}) {
    const auto save_next = [&] {
      ++checkpoint.batch;
      folder.save(checkpoint);
    };
    const auto after = [&](bool threw) {
      const std::int64_t latest = folder.latest().checkpoint.value().batch;
      EXPECT_TRUE(latest == checkpoint.batch || (threw && latest < checkpoint.batch));
      folder.save(checkpoint);
      EXPECT_EQ(folder.latest().checkpoint.value().batch, checkpoint.batch);
    };
    each(way, save_next, after);
  }
}

}  // namespace
}  // namespace tinygrad::test
