// SPDX-License-Identifier: MIT
// Runs a grid block after block, and a block thread after thread: each until it ends, or waits for
// others at a barrier or shuffle.
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "emulator.h"
#include "fibers.h"

namespace cuda_emulator {

uint3 threadIdx, blockIdx;
dim3 blockDim, gridDim;

namespace {

enum class State : unsigned char { fresh, ready, at_barrier, at_shuffle, done };
struct Thread {
  State state = State::fresh;
  Fiber* fiber = nullptr;  // its fibre while it waits
  Place place = {};
  unsigned meetings = 0;  // shuffles of its warp so far
};
/// The values that the lanes of a warp exchange: those of this shuffle, and of the previous one,
/// which some lanes may not have read yet.
struct Warp {
  alignas(8) unsigned char left[2][32][8] = {};
};

const std::function<void()>* body = nullptr;  // the code of each thread
std::vector<Thread> threads;
std::vector<Warp> warps;
bool backwards = false;
std::size_t running = 0;  // index of the thread in the block
Fiber host;
Fiber* current = nullptr;  // of the running thread
std::string problem;       // of the block that runs
std::deque<std::unique_ptr<Fiber>> all_fibers;
std::vector<Fiber*> idle;

std::string name(const Place& place) {
  return std::string(place.file) + ":" + std::to_string(place.line);
}
std::string name(const uint3& i) {
  return "(" + std::to_string(i.x) + ", " + std::to_string(i.y) + ", " + std::to_string(i.z) + ")";
}
template <class T> void set_index(T& to, std::size_t number, const dim3& size) {
  to.x = unsigned(number % size.x), to.y = unsigned(number / size.x % size.y),
  to.z = unsigned(number / size.x / size.y);
}
void become(std::size_t thread) {
  running = thread;
  set_index(threadIdx, thread, blockDim);
}
std::size_t in_order(std::size_t i, std::size_t count) { return backwards ? count - 1 - i : i; }

// ------------------------------------------------------------ threads

std::size_t next_fresh = 0;  // position in the order of threads

/// The code of a fibre: it runs a thread that was not started yet, and, as long as none waits, the
/// next one. So kernels without barriers need no switch.
void run_threads() {
  Fiber::arrived();
  while (true) {
    while (next_fresh < threads.size()) {
      become(in_order(next_fresh++, threads.size()));
      (*body)();
      threads[running].state = State::done;
    }
    idle.push_back(current);
    current->switch_to(host);
  }
}

Fiber* idle_fiber() {
  if (idle.empty())
    idle.push_back(all_fibers.emplace_back(std::make_unique<Fiber>(run_threads)).get());
  Fiber* fiber = idle.back();
  idle.pop_back();
  return fiber;
}
void begin_threads() {
  while (next_fresh < threads.size()) {
    current = idle_fiber();
    host.switch_to(*current);
  }
}
void go_on(std::size_t thread) {
  become(thread);
  current = threads[thread].fiber;
  host.switch_to(*current);
}
void wait(State state, const Place& place) {
  Thread& own = threads[running];
  own.state = state, own.place = place, own.fiber = current;
  current->switch_to(host);
}

// ------------------------------------------------------------ meetings

/// Resumes threads [begin, end) if all of them wait at one place.
bool release(std::size_t begin, std::size_t end, State state) {
  for (std::size_t t = begin; t < end; ++t)
    if (threads[t].state != state || !(threads[t].place == threads[begin].place)) return false;
  for (std::size_t t = begin; t < end; ++t) threads[t].state = State::ready;
  return true;
}
bool release_any() {
  bool any = false;
  for (std::size_t first = 0; first < threads.size(); first += 32)
    any |= release(first, std::min(first + 32, threads.size()), State::at_shuffle);
  return release(0, threads.size(), State::at_barrier) || any;
}
bool all_done() {
  for (const Thread& t : threads)
    if (t.state != State::done) return false;
  return true;
}

/// The message about threads that wait for others in vain.
std::string diverged() {
  std::size_t waiting = 0, first = threads.size();
  for (std::size_t t = 0; t < threads.size(); ++t)
    if (threads[t].state != State::done) ++waiting, first = std::min(first, t);
  const Thread& one = threads[first];
  std::string text = std::to_string(waiting) + " of " + std::to_string(threads.size()) +
                     " threads of block " + name(blockIdx) + " wait in vain: thread " +
                     std::to_string(first) +
                     (one.state == State::at_barrier ? " for its block" : " for its warp") +
                     " at " + name(one.place);
  for (std::size_t t = 0; t < threads.size(); ++t)
    if (threads[t].state != State::done && !(threads[t].place == one.place))
      return text + ", thread " + std::to_string(t) + " at " + name(threads[t].place);
  return text + ", where others have ended";
}

/// Returns false if threads wait for each other in vain, or if their behaviour is undefined on a
/// GPU.
bool run_block() {
  next_fresh = 0;
  threads.assign(threads.size(), Thread());
  begin_threads();
  while (problem.empty() && !all_done()) {
    if (!release_any()) problem = diverged();
    for (std::size_t i = 0; i < threads.size() && problem.empty(); ++i) {
      const std::size_t thread = in_order(i, threads.size());
      if (threads[thread].state == State::ready) go_on(thread);
    }
  }
  return problem.empty();
}

/// Discards the fibres of threads that wait in vain: they cannot be reused.
void drop_fibers() {
  idle.clear();
  all_fibers.clear();
}

const char* refused(const cudaLaunchConfig_t& c) {
  const dim3 &b = c.blockDim, &g = c.gridDim;
  if (std::size_t(b.x) * b.y * b.z == 0 || std::size_t(b.x) * b.y * b.z > 1024 || b.z > 64)
    return "a block has 1 to 1024 threads, of which 64 in z";
  if (g.x == 0 || g.y == 0 || g.z == 0 || g.x > 2147483647u || g.y > 65535 || g.z > 65535)
    return "a grid has at least one block, and at most 65535 in y and in z";
  if (c.dynamicSmemBytes > 48 << 10) return "a block has at most 48 KiB of shared memory";
  return nullptr;
}

cudaError_t run(const cudaLaunchConfig_t& config, const std::function<void()>& thread) {
  const std::lock_guard lock(mutex());
  const char* order = std::getenv("CUDA_EMULATOR_ORDER");
  backwards = order && std::string(order) == "backwards";
  body = &thread, problem.clear();
  blockDim = config.blockDim, gridDim = config.gridDim;
  threads.resize(std::size_t(blockDim.x) * blockDim.y * blockDim.z);
  warps.resize((threads.size() + 31) / 32);
  const std::size_t blocks = std::size_t(gridDim.x) * gridDim.y * gridDim.z;
  for (std::size_t i = 0; i < blocks; ++i) {
    set_index(blockIdx, in_order(i, blocks), gridDim);
    if (run_block()) continue;
    drop_fibers();
    return report(cudaErrorLaunchFailure, problem);
  }
  return cudaSuccess;
}

}  // namespace

void meet_block(const Place& place) { wait(State::at_barrier, place); }

Left meet_warp(const Place& place, unsigned mask, const void* number, std::size_t bytes) {
  Thread& own = threads[running];
  auto& left = warps[running / 32].left[own.meetings++ % 2];
  if (bytes) std::memcpy(left[running % 32], number, bytes);
  const std::size_t lanes = std::min<std::size_t>(threads.size() - running / 32 * 32, 32);
  if ((mask != 0xffffffff || lanes < 32) && problem.empty()) {
    char text[80];
    std::snprintf(text, sizeof text, ": a warp of %d threads meets with the mask %#x", int(lanes),
                  mask);
    problem = name(place) + text;
  }
  wait(State::at_shuffle, place);
  return left;
}

cudaError_t launch(const cudaLaunchConfig_t& config, std::function<void()> thread) {
  MAY_FAIL(cudaLaunchKernelEx);
  if (const char* why = refused(config)) return report(cudaErrorInvalidConfiguration, why);
  return submit(config.stream,
                [grid = config.gridDim, block = config.blockDim, thread = std::move(thread)] {
                  cudaLaunchConfig_t config = {};
                  config.gridDim = grid, config.blockDim = block;
                  return run(config, thread);
                });
}

}  // namespace cuda_emulator
