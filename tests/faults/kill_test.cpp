// SPDX-License-Identifier: MIT
// Tests kill -9 at each system call of a checkpoint's save: the folder always holds a complete
// checkpoint, the one before or the new one.
#include <sys/ptrace.h>
#include <sys/wait.h>

#include <csignal>

#include "support/files.h"
#include "tinygrad/io/checkpoint.h"
#include "tinygrad/ops/create.h"

namespace tinygrad::test {
namespace {

/// Runs f in a child process that is killed when it enters or leaves a system call for the n-th
/// time. Returns whether it came that far.
template <class F> bool killed_at(int n, F f) {
  const pid_t child = fork();
  if (child == 0) {
    ptrace(PTRACE_TRACEME, 0, nullptr, nullptr);
    raise(SIGSTOP);
    f();
    _exit(0);
  }
  int status = 0;
  waitpid(child, &status, 0);  // at its SIGSTOP
  for (int i = 0; i < n && WIFSTOPPED(status); ++i) {
    if (ptrace(PTRACE_SYSCALL, child, nullptr, nullptr) != 0) break;
    waitpid(child, &status, 0);
  }
  if (!WIFSTOPPED(status)) {
    EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    return false;
  }
  kill(child, SIGKILL);
  waitpid(child, &status, 0);
  return true;
}

class Kill : public Files {
 protected:
  Checkpoint at(std::int64_t batch) const {
    Checkpoint c;
    c.model = {{"w", weights}};
    c.batch = batch;
    return c;
  }
  const Tensor weights = ones({100'000});
};

TEST_F(Kill, at_each_system_call_of_a_save) {
  const CheckpointFolder folder(folder_);
  folder.save(at(0));
  folder.save(at(1));
  std::int64_t saved = 1;
  int n = 1, old_ones = 0, new_ones = 0;
  for (; killed_at(n, [&] { folder.save(at(saved + 1)); }); ++n) {
    const LatestCheckpoint latest = folder.latest();
    ASSERT_TRUE(latest.checkpoint) << n;
    EXPECT_EQ(latest.warnings, "") << n;
    EXPECT_EQ(bits(latest.checkpoint->model), bits(at(0).model));
    EXPECT_TRUE(latest.checkpoint->batch == saved || latest.checkpoint->batch == saved + 1) << n;
    (latest.checkpoint->batch == saved ? old_ones : new_ones) += 1;
    saved = latest.checkpoint->batch + 1;
    folder.save(at(saved));  // the next run goes on, and clears up
    EXPECT_EQ(count(), 2) << n;
  }
  EXPECT_GT(n, 20);
  EXPECT_GT(old_ones, 0);
  EXPECT_GT(new_ones, 0);
  EXPECT_EQ(folder.latest().checkpoint->batch, saved + 1);  // the last one was not changed
}

}  // namespace
}  // namespace tinygrad::test
