// A device's kernels on arrays of the host, for tests that fill and read arrays in place: the
// blocks of each call are taken to the device, and brought back after it.
#pragma once
#include <map>
#include <vector>

#include "tinygrad/backend.h"

namespace kernel_tests {
using namespace tinygrad;

class OnHost {
 public:
  explicit OnHost(Backend& device) : device_(device) {}

  void matmul(const View& a, const View& b, const View& out) {
    run([&](auto& at) { return device_.matmul(at(a), at(b), at(out)), true; });
  }
  bool linear(const View& x, const View& w, const View& b, const View& y) {
    return run([&](auto& at) { return device_.linear(at(x), at(w), at(b), at(y)); });
  }
  bool softmax(const View& x, int dim, const View& y) {
    return run([&](auto& at) { return device_.softmax(at(x), dim, at(y)); });
  }
  bool softmax_grad(const View& dy, const View& y, int dim, const View& dx) {
    return run([&](auto& at) { return device_.softmax_grad(at(dy), at(y), dim, at(dx)); });
  }
  bool log_softmax(const View& x, int dim, const View& y) {
    return run([&](auto& at) { return device_.log_softmax(at(x), dim, at(y)); });
  }
  bool log_softmax_grad(const View& dy, const View& y, int dim, const View& dx) {
    return run([&](auto& at) { return device_.log_softmax_grad(at(dy), at(y), dim, at(dx)); });
  }
  bool cross_entropy(const View& x, const View& target, const View& loss, const View& lse) {
    return run(
        [&](auto& at) { return device_.cross_entropy(at(x), at(target), at(loss), at(lse)); });
  }
  bool cross_entropy_grad(const View& dy, const View& x, const View& target, const View& lse,
                          const View& dx) {
    return run([&](auto& at) {
      return device_.cross_entropy_grad(at(dy), at(x), at(target), at(lse), at(dx));
    });
  }
  bool batch_norm(const View& x, const View& w, const View& b, double eps, const View& y,
                  const View& mean, const View& rstd) {
    return run([&](auto& at) {
      return device_.batch_norm(at(x), at(w), at(b), eps, at(y), at(mean), at(rstd));
    });
  }
  bool batch_norm_grad(const View& dy, const View& x, const View& w, const View& mean,
                       const View& rstd, const View& dx, const View& dw, const View& db) {
    return run([&](auto& at) {
      return device_.batch_norm_grad(at(dy), at(x), at(w), at(mean), at(rstd), at(dx), at(dw),
                                     at(db));
    });
  }
  bool layer_norm(const View& x, const View& w, const View& b, double eps, const View& y,
                  const View& mean, const View& rstd) {
    return run([&](auto& at) {
      return device_.layer_norm(at(x), at(w), at(b), eps, at(y), at(mean), at(rstd));
    });
  }
  bool layer_norm_grad(const View& dy, const View& x, const View& w, const View& mean,
                       const View& rstd, const View& dx, const View& dw, const View& db) {
    return run([&](auto& at) {
      return device_.layer_norm_grad(at(dy), at(x), at(w), at(mean), at(rstd), at(dx), at(dw),
                                     at(db));
    });
  }
  bool conv2d(const View& x, const View& w, const View& b, const Window& window, const View& y) {
    return run([&](auto& at) { return device_.conv2d(at(x), at(w), at(b), window, at(y)); });
  }
  bool conv2d_input_grad(const View& dy, const View& w, const Window& window, const View& dx) {
    return run([&](auto& at) { return device_.conv2d_input_grad(at(dy), at(w), window, at(dx)); });
  }
  bool conv2d_weight_grad(const View& dy, const View& x, const Window& window, const View& dw) {
    return run([&](auto& at) { return device_.conv2d_weight_grad(at(dy), at(x), window, at(dw)); });
  }
  bool max_pool2d(const View& x, int kh, int kw, const Window& window, const View& y,
                  const View& index) {
    return run(
        [&](auto& at) { return device_.max_pool2d(at(x), kh, kw, window, at(y), at(index)); });
  }
  bool max_pool2d_grad(const View& dy, const View& index, int kh, int kw, const Window& window,
                       const View& dx) {
    return run([&](auto& at) {
      return device_.max_pool2d_grad(at(dy), at(index), kh, kw, window, at(dx));
    });
  }
  bool avg_pool2d(const View& x, int kh, int kw, const Window& window, const View& y) {
    return run([&](auto& at) { return device_.avg_pool2d(at(x), kh, kw, window, at(y)); });
  }
  bool avg_pool2d_grad(const View& dy, int kh, int kw, const Window& window, const View& dx) {
    return run([&](auto& at) { return device_.avg_pool2d_grad(at(dy), kh, kw, window, at(dx)); });
  }
  bool dropout(const View& x, double p, const PhiloxKey& key, const View& y) {
    return run([&](auto& at) {
      return device_.dropout(at(x), p, {key.seed, at(key.call)}, at(y));
    });
  }
  bool sgd(Views w, Views g, Views m, const SgdStep& step) {
    return run([&](auto& at) {
      const SgdStep there = {at(step.lr),   step.momentum, step.weight_decay, step.dampening,
                             step.nesterov, step.first,    at(step.overflow)};
      return device_.sgd(at(w), at(g), at(m), there);
    });
  }
  bool adam(Views w, Views g, Views m, Views v, const AdamStep& step) {
    return run([&](auto& at) {
      const AdamStep there = {at(step.lr), at(step.step),     step.beta1,     step.beta2,
                              step.eps,    step.weight_decay, step.decoupled, at(step.overflow)};
      return device_.adam(at(w), at(g), at(m), at(v), there);
    });
  }

 private:
  /// The blocks of one call, each taken to the device once.
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
    void bring_back() {
      for (auto& [host, there] : taken_) device_.download(there, 0, host, there.bytes);
    }

   private:
    Backend& device_;
    std::map<void*, Memory> taken_;
  };
  template <class F> bool run(const F& f) {
    Blocks blocks(device_);
    const bool done = f(blocks);
    blocks.bring_back();
    return done;
  }
  Backend& device_;
};

}  // namespace kernel_tests
