// SPDX-License-Identifier: MIT
// Ranks as threads of one process: messages are copies in mailboxes.
#include "tinygrad/distributed/threads.h"

#include <condition_variable>
#include <cstring>
#include <map>
#include <mutex>
#include <numeric>
#include <thread>
#include <tuple>

#include "operation.h"
#include "tinygrad/random.h"
#include "world.h"

namespace tinygrad::distributed {
namespace {

/// What all ranks share. Groups are numbered; group 0 is the world.
struct Post {
  using Address = std::tuple<int /*group*/, int /*from*/, int /*to*/, Channel>;
  std::mutex mutex;
  std::condition_variable changed;
  std::map<Address, std::deque<std::vector<char>>> boxes;
  std::vector<bool> ended;                            // for each rank of the world
  std::map<std::tuple<int, int, int>, int> children;  // (group, number of its split, color)

  void end(int rank) {
    const std::lock_guard lock(mutex);
    ended[std::size_t(rank)] = true;
    changed.notify_all();
  }
};

class ThreadCommunicator : public Communicator {
 public:
  /// ranks: those of the world.
  ThreadCommunicator(std::shared_ptr<Post> post, int group, std::vector<int> ranks, int rank)
      : post_(std::move(post)), group_(group), ranks_(std::move(ranks)), rank_(rank) {}
  int rank() const override { return rank_; }
  int size() const override { return int(ranks_.size()); }

  Absent exchange(std::span<const Message> sends, std::span<const Message> receives,
                  Channel channel, Deadline deadline) override {
    std::unique_lock lock(post_->mutex);
    for (const Message& m : sends) put(m, channel);
    std::vector<Message> waiting(receives.begin(), receives.end());
    Absent absent;
    while (true) {
      std::erase_if(waiting, [&](const Message& m) { return take(m, channel); });
      for (const Message& m : waiting)
        if (post_->ended[world_rank(m.peer)]) absent.ended.push_back(m.peer);
      if (waiting.empty() || !absent.none()) return absent;
      if (post_->changed.wait_until(lock, deadline) == std::cv_status::timeout &&
          std::chrono::steady_clock::now() >= deadline)
        break;
    }
    for (const Message& m : waiting)
      if (!take(m, channel)) absent.late.push_back(m.peer);
    return absent;
  }
  void post(const Message& message, std::shared_ptr<const void>) override {
    const std::lock_guard lock(post_->mutex);
    put(message, Channel::direct);
  }
  std::shared_ptr<Communicator> split(int color, const std::vector<int>& ranks) override {
    const std::lock_guard lock(post_->mutex);
    const auto place =
        post_->children.try_emplace({group_, splits_++, color}, int(post_->children.size()) + 1);
    std::vector<int> of_world;
    int own = 0;
    for (int r : ranks) {
      if (r == rank_) own = int(of_world.size());
      of_world.push_back(int(world_rank(r)));
    }
    return std::make_shared<ThreadCommunicator>(post_, place.first->second, of_world, own);
  }
  void give_up(const std::string&) override { post_->end(int(world_rank(rank_))); }

 private:
  std::size_t world_rank(int rank) const { return std::size_t(ranks_[std::size_t(rank)]); }
  /// Needs the mutex; so does take().
  void put(const Message& m, Channel channel) {
    const char* data = static_cast<const char*>(m.data);
    post_->boxes[{group_, rank_, m.peer, channel}].emplace_back(data, data + m.bytes);
    post_->changed.notify_all();
  }
  bool take(const Message& m, Channel channel) {
    auto& box = post_->boxes[{group_, m.peer, rank_, channel}];
    if (box.empty()) return false;
    std::memcpy(m.data, box.front().data(), m.bytes);
    box.pop_front();
    return true;
  }

  std::shared_ptr<Post> post_;
  int group_;
  std::vector<int> ranks_;
  int rank_, splits_ = 0;
};

using Rank = InlineFunction<void(const Group&), 64>;

void run_rank(const std::shared_ptr<Post>& post, const std::vector<int>& ranks, int rank,
              const Rank& body, const Options& options) {
  const Group world =
      make_world(std::make_shared<ThreadCommunicator>(post, 0, ranks, rank), options);
  const WorldOfThread scope(world);
  set_thread_stream("rank " + std::to_string(rank));
  const auto end = [&] {
    world.member()->thread->finish();
    post->end(rank);
  };
  try {
    body(world);
  } catch (...) {
    post->end(rank);  // so that operations that are left, here and there, do not wait
    end();
    throw;
  }
  end();
}

/// Throws what a rank has thrown first of all: the others fail because it does not arrive.
void rethrow_cause(const std::vector<std::exception_ptr>& errors) {
  std::exception_ptr first;
  for (const auto& error : errors) {
    if (!error) continue;
    try {
      std::rethrow_exception(error);
    } catch (const CommunicationError&) {
      if (!first) first = error;
    }
  }
  if (first) std::rethrow_exception(first);
}

}  // namespace

void run_threads(int n, const Rank& body, const Options& options, SourceLocation location) {
  require(n > 0, {"run_threads", location}, "expected at least 1 rank, got ", n);
  if (n == 1) {
    const Group alone;
    const WorldOfThread scope(alone);
    return body(alone);
  }
  const auto post = std::make_shared<Post>();
  post->ended.resize(std::size_t(n));
  std::vector<int> ranks(static_cast<std::size_t>(n));
  std::iota(ranks.begin(), ranks.end(), 0);
  std::vector<std::exception_ptr> errors(ranks.size());
  std::vector<std::thread> threads(ranks.size());
  for (int r : ranks)
    threads[std::size_t(r)] = std::thread([&, r] {
      try {
        run_rank(post, ranks, r, body, options);
      } catch (...) { errors[std::size_t(r)] = std::current_exception(); }
    });
  for (auto& thread : threads) thread.join();
  rethrow_cause(errors);
}

}  // namespace tinygrad::distributed
