// The CPU backend: turns Views into the plain Arrays that kernels take, and what kernels find into
// errors.
#include "backends/cpu/cpu.h"

#include <cstring>
#include <vector>

#include "backends/cpu/choose.h"
#include "backends/cpu/memory.h"
#include "backends/cpu/threads.h"
#include "tinygrad/error.h"

namespace tinygrad {
namespace {

using namespace cpu;

Array array(const View& v) {
  Array a = {v ? v.memory().handle : nullptr, v.count(), {}, {}, v.rank(), v.dtype()};
  if (a.data) a.data = static_cast<char*>(a.data) + v.offset() * std::int64_t(size_of(v.dtype()));
  std::memcpy(a.shape, v.shape().begin(),
              sizeof a.shape);  // all eight: quicker than as many as there are
  std::memcpy(a.strides, v.strides().begin(), sizeof a.strides);
  return a;
}
Number number(Scalar s) { return {s.real(), s.integer()}; }
ArrayOrNumber operand(const Operand& o) { return {array(o.view), number(o.scalar)}; }
std::vector<Array> arrays(Views views) {
  std::vector<Array> all;
  for (const View& v : views) all.push_back(array(v));
  return all;
}
/// A number that may lie on the device: on the CPU it can be read at once.
Number read(const Operand& o) {
  if (o.is_scalar()) return number(o.scalar);
  return visit(o.view.dtype(), [&](auto zero) {
    const auto value = *o.view.data<decltype(zero)>();
    if constexpr (std::is_integral_v<decltype(zero)>) return number(value);
    else return number(double(value));
  });
}
Key key(const PhiloxKey& k) { return {k.seed, std::uint64_t(read(k.call).integer)}; }
void report(const View& index, const BadIndex& bad) {
  if (bad.position >= 0) bad_index(index, bad.position, bad.value, bad.size);
}

class Cpu : public Backend {
 public:
  Cpu() : Backend(Device("cpu")), k_(choose_kernels()), memory_(Allocator::instance()) {}

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

  void fill(const View& out, Scalar value) override { k_.fill(array(out), number(value)); }
  void copy(const View& x, const View& out) override { k_.copy(array(x), array(out)); }
  void random(Distribution d, PhiloxKey k, Scalar low, Scalar high, const View& out) override {
    k_.random(d, key(k), number(low), number(high), array(out));
  }
  void unary(Unary op, Params params, const View& x, const View& out) override {
    k_.unary(op, number(params.p), number(params.q), array(x), array(out));
  }
  void binary(Binary op, const Operand& a, const Operand& b, const View& out) override {
    k_.binary(op, operand(a), operand(b), array(out));
  }
  void where(const View& condition, const Operand& a, const Operand& b, const View& out) override {
    k_.where(array(condition), operand(a), operand(b), array(out));
  }
  void reduce(Reduce op, const View& x, const View& out) override {
    k_.reduce(op, array(x), array(out));
  }
  void arg_reduce(ArgReduce op, const View& x, int dim, const View& out) override {
    k_.arg_reduce(op, array(x), dim, array(out));
  }
  void gather(const View& x, int dim, const View& index, const View& out) override {
    report(index, k_.gather(array(x), dim, array(index), array(out)));
  }
  void scatter(const View& out, int dim, const View& index, const View& x, Write how) override {
    report(index, k_.scatter(array(out), dim, array(index), array(x), how));
  }
  void matmul(const View& a, const View& b, const View& out) override {
    k_.matmul(array(a), array(b), array(out));
  }

