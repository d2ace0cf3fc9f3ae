// SPDX-License-Identifier: MIT
// Runs a child process on Windows, in a job, by which all that it starts ends with it.
#if defined(_WIN32)
#include <windows.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <utility>

#include "child.h"

namespace tinygrad::doctor {
namespace {

/// A word of a command line, as the C library's start of a program takes it apart: backslashes are
/// themselves except before a quote.
std::string quoted(const std::string& word) {
  std::string text = "\"";
  std::size_t backslashes = 0;
  for (char c : word) {
    if (c == '"') text.append(backslashes + 1, '\\');
    backslashes = c == '\\' ? backslashes + 1 : 0;
    text += c;
  }
  return text.append(backslashes, '\\') + "\"";
}

struct Handle {
  HANDLE handle = nullptr;
  ~Handle() { close(); }
  void close() {
    if (handle) CloseHandle(std::exchange(handle, nullptr));
  }
};

/// Reads what is in the pipe until the child ends. False at the deadline.
bool collect(HANDLE pipe, HANDLE process, std::string& output,
             std::chrono::steady_clock::time_point deadline) {
  char buffer[4096];
  for (;;) {
    const bool ended = WaitForSingleObject(process, 5) == WAIT_OBJECT_0;
    for (DWORD there = 0, n = 0; PeekNamedPipe(pipe, nullptr, 0, nullptr, &there, nullptr) && there;
         output.append(buffer, n))
      if (!ReadFile(pipe, buffer, std::min<DWORD>(there, sizeof buffer), &n, nullptr)) break;
    if (ended) return true;
    if (std::chrono::steady_clock::now() > deadline) return false;
  }
}

}  // namespace

/// No probe is given variables on Windows.
Outcome run_child(const std::vector<std::string>& command, const Variables&, double seconds) {
  const auto deadline =
      std::chrono::steady_clock::now() + std::chrono::milliseconds(std::int64_t(seconds * 1000));
  std::string line;
  for (const std::string& word : command) line += (line.empty() ? "" : " ") + quoted(word);
  SECURITY_ATTRIBUTES inherited = {sizeof inherited, nullptr, TRUE};
  Handle in, out, nothing, job, process, thread;
  if (!CreatePipe(&in.handle, &out.handle, &inherited, 0)) return {.how = Outcome::not_started};
  SetHandleInformation(in.handle, HANDLE_FLAG_INHERIT, 0);
  nothing.handle =
      CreateFileA("NUL", GENERIC_READ | GENERIC_WRITE, 0, &inherited, OPEN_EXISTING, 0, nullptr);
  job.handle = CreateJobObjectA(nullptr, nullptr);
  JOBOBJECT_EXTENDED_LIMIT_INFORMATION limits = {};
  limits.BasicLimitInformation.LimitFlags = JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE;
  SetInformationJobObject(job.handle, JobObjectExtendedLimitInformation, &limits, sizeof limits);
  SetErrorMode(SEM_FAILCRITICALERRORS | SEM_NOGPFAULTERRORBOX);  // no window for what is expected
  STARTUPINFOA start = {};
  start.cb = sizeof start, start.dwFlags = STARTF_USESTDHANDLES;
  start.hStdInput = start.hStdError = nothing.handle, start.hStdOutput = out.handle;
  PROCESS_INFORMATION child = {};
  if (!CreateProcessA(nullptr, line.data(), nullptr, nullptr, TRUE, CREATE_SUSPENDED, nullptr,
                      nullptr, &start, &child))
    return {.how = Outcome::not_started};
  process.handle = child.hProcess, thread.handle = child.hThread;
  AssignProcessToJobObject(job.handle, process.handle);
  ResumeThread(thread.handle);
  Outcome outcome;
  if (!collect(in.handle, process.handle, outcome.output, deadline)) {
    outcome.how = Outcome::timed_out;
    TerminateJobObject(job.handle, 1);
    return outcome;
  }
  DWORD code = 0;
  GetExitCodeProcess(process.handle, &code);
  outcome.code = int(code);
  // Exceptions have numbers from 0xC0000000 on; abort() exits with 3, which no probe does.
  if (outcome.code < 0 || outcome.code == 3) outcome.how = Outcome::crashed;
  if (outcome.code == 3) outcome.code = SIGABRT;
  return outcome;
}

}  // namespace tinygrad::doctor
#endif
