// SPDX-License-Identifier: MIT
// Runs a device's kernels on arrays of the host, for tests that fill and read arrays in place: the
// blocks of each call are copied to the device, and back after it.
#pragma once
#include <map>
#include <vector>

#include "core/macros.h"
#include "tinygrad/backend.h"

namespace kernel_tests {
using namespace tinygrad;

class OnHost {
 public:
  explicit OnHost(Backend& device) : device_(device) {}

#define REQUIRED_KERNEL(name, parameters, arguments) \
  void name parameters { call(&Backend::name, TINYGRAD_UNWRAP arguments); }
#define KERNEL(name, backends, parameters, arguments) \
  bool name parameters { return call(&Backend::name, TINYGRAD_UNWRAP arguments); }
#include "tinygrad/kernels.def"

 private:
  /// The blocks of one call, each copied to the device once.
  class Blocks {
   public:
    explicit Blocks(Backend& device) : device_(device) {}
    ~Blocks() {
      for (auto& [host, there] : taken_) device_.release(there);
    }
    View operator()(const View& v) {
      if (!v) return v;
      const Memory& host = v.memory();
      auto [at, is_new] = taken_.try_emplace(host.handle);
      if (is_new) {
        at->second = device_.allocate(host.bytes);
        device_.upload(host.handle, at->second, 0, host.bytes);
      }
      return View(at->second, v.dtype(), v.shape(), v.strides(), v.offset());
    }
    Operand operator()(const Operand& o) { return o.is_scalar() ? o : Operand((*this)(o.view)); }
    std::vector<View> operator()(Views views) {
      std::vector<View> all;
      for (const View& v : views) all.push_back((*this)(v));
      return all;
    }
    PhiloxKey operator()(const PhiloxKey& key) { return {key.seed, (*this)(key.call)}; }
    SgdStep operator()(SgdStep step) {
      step.lr = (*this)(step.lr), step.overflow = (*this)(step.overflow);
      return step;
    }
    AdamStep operator()(AdamStep step) {
      step.lr = (*this)(step.lr), step.step = (*this)(step.step);
      step.overflow = (*this)(step.overflow);
      return step;
    }
    /// Arguments that lie in no block.
    template <class T> T operator()(const T& value) { return value; }
    void bring_back() {
      for (auto& [host, there] : taken_) device_.download(there, 0, host, there.bytes);
    }

   private:
    Backend& device_;
    std::map<void*, Memory> taken_;
  };
  template <class Result, class... Parameters, class... Arguments>
  Result call(Result (Backend::*kernel)(Parameters...), const Arguments&... arguments) {
    Blocks at(device_);
    if constexpr (std::is_void_v<Result>) (device_.*kernel)(at(arguments)...), at.bring_back();
    else {
      const bool done = (device_.*kernel)(at(arguments)...);
      at.bring_back();
      return done;
    }
  }
  Backend& device_;
};

}  // namespace kernel_tests
