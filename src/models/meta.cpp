// SPDX-License-Identifier: MIT
// The device without memory and without computation.
#include "tinygrad/models/meta.h"

#include <atomic>
#include <cstring>
#include <map>

#include "tinygrad/backend.h"
#include "tinygrad/op.h"
#include "tinygrad/ops/create.h"

namespace tinygrad::models {
namespace {

#pragma GCC diagnostic ignored "-Wunused-parameter"  // of kernels that do nothing
class Meta : public Backend {
 public:
  using Backend::Backend;
  Memory allocate(std::size_t bytes) override {
    return {reinterpret_cast<void*>(next_ += 64), bytes};  // no two blocks are the same
  }
  void release(Memory) noexcept override {}
  void upload(const void*, Memory, std::size_t, std::size_t) override {}
  void download(Memory, std::size_t, void* to, std::size_t bytes) override {
    if (bytes > 0) std::memset(to, 0, bytes);
  }
#define REQUIRED_KERNEL(name, parameters, arguments) \
  void name parameters override {}
#define KERNEL(name, backends, parameters, arguments) \
  bool name parameters override { return true; }
#include "tinygrad/kernels.def"

 private:
  std::atomic<std::uintptr_t> next_ = 0;
};

}  // namespace

Device meta_device() {
  static Backend& meta = register_backend(std::make_unique<Meta>("meta"));
  return meta.device();
}

void replace_state(nn::Module& module, const NamedTensors& state, std::optional<DType> dtype,
                   SourceLocation location) {
  NamedTensors shapes;  // the check of load_state_dict() needs no values
  for (const auto& [name, t] : state)
    shapes.emplace_back(name, empty(t.shape(), {.device = meta_device()}));
  module.load_state_dict(shapes, {}, location);
  const std::map<std::string, Tensor> given(state.begin(), state.end());
  const Device device = default_device();
  for (const NamedTensors& all : {module.named_parameters(), module.named_buffers()})
    for (const auto& [name, own] : all) {
      const Tensor& value = given.at(name);
      const bool converts = dtype && is_floating(value.dtype());
      replace_storage(own, (converts ? value.to(*dtype) : value).to(device));
    }
}

}  // namespace tinygrad::models
