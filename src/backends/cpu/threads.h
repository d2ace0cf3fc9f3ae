// A pool of threads: the CPU backend's only parallelism. parallel() itself is declared in
// kernels.h.
//
// A job is a number of parts; the caller and the workers take part after part from one counter. A
// job's gate is one word: how many workers are inside, whether the job is still open, and its
// number. A worker that wakes up too late finds the gate closed and never touches the job, so a
// caller waits for the work, not for sleeping threads. Workers look at the gate for some
// microseconds before they sleep: between the ops of a small network they stay awake.
#pragma once
#include <atomic>
#include <cstdint>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

namespace tinygrad::cpu {

class Pool {
 public:
  using Part = void (*)(void* context, std::int64_t index);
  /// The process's pool. It lives as long as the process; its threads end with main.
  static Pool& instance();

  void run(std::int64_t parts, Part part, void* context);
  int threads() const { return threads_.load(std::memory_order_relaxed); }
  /// How many threads work, the caller's included. Waits for the running job.
  void set_threads(int threads);
  /// Ends the workers; from then on everything runs on the caller's thread.
  void close();

 private:
  struct Job {
    Job(std::int64_t parts, Part part, void* context)
        : parts(parts), part(part), context(context) {}
    std::int64_t parts;
    Part part;
    void* context;
    std::atomic<std::int64_t> next{0};
    std::mutex mutex;  // of the two below
    std::exception_ptr error;
    std::int64_t failed = INT64_MAX;
  };
  Pool();
  static void work(Job& job);
  void worker();
  void start_workers();
  void stop_workers();
  void open(Job& job);
  void shut();

  std::atomic<int> threads_;
  std::atomic<int> gate_{0};  // bits 0-8: workers inside; bit 9: open; above: the job's number
  std::atomic<bool> stopping_{false};
  std::mutex running_;  // held by the one caller whose job the pool works on; guards what follows
  Job* job_ = nullptr;  // written before the gate opens
  std::vector<std::thread> workers_;
  bool started_ = false, closed_ = false;
};

}  // namespace tinygrad::cpu
