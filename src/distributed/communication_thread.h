// SPDX-License-Identifier: MIT
// CommunicationThread: carries out the operations of a rank one after another, while the program
// computes.
#pragma once
#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>

#include "tinygrad/distributed/collectives.h"

namespace tinygrad::distributed {

/// Tells that an operation has ended.
struct Signal {
  std::mutex mutex;
  std::condition_variable ended;
  bool done = false;
};
/// The result of an operation. `finish`, on the caller's thread, moves it to its device. The
/// communication thread forgets the state before it gives the signal, so that result and error are
/// destroyed on the caller's thread.
struct Work::State {
  std::shared_ptr<Signal> signal = std::make_shared<Signal>();
  std::exception_ptr error;
  Tensor result;
  std::function<Tensor(const Tensor&)> finish;
};

class CommunicationThread {
 public:
  /// Works on messages under way; returns whether there are any.
  using Progress = std::function<bool()>;
  explicit CommunicationThread(Progress progress);
  ~CommunicationThread() { finish(); }
  /// Runs job() after all jobs before it. After a CommunicationError later jobs fail with the same
  /// message.
  Work submit(std::function<Tensor()> job, std::function<Tensor(const Tensor&)> finish);
  /// Runs the jobs that are left, and ends the thread.
  void finish();

 private:
  struct Job {
    std::function<Tensor()> run;
    std::shared_ptr<Work::State> state;
  };
  void loop();
  void run(Job& job);
  bool wait_for_job(Job& job);

  Progress progress_;
  std::mutex mutex_;
  std::condition_variable added_;
  std::deque<Job> jobs_;
  bool finishing_ = false;
  std::string broken_;  // the message of a CommunicationError
  std::thread thread_;
};

}  // namespace tinygrad::distributed
