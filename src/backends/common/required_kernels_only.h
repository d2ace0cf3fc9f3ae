// A backend without its optional kernels, so that every op runs its formula: what
// TINYGRAD_KERNELS=0 asks for, and what kernels are tested against.
#pragma once
#include <memory>

#include "tinygrad/backend.h"

namespace tinygrad {

/// Passes the floor on to another backend; has no kernels of its own, so the base class answers
/// false for them.
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
  MemoryStats stats() const override { return below_.stats(); }
  void empty_cache() override { below_.empty_cache(); }
  bool begin_recording() override { return below_.begin_recording(); }
  std::unique_ptr<Recording> end_recording() override { return below_.end_recording(); }
  bool is_host() const override { return below_.is_host(); }
  void fill(const View& out, Scalar value) override { below_.fill(out, value); }
  void copy(const View& x, const View& out) override { below_.copy(x, out); }
  void random(Distribution d, PhiloxKey key, Scalar low, Scalar high, const View& out) override {
    below_.random(d, key, low, high, out);
  }
  void unary(Unary op, Params params, const View& x, const View& out) override {
    below_.unary(op, params, x, out);
  }
  void binary(Binary op, Params params, const Operand& a, const Operand& b,
              const View& out) override {
    below_.binary(op, params, a, b, out);
  }
  void ternary(Ternary op, Params params, const Operand& a, const Operand& b, const Operand& c,
               const View& out) override {
    below_.ternary(op, params, a, b, c, out);
  }
  void reduce(Reduce op, const View& x, const View& out) override { below_.reduce(op, x, out); }
  void arg_reduce(ArgReduce op, const View& x, int dim, const View& out) override {
    below_.arg_reduce(op, x, dim, out);
  }
  void gather(const View& x, int dim, const View& index, const View& out) override {
    below_.gather(x, dim, index, out);
  }
  void scatter(const View& out, int dim, const View& index, const View& x, Write how) override {
    below_.scatter(out, dim, index, x, how);
  }
  void matmul(const View& a, const View& b, const View& out) override { below_.matmul(a, b, out); }

 private:
  std::unique_ptr<Backend> owned_;
  Backend& below_;
};

}  // namespace tinygrad
