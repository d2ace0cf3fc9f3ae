// SPDX-License-Identifier: MIT
// The thread pool: the gate that workers pass, jobs, and the start and the end of workers.
#include "backends/cpu/threads.h"

#include <algorithm>
#include <new>
#include <system_error>

#include "backends/cpu/parallel.h"
#include "core/environment.h"
#include "core/fork.h"

namespace tinygrad::cpu {
namespace {

constexpr int inside_mask = 511, open_bit = 512, number_step = 1024;
constexpr int spins = 4000;  // some ten microseconds: longer than the gap between two ops, shorter
                             // than a scheduler's slice

thread_local bool in_part = false;  // this thread runs a part: nested jobs run serially

int default_threads() {
  const int asked = environment::threads();
  return asked ? asked : std::clamp(int(std::thread::hardware_concurrency()), 1, 256);
}

void pause() {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#endif
}

/// Waits until the gate differs from `seen`: polls at first, then sleeps.
int wait_for_change(const std::atomic<int>& gate, int seen) {
  for (int i = 0; i < spins; ++i, pause())
    if (const int now = gate.load(std::memory_order_acquire); now != seen) return now;
  gate.wait(seen, std::memory_order_acquire);
  return gate.load(std::memory_order_acquire);
}

/// in_part is true during the object's life.
struct InPart {
  bool before = in_part;
  InPart() { in_part = true; }
  ~InPart() { in_part = before; }
};

void run_serially(std::int64_t parts, ThreadPool::Part part, void* context) {
  for (std::int64_t i = 0; i < parts; ++i) part(context, i);
}

}  // namespace

ThreadPool::ThreadPool() : threads_(default_threads()) {}

ThreadPool& ThreadPool::instance() {
  static ThreadPool& pool = *new ThreadPool;
  static struct AtForkAndExit {
    AtForkAndExit() {
      at_fork(nullptr, nullptr, [] { pool.begin_anew(); });
    }
    ~AtForkAndExit() { pool.close(); }
  } at_fork_and_exit;
  return pool;
}

/// Takes parts until none are left. If several parts throw, the exception of the lowest is kept; no
/// part is begun after one has thrown.
void ThreadPool::work(Job& job) {
  InPart here;
  for (std::int64_t i; (i = job.next.fetch_add(1, std::memory_order_relaxed)) < job.parts;) {
    try {
      job.part(job.context, i);
    } catch (...) {
      std::lock_guard lock(job.mutex);
      if (i < job.failed) job.failed = i, job.error = std::current_exception();
      job.next.store(job.parts, std::memory_order_relaxed);
    }
  }
}

void ThreadPool::worker() {
  const auto number = [](int gate) { return gate & ~(inside_mask | open_bit); };
  int seen = gate_.load(std::memory_order_acquire);
  for (int last = 0; !stopping_.load(std::memory_order_relaxed);
       seen = wait_for_change(gate_, seen)) {
    while ((seen & open_bit) && number(seen) != last) {
      if (!gate_.compare_exchange_weak(seen, seen + 1, std::memory_order_acq_rel,
                                       std::memory_order_acquire))
        continue;
      last = number(seen);
      work(*job_);
      seen = gate_.fetch_sub(1, std::memory_order_acq_rel) - 1;
      if (!(seen & (inside_mask | open_bit)))
        gate_.notify_all();  // the caller waits for the last worker
    }
  }
}

void ThreadPool::open(Job& job) {
  job_ = &job;
  const unsigned number =
      unsigned(gate_.load(std::memory_order_relaxed)) + number_step;  // wraps; nobody is inside
  gate_.store(int(number | open_bit), std::memory_order_release);
  gate_.notify_all();
}

/// Closes the gate to further workers; waits for those inside.
void ThreadPool::shut() {
  int now = gate_.fetch_and(~open_bit, std::memory_order_acq_rel) & ~open_bit;
  while (now & inside_mask) now = wait_for_change(gate_, now);
}

/// If the system cannot start as many threads, the pool has fewer.
void ThreadPool::start_workers() {
  started_ = true;
  stopping_ = false;
  try {
    for (int i = 1; i < threads(); ++i) workers_.emplace_back([this] { worker(); });
  } catch (const std::system_error&) {
  } catch (const std::bad_alloc&) {}
}

void ThreadPool::stop_workers() {
  stopping_ = true;
  gate_.fetch_add(number_step, std::memory_order_acq_rel);
  gate_.notify_all();
  for (auto& w : workers_) w.join();
  workers_.clear();
  started_ = false;
}

void ThreadPool::run(std::int64_t parts, Part part, void* context) {
  if (parts <= 1 || in_part || threads() == 1) return run_serially(parts, part, context);
  std::unique_lock lock(running_, std::try_to_lock);
  if (!lock || closed_) return run_serially(parts, part, context);  // another thread's job runs
  if (!started_) start_workers();
  Job job(parts, part, context);
  open(job);
  work(job);
  shut();
  lock.unlock();
  if (job.error) std::rethrow_exception(job.error);
}

void ThreadPool::set_threads(int threads) {
  std::lock_guard lock(running_);
  if (started_) stop_workers();
  threads_ = threads;
}

/// In a forked process there are no workers, nor the thread whose job may have run. The old
/// workers' objects can be neither joined nor destroyed.
void ThreadPool::begin_anew() {
  static auto& of_parents = *new std::vector<std::vector<std::thread>>;
  of_parents.push_back(std::move(workers_));
  workers_.clear();
  new (&running_) std::mutex;
  gate_ = 0, started_ = false;
}

void ThreadPool::close() {
  std::lock_guard lock(running_);
  if (started_) stop_workers();
  closed_ = true;
}

}  // namespace tinygrad::cpu

void tinygrad::parallel_for(std::int64_t parts, void (*part)(void* context, std::int64_t index),
                            void* context) {
  cpu::ThreadPool::instance().run(parts, part, context);
}
