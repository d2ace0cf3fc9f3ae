// SPDX-License-Identifier: MIT
// The queue of operations of a rank, and the thread that takes them from it.
#include "communication_thread.h"

namespace tinygrad::distributed {

bool Work::done() const {
  const std::lock_guard lock(state_->signal->mutex);
  return state_->signal->done;
}

Tensor Work::wait() const {
  Signal& signal = *state_->signal;
  std::unique_lock lock(signal.mutex);
  signal.ended.wait(lock, [&] { return signal.done; });
  if (state_->error) std::rethrow_exception(state_->error);
  if (state_->finish) state_->result = std::exchange(state_->finish, nullptr)(state_->result);
  return state_->result;
}

CommunicationThread::CommunicationThread(Progress progress)
    : progress_(std::move(progress)), thread_([this] { loop(); }) {}

Work CommunicationThread::submit(std::function<Tensor()> job,
                                 std::function<Tensor(const Tensor&)> finish) {
  const auto state = std::make_shared<Work::State>();
  state->finish = std::move(finish);
  const std::lock_guard lock(mutex_);
  require<CommunicationError>(!finishing_, "submit", "the communication of this rank has ended");
  jobs_.push_back({std::move(job), state});
  added_.notify_one();
  return Work(state);
}

void CommunicationThread::finish() {
  {
    const std::lock_guard lock(mutex_);
    finishing_ = true;
    added_.notify_one();
  }
  if (thread_.joinable()) thread_.join();
}

/// Waits for a job, or for the end: then it returns false.
bool CommunicationThread::wait_for_job(Job& job) {
  constexpr auto poll = std::chrono::microseconds(100);
  while (true) {
    const bool under_way = broken_.empty() && progress_();
    std::unique_lock lock(mutex_);
    const auto ready = [&] { return !jobs_.empty() || (finishing_ && !under_way); };
    if (under_way) added_.wait_for(lock, poll, ready);
    else added_.wait(lock, ready);
    if (!jobs_.empty()) {
      job = std::move(jobs_.front());
      jobs_.pop_front();
      return true;
    }
    if (finishing_ && !under_way) return false;
  }
}

void CommunicationThread::loop() {
  for (Job job; wait_for_job(job); job = {}) run(job);
}

void CommunicationThread::run(Job& job) {
  Work::State& state = *job.state;
  try {
    if (!broken_.empty()) throw CommunicationError(broken_);
    state.result = job.run();
  } catch (const CommunicationError& error) {
    broken_ = error.what();
    state.error = std::current_exception();
  } catch (...) { state.error = std::current_exception(); }
  job.run = nullptr;
  const std::shared_ptr<Signal> signal = state.signal;
  const std::lock_guard lock(signal->mutex);
  job.state.reset();
  signal->done = true;
  signal->ended.notify_all();
}

}  // namespace tinygrad::distributed
