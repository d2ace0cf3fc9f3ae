// SPDX-License-Identifier: MIT
// A backend without its optional kernels, so that every op runs its formula. TINYGRAD_KERNELS=0
// asks for it, and kernels are tested against it.
#pragma once
#include <memory>

#include "tinygrad/backend.h"

namespace tinygrad {

/// Passes memory and the required kernels on to another backend. For optional kernels the base
/// class returns false.
class TINYGRAD_API RequiredKernelsOnly : public Backend {
 public:
  explicit RequiredKernelsOnly(std::unique_ptr<Backend> below)
      : RequiredKernelsOnly(*below, below->device()) {
    owned_ = std::move(below);
  }
  RequiredKernelsOnly(Backend& below, Device name) : Backend(std::move(name)), below_(below) {}

  std::string description() const override { return below_.description(); }
  bool has(DType dtype) const override { return below_.has(dtype); }
  Memory allocate(std::size_t bytes) override { return below_.allocate(bytes); }
  void release(Memory memory) noexcept override { below_.release(memory); }
  void upload(const void* from, Memory to, std::size_t offset, std::size_t bytes) override {
    below_.upload(from, to, offset, bytes);
  }
  void download(Memory from, std::size_t offset, void* to, std::size_t bytes) override {
    below_.download(from, offset, to, bytes);
  }
  void synchronize() override { below_.synchronize(); }
  std::unique_ptr<DeviceClock> clock() override { return below_.clock(); }
  MemoryStats stats() const override { return below_.stats(); }
  void empty_cache() override { below_.empty_cache(); }
  bool begin_recording() override { return below_.begin_recording(); }
  std::unique_ptr<Recording> end_recording() override { return below_.end_recording(); }
  bool is_host() const override { return below_.is_host(); }
#define REQUIRED_KERNEL(name, parameters, arguments) \
  void name parameters override { below_.name arguments; }
#include "tinygrad/kernels.def"

 private:
  std::unique_ptr<Backend> owned_;
  Backend& below_;
};

}  // namespace tinygrad
