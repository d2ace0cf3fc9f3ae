// SPDX-License-Identifier: MIT
// Runs a child process by fork().
#if !defined(_WIN32)
#include "child.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>

namespace tinygrad::doctor {
namespace {

using Clock = std::chrono::steady_clock;

/// Texts as execve takes them. Made before the fork: after it, a process with threads may not
/// allocate.
class Words {
 public:
  explicit Words(std::vector<std::string> words) : words_(std::move(words)) {
    for (std::string& word : words_) pointers_.push_back(word.data());
    pointers_.push_back(nullptr);
  }
  Words(const Words&) = delete;
  char* const* data() const { return pointers_.data(); }

 private:
  std::vector<std::string> words_;
  std::vector<char*> pointers_;
};

/// This process's environment with some variables changed.
std::vector<std::string> environment_with(const Variables& variables) {
  std::vector<std::string> all;
  for (char** entry = environ; *entry; ++entry) {
    const std::string text = *entry, name = text.substr(0, text.find('='));
    const bool changed =
        std::any_of(variables.begin(), variables.end(), [&](auto& v) { return v.first == name; });
    if (!changed) all.push_back(text);
  }
  for (auto& [name, value] : variables)
    if (!value.empty()) all.push_back(std::string(name).append("=").append(value));
  return all;
}

/// In the child: never returns.
[[noreturn]] void become(const Words& command, const Words& environment, int out) {
  setpgid(
      0,
      0);  // a group of its own, so that what it starts (a driver's compiler) can be killed with it
  const rlimit no_core = {0, 0};
  setrlimit(RLIMIT_CORE, &no_core);  // a crash is expected: its memory is not needed
  const int nothing = open("/dev/null", O_RDWR);
  dup2(nothing, STDIN_FILENO), dup2(out, STDOUT_FILENO), dup2(nothing, STDERR_FILENO);
  execve(command.data()[0], command.data(), environment.data());
  _exit(127);
}

/// Reads until the end or the deadline. True at the end.
bool collect(int in, std::string& output, Clock::time_point deadline) {
  char buffer[4096];
  for (;;) {
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now()).count();
    if (left <= 0) return false;
    pollfd ready = {in, POLLIN, 0};
    if (poll(&ready, 1, int(left)) <= 0) continue;
    const ssize_t n = read(in, buffer, sizeof buffer);
    if (n <= 0) return true;
    output.append(buffer, std::size_t(n));
  }
}

/// Waits for the child itself, which may have closed its output and still hang.
bool ended(pid_t child, int& status, Clock::time_point deadline) {
  while (waitpid(child, &status, WNOHANG) == 0) {
    if (Clock::now() > deadline) return false;
    usleep(2000);
  }
  return true;
}

}  // namespace

Outcome run_child(const std::vector<std::string>& command, const Variables& variables,
                  double seconds) {
  const auto deadline = Clock::now() + std::chrono::milliseconds(std::int64_t(seconds * 1000));
  const Words words(command), environment(environment_with(variables));
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return {.how = Outcome::not_started};
  const pid_t child = fork();
  if (child == 0) become(words, environment, ends[1]);
  close(ends[1]);
  Outcome outcome{.how = child < 0 ? Outcome::not_started : Outcome::exited};
  int status = 0;
  if (child > 0 &&
      !(collect(ends[0], outcome.output, deadline) && ended(child, status, deadline))) {
    outcome.how = Outcome::timed_out;
    kill(-child, SIGKILL), waitpid(child, &status, 0);
  } else if (child > 0) {
    outcome.how = WIFSIGNALED(status) ? Outcome::crashed : Outcome::exited;
    outcome.code = WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status);
  }
  close(ends[0]);
  return outcome;
}

}  // namespace tinygrad::doctor
#endif
