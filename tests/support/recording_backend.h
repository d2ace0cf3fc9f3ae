// SPDX-License-Identifier: MIT
// Makes the CPU a device that can record, for tests of capture(): calls are stored as closures,
// with their arguments.
#pragma once
#include <functional>
#include <set>
#include <vector>

#include "backends/common/required_kernels_only.h"
#include "core/call.h"

namespace tinygrad::test {

class RecordingCpu : public RequiredKernelsOnly {
  /// The blocks of a record; those that were released go with it.
  struct Own {
    explicit Own(Backend& cpu) : cpu(cpu) {}
    ~Own() {
      for (const Memory& memory : released) cpu.release(memory);
    }
    Backend& cpu;
    std::set<void*> blocks;
    std::vector<Memory> released;
  };

 public:
  explicit RecordingCpu(Device name)
      : RequiredKernelsOnly(backend("cpu"), std::move(name)), cpu_(backend("cpu")) {}

  Memory allocate(std::size_t bytes) override {
    const Memory memory = cpu_.allocate(bytes);
    if (recording_) own_->blocks.insert(memory.handle);
    return memory;
  }
  /// A record's memory stays the record's.
  void release(Memory memory) noexcept override {
    if (own_ && own_->blocks.count(memory.handle)) own_->released.push_back(memory);
    else cpu_.release(memory);
  }
  void download(Memory from, std::size_t offset, void* to, std::size_t bytes) override {
    require<DeviceError>(!recording_, running_call(), "the host reads while a step is recorded");
    cpu_.download(from, offset, to, bytes);
  }
  void upload(const void* from, Memory to, std::size_t offset, std::size_t bytes) override {
    require<DeviceError>(!recording_, running_call(), "the host writes while a step is recorded");
    cpu_.upload(from, to, offset, bytes);
  }
  bool is_host() const override { return false; }

  bool begin_recording() override {
    recording_ = true, steps_.clear(), own_ = std::make_shared<Own>(cpu_);
    return true;
  }
  std::unique_ptr<Recording> end_recording() override {
    struct Steps : Recording {
      std::vector<std::function<void()>> steps;
      std::shared_ptr<Own> own;
      void run() override {
        for (auto& step : steps) step();
      }
    };
    auto recording = std::make_unique<Steps>();
    recording->steps = std::move(steps_), recording->own = own_;
    recording_ = false;
    return recording;
  }

#define REQUIRED_KERNEL(name, parameters, arguments) \
  void name parameters override {                    \
    note([=, this] { cpu_.name arguments; });        \
  }
#include "tinygrad/kernels.def"
  bool dropout(const View& x, double p, const PhiloxKey& key, const View& y) override {
    return note([=, this] { (void)cpu_.dropout(x, p, key, y); });
  }
  bool sgd(Views w, Views g, Views m, const SgdStep& step) override {
    return note(
        [=, this, w = list(w), g = list(g), m = list(m)] { (void)cpu_.sgd(w, g, m, step); });
  }
  bool adam(Views w, Views g, Views m, Views v, const AdamStep& step) override {
    return note([=, this, w = list(w), g = list(g), m = list(m), v = list(v)] {
      (void)cpu_.adam(w, g, m, v, step);
    });
  }

 private:
  static std::vector<View> list(Views views) { return {views.begin(), views.end()}; }
  bool note(std::function<void()> step) {
    if (recording_) steps_.push_back(std::move(step));
    else step();
    return true;
  }

  Backend& cpu_;
  bool recording_ = false;
  std::vector<std::function<void()>> steps_;
  std::shared_ptr<Own> own_;
};

}  // namespace tinygrad::test
