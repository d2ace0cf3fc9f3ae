// SPDX-License-Identifier: MIT
// The CPU backend: calls the kernels of the instruction set that runs, with plain Arrays for Views.
#include "backends/cpu/cpu.h"

#include <cstring>
#include <vector>

#include "backends/cpu/choose.h"
#include "backends/cpu/memory.h"
#include "backends/cpu/threads.h"
#include "core/macros.h"
#include "tinygrad/error.h"

namespace tinygrad {
namespace cpu {
namespace {

// ---------------------------------------------------------------- arguments as plain data
/// Enumerations, int, double and Window are plain already.
template <class T> const T& plain(const T& value) { return value; }
Array plain(const View& v) {
  Array a = {v ? v.memory().handle : nullptr, v.count(), {}, {}, v.rank(), v.dtype(), &v};
  if (a.data) a.data = static_cast<char*>(a.data) + v.offset() * std::int64_t(size_of(v.dtype()));
  // All eight: faster than a copy of variable length.
  std::memcpy(a.shape, v.shape().begin(), sizeof a.shape);
  std::memcpy(a.strides, v.strides().begin(), sizeof a.strides);
  return a;
}
/// Keeps the arrays until the end of the call.
struct ArrayList {
  std::vector<Array> arrays;
  operator Arrays() const { return {arrays.data(), int(arrays.size())}; }
};
ArrayList plain(Views views) {
  ArrayList list;
  for (const View& v : views) list.arrays.push_back(plain(v));
  return list;
}
Number plain(Scalar s) { return {s.real(), s.integer()}; }
ParamNumbers plain(const Params& params) {
  return {plain(params.p), plain(params.q), plain(params.r), plain(params.s)};
}
ArrayOrNumber plain(const Operand& o) { return {plain(o.view), plain(o.scalar)}; }

/// The value of a scalar, or of a view of one element.
Number value_of(const Operand& o) {
  if (o.is_scalar()) return plain(o.scalar);
  return visit(o.view.dtype(), [&](auto zero) {
    const auto value = *o.view.data<decltype(zero)>();
    if constexpr (std::is_integral_v<decltype(zero)>) return plain(Scalar(value));
    else return plain(Scalar(double(value)));
  });
}
Key plain(const PhiloxKey& key) { return {key.seed, std::uint64_t(value_of(key.call).integer)}; }
SgdNumbers plain(const SgdStep& s) {
  return {
      value_of(s.lr).real,           s.momentum, s.weight_decay, s.dampening, s.nesterov, s.first,
      value_of(s.overflow).real != 0};
}
AdamNumbers plain(const AdamStep& s) {
  return {
      value_of(s.lr).real, value_of(s.step).real,         s.beta1, s.beta2, s.eps, s.weight_decay,
      s.decoupled,         value_of(s.overflow).real != 0};
}
template <class Result, class... Plains, class... Arguments>
Result call(Result (*kernel)(Plains...), const Arguments&... arguments) {
  return kernel(plain(arguments)...);
}

// ---------------------------------------------------------------- the backend
class CpuBackend : public Backend {
 public:
  CpuBackend()
      : Backend(Device("cpu")), kernels_(choose_kernels()), memory_(Allocator::instance()) {}

  Memory allocate(std::size_t bytes) override { return {memory_.allocate(bytes), bytes}; }
  void release(Memory m) noexcept override { memory_.release(m.handle, m.bytes); }
  void upload(const void* from, Memory to, std::size_t offset, std::size_t bytes) override {
    if (bytes) std::memcpy(static_cast<char*>(to.handle) + offset, from, bytes);
  }
  void download(Memory from, std::size_t offset, void* to, std::size_t bytes) override {
    if (bytes) std::memcpy(to, static_cast<const char*>(from.handle) + offset, bytes);
  }
  MemoryStats stats() const override { return memory_.stats(); }
  void empty_cache() override { memory_.empty_cache(); }
  bool is_host() const override { return true; }

#define REQUIRED_KERNEL(name, parameters, arguments) \
  void name parameters override { call(kernels_.name, TINYGRAD_UNWRAP arguments); }
#define KERNEL(name, backends, parameters, arguments)                       \
  bool name parameters override {                                           \
    return kernels_.name && call(kernels_.name, TINYGRAD_UNWRAP arguments); \
  }
#include "tinygrad/kernels.def"

 private:
  const Kernels& kernels_;
  Allocator& memory_;
};

}  // namespace

void throw_if_bad(const Array& index, const BadIndex& bad) {
  if (bad.position >= 0) bad_index(*index.view, bad.position, bad.value, bad.size);
}

DeviceSearch find_devices() {
  DeviceSearch found;
  found.backends.push_back(std::make_unique<CpuBackend>());
  return found;
}

}  // namespace cpu

int num_threads() { return cpu::ThreadPool::instance().threads(); }

void set_num_threads(int threads) {
  require(threads >= 1 && threads <= 256, "set_num_threads", "takes 1 to 256 threads, not ",
          threads);
  cpu::ThreadPool::instance().set_threads(threads);
}

}  // namespace tinygrad
