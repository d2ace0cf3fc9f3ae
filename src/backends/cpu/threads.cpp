#include "backends/cpu/threads.h"

#include <algorithm>
#include <new>
#include <system_error>

#include "backends/cpu/parallel.h"
#include "core/environment.h"

namespace tinygrad::cpu {
namespace {

constexpr int inside_mask = 511, open_bit = 512, number_step = 1024;
constexpr int spins = 4000;  // some ten microseconds: longer than the gap between two ops, shorter
                             // than a scheduler's slice

thread_local bool in_part = false;  // this thread runs a part: what it calls runs serially

int default_threads() {
  const int asked = environment::threads();
  return asked ? asked : std::clamp(int(std::thread::hardware_concurrency()), 1, 256);
}

void pause() {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#endif
}

/// Waits until the gate is other than `seen`: awake at first, then asleep.
int wait_for_change(const std::atomic<int>& gate, int seen) {
  for (int i = 0; i < spins; ++i, pause())
    if (const int now = gate.load(std::memory_order_acquire); now != seen) return now;
  gate.wait(seen, std::memory_order_acquire);
  return gate.load(std::memory_order_acquire);
}

struct InPart {
  bool before = in_part;
  InPart() { in_part = true; }
  ~InPart() { in_part = before; }
};

void run_here(std::int64_t parts, Pool::Part part, void* context) {
  for (std::int64_t i = 0; i < parts; ++i) part(context, i);
}

}  // namespace

Pool::Pool() : threads_(default_threads()) {}

Pool& Pool::instance() {
  static Pool& pool = *new Pool;
  static struct AtExit {
    ~AtExit() { pool.close(); }
  } at_exit;
  return pool;
}

/// Takes parts until there are none. Of several failures the lowest part's is kept; parts above a
/// failed one are not begun.
void Pool::work(Job& job) {
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

void Pool::worker() {
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
        gate_.notify_all();  // the caller waits for the last one
    }
  }
}

void Pool::open(Job& job) {
  job_ = &job;
  const unsigned number =
      unsigned(gate_.load(std::memory_order_relaxed)) + number_step;  // wraps; nobody is inside
  gate_.store(int(number | open_bit), std::memory_order_release);
  gate_.notify_all();
}

/// No worker enters any more; waits for those inside.
void Pool::shut() {
  int now = gate_.fetch_and(~open_bit, std::memory_order_acq_rel) & ~open_bit;
  while (now & inside_mask) now = wait_for_change(gate_, now);
}

/// Does with fewer where the system gives no more.
void Pool::start_workers() {
  started_ = true;
  stopping_ = false;
  try {
    for (int i = 1; i < threads(); ++i) workers_.emplace_back([this] { worker(); });
  } catch (const std::system_error&) {
  } catch (const std::bad_alloc&) {}
}

void Pool::stop_workers() {
  stopping_ = true;
  gate_.fetch_add(number_step, std::memory_order_acq_rel);
  gate_.notify_all();
  for (auto& w : workers_) w.join();
  workers_.clear();
  started_ = false;
}

void Pool::run(std::int64_t parts, Part part, void* context) {
  if (parts <= 1 || in_part || threads() == 1) return run_here(parts, part, context);
  std::unique_lock lock(running_, std::try_to_lock);
  if (!lock || closed_) return run_here(parts, part, context);  // busy with another thread's job
  if (!started_) start_workers();
  Job job(parts, part, context);
  open(job);
  work(job);
  shut();
  lock.unlock();
  if (job.error) std::rethrow_exception(job.error);
}

void Pool::set_threads(int threads) {
  std::lock_guard lock(running_);
  if (started_) stop_workers();
  threads_ = threads;
}

void Pool::close() {
  std::lock_guard lock(running_);
  if (started_) stop_workers();
  closed_ = true;
}

void parallel(std::int64_t parts, void (*part)(void* context, std::int64_t index), void* context) {
  Pool::instance().run(parts, part, context);
}

}  // namespace tinygrad::cpu