  bool unary_grad(Unary op, Params params, const View& dy, const View& kept,
                  const View& dx) override {
    return k_.unary_grad(op, number(params.p), number(params.q), array(dy), array(kept), array(dx));
  }
  bool binary_grad(Binary op, int side, const View& dy, const Operand& a, const Operand& b,
                   const View& dx) override {
    return k_.binary_grad(op, side, array(dy), operand(a), operand(b), array(dx));
  }
  bool linear(const View& x, const View& w, const View& b, const View& y) override {
    return k_.linear(array(x), array(w), array(b), array(y));
  }
  bool softmax(const View& x, int dim, const View& y) override {
    return k_.softmax(array(x), dim, array(y));
  }
  bool softmax_grad(const View& dy, const View& y, int dim, const View& dx) override {
    return k_.softmax_grad(array(dy), array(y), dim, array(dx));
  }
  bool log_softmax(const View& x, int dim, const View& y) override {
    return k_.log_softmax(array(x), dim, array(y));
  }
  bool log_softmax_grad(const View& dy, const View& y, int dim, const View& dx) override {
    return k_.log_softmax_grad(array(dy), array(y), dim, array(dx));
  }
  bool cross_entropy(const View& x, const View& target, const View& loss,
                     const View& lse) override {
    BadIndex bad = {-1, 0, 0};
    const bool done = k_.cross_entropy(array(x), array(target), array(loss), array(lse), bad);
    report(target, bad);
    return done;
  }
  bool cross_entropy_grad(const View& dy, const View& x, const View& target, const View& lse,
                          const View& dx) override {
    return k_.cross_entropy_grad(array(dy), array(x), array(target), array(lse), array(dx));
  }
  bool conv2d(const View& x, const View& w, const View& b, const Window& window,
              const View& y) override {
    return k_.conv2d(array(x), array(w), array(b), window, array(y));
  }
  bool conv2d_input_grad(const View& dy, const View& w, const Window& window,
                         const View& dx) override {
    return k_.conv2d_input_grad(array(dy), array(w), window, array(dx));
  }
  bool conv2d_weight_grad(const View& dy, const View& x, const Window& window,
                          const View& dw) override {
    return k_.conv2d_weight_grad(array(dy), array(x), window, array(dw));
  }
  bool max_pool2d(const View& x, int kh, int kw, const Window& window, const View& y,
                  const View& index) override {
    return k_.max_pool2d(array(x), kh, kw, window, array(y), array(index));
  }
  bool max_pool2d_grad(const View& dy, const View& index, int kh, int kw, const Window& window,
                       const View& dx) override {
    return k_.max_pool2d_grad(array(dy), array(index), kh, kw, window, array(dx));
  }
  bool avg_pool2d(const View& x, int kh, int kw, const Window& window, const View& y) override {
    return k_.avg_pool2d(array(x), kh, kw, window, array(y));
  }
  bool avg_pool2d_grad(const View& dy, int kh, int kw, const Window& window,
                       const View& dx) override {
    return k_.avg_pool2d_grad(array(dy), kh, kw, window, array(dx));
  }
  bool batch_norm(const View& x, const View& w, const View& b, double eps, const View& y,
                  const View& mean, const View& rstd) override {
    return k_.batch_norm(array(x), array(w), array(b), eps, array(y), array(mean), array(rstd));
  }
  bool batch_norm_grad(const View& dy, const View& x, const View& w, const View& mean,
                       const View& rstd, const View& dx, const View& dw, const View& db) override {
    return k_.batch_norm_grad(array(dy), array(x), array(w), array(mean), array(rstd), array(dx),
                              array(dw), array(db));
  }
  bool layer_norm(const View& x, const View& w, const View& b, double eps, const View& y,
                  const View& mean, const View& rstd) override {
    return k_.layer_norm(array(x), array(w), array(b), eps, array(y), array(mean), array(rstd));
  }
  bool layer_norm_grad(const View& dy, const View& x, const View& w, const View& mean,
                       const View& rstd, const View& dx, const View& dw, const View& db) override {
    return k_.layer_norm_grad(array(dy), array(x), array(w), array(mean), array(rstd), array(dx),
                              array(dw), array(db));
  }
  bool dropout(const View& x, double p, PhiloxKey k, const View& y) override {
    return k_.dropout(array(x), p, key(k), array(y));
  }
  bool sgd(Views w, Views g, Views m, const SgdStep& s) override {
    if (read(s.overflow).real != 0) return true;
    const SgdNumbers step = {read(s.lr).real, s.momentum, s.weight_decay,
                             s.dampening,     s.nesterov, s.first};
    return k_.sgd(arrays(w).data(), arrays(g).data(), arrays(m).data(), int(w.size()), step);
  }
  bool adam(Views w, Views g, Views m, Views v, const AdamStep& s) override {
    if (read(s.overflow).real != 0) return true;
    const AdamNumbers step = {read(s.lr).real, read(s.step).real, s.beta1,    s.beta2,
                              s.eps,           s.weight_decay,    s.decoupled};
    return k_.adam(arrays(w).data(), arrays(g).data(), arrays(m).data(), arrays(v).data(),
                   int(w.size()), step);
  }

 private:
  const Kernels& k_;
  Allocator& memory_;
};

}  // namespace

int num_threads() { return ThreadPool::instance().threads(); }

void set_num_threads(int threads) {
  require(threads >= 1 && threads <= 256, "set_num_threads", "takes 1 to 256 threads, not ",
          threads);
  ThreadPool::instance().set_threads(threads);
}

std::unique_ptr<Backend> make_cpu_backend() { return std::make_unique<Cpu>(); }

}  // namespace tinygrad
