// SPDX-License-Identifier: MIT
// The thread pool of the CPU backend, which runs all of its parallel loops (parallel.h).
//
// A job consists of parts; the calling thread and the workers take one part after the other from an
// atomic counter. The state of the current job is one atomic word, the gate: how many workers are
// inside the job, whether it is open, and its number. A worker that wakes up too late finds the
// gate closed and never touches the job, so a caller waits for the work, not for sleeping threads.
// Workers poll the gate for some microseconds before they sleep: between the ops of a small network
// they stay awake.
#pragma once
#include <atomic>
#include <cstdint>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

namespace tinygrad::cpu {

class ThreadPool {
 public:
  using Part = void (*)(void* context, std::int64_t index);
  /// The process's only pool. It lives as long as the process; its threads end after main returns.
  static ThreadPool& instance();

  /// Runs part(context, 0) ... part(context, parts - 1), and waits for all.
  void run(std::int64_t parts, Part part, void* context);
  int threads() const { return threads_.load(std::memory_order_relaxed); }
  /// The number of threads that work, the calling one included. Waits for the running job.
  void set_threads(int threads);
  /// Ends the workers; from then on, jobs run on the calling thread.
  void close();

 private:
  struct Job {
    Job(std::int64_t parts, Part part, void* context)
        : parts(parts), part(part), context(context) {}
    std::int64_t parts;
    Part part;
    void* context;
    std::atomic<std::int64_t> next{0};
    std::mutex mutex;  // guards error and failed
    std::exception_ptr error;
    std::int64_t failed = INT64_MAX;  // the part that threw `error`
  };
  ThreadPool();
  static void work(Job& job);
  void worker();
  void start_workers();
  void stop_workers();
  void open(Job& job);
  void shut();
  void begin_anew();

  std::atomic<int> threads_;
  std::atomic<int> gate_{0};  // bits 0-8: workers inside; bit 9: open; above: the job's number
  std::atomic<bool> stopping_{false};
  std::mutex running_;  // held by the caller whose job runs; guards the members below
  Job* job_ = nullptr;  // is written before the gate opens
  std::vector<std::thread> workers_;
  bool started_ = false, closed_ = false;
};

}  // namespace tinygrad::cpu
