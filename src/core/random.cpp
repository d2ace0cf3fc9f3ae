// SPDX-License-Identifier: MIT
// The random generator of each thread, and the seeds that threads derive from the process's.
#include "tinygrad/random.h"

#include <mutex>
#include <optional>
#include <thread>

#include "core/fork.h"

namespace tinygrad {
namespace {

/// The process's seed, and how many threads have derived theirs from it.
struct Process {
  ProcessMutex mutex;
  std::uint64_t seed = 0, threads = 0;
};
Process& process() {
  static Process& only = *new Process;  // never destroyed, since threads may outlive static objects
  return only;
}
const std::thread::id main_thread = std::this_thread::get_id();  // it runs the initializers
/// Before that initializer, those of other files run, on the main thread too.
bool is_main_thread() {
  return main_thread == std::thread::id() || std::this_thread::get_id() == main_thread;
}

// Words 0 and 1 of call n give thread n its seed, words 2 and 3 a name with the hash n.
enum class Use : std::uint64_t { number, name };
std::uint64_t derived(std::uint64_t seed, std::uint64_t n, Use use) {
  return philox_word64(seed, n, std::uint64_t(use));
}

Generator first_generator() {
  const std::lock_guard lock(process().mutex);
  if (is_main_thread()) return {process().seed, 0};
  return {derived(process().seed, ++process().threads, Use::number), 0};
}

/// FNV-1a, 64 bits (Fowler, Noll, Vo).
std::uint64_t hash(std::string_view text) {
  std::uint64_t h = 0xCBF29CE484222325u;
  for (const char c : text) h = (h ^ static_cast<unsigned char>(c)) * 0x100000001B3u;
  return h;
}

}  // namespace

/// Empty until the thread draws or is seeded: a thread that is seeded takes no number.
static std::optional<Generator>& own_generator() {
  thread_local std::optional<Generator> own;
  return own;
}

Generator& generator() {
  std::optional<Generator>& own = own_generator();
  return own ? *own : own.emplace(first_generator());
}

void manual_seed(std::uint64_t seed) {
  if (is_main_thread()) {
    const std::lock_guard lock(process().mutex);
    process().seed = seed, process().threads = 0;
  }
  own_generator() = {seed, 0};
}

void set_thread_stream(std::string_view name) {
  std::uint64_t seed;
  {
    const std::lock_guard lock(process().mutex);
    seed = process().seed;
  }
  own_generator() = {derived(seed, hash(name), Use::name), 0};
}

}  // namespace tinygrad
