// SPDX-License-Identifier: MIT
// The page that draws digits out of noise: the small U-Net of lab_diffusion, step by step.
#include <cmath>

#include "bind.h"
#include "common/cosine_schedule.h"
#include "labs/diffusion_nets.h"

namespace page {

class Painter {
 public:
  explicit Painter(const val& weights) {
    load_weights(net_, weights);
    net_.eval();
  }

  /// Begins with noise. guidance w goes from what the net computes without a label w times as far
  /// as to what it computes with it.
  void begin(int label, int steps, double guidance, int seed) {
    tg::manual_seed(std::uint64_t(seed));
    scheduler_.set_timesteps(steps);
    sample_ = tg::randn({1, 1, 28, 28});
    label_ = label, guidance_ = guidance, next_ = 0;
  }
  val sample() { return to_js(sample_); }
  /// Takes a step: {t, the sample [28, 28], the digit [28, 28] that the net expects it to become,
  /// done}.
  val step() {
    const tg::NoGrad off;
    const double t = scheduler_.timesteps().at(next_++);
    const auto whole = [](auto value) { return tg::full({1}, value, {.dtype = tg::DType::int64}); };
    const auto velocity = [&](int label) { return net_(sample_, whole(t), whole(label)); };
    Tensor v = velocity(label_);
    if (guidance_ != 1) {
      const Tensor without = velocity(10);
      v = without + guidance_ * (v - without);
    }
    const double alpha = scheduler_.alphas_cumprod[std::size_t(t)];
    val result = val::object();
    result.set("expected", to_js(std::sqrt(alpha) * sample_ - std::sqrt(1 - alpha) * v));
    sample_ = scheduler_.step(v, t, sample_);
    result.set("t", t), result.set("sample", to_js(sample_));
    result.set("done", next_ == scheduler_.timesteps().size());
    return result;
  }

 private:
  lab::SmallUNet net_{16, 10};
  lab::models::DDIMScheduler scheduler_{common::cosine_schedule()};
  Tensor sample_;
  int label_ = 0;
  double guidance_ = 1;
  std::size_t next_ = 0;
};

EMSCRIPTEN_BINDINGS(diffusion) {
  emscripten::class_<Painter>("Painter")
      .constructor(&made<Painter, val>, emscripten::allow_raw_pointers())
      .function("begin", checked<&Painter::begin>)
      .function("sample", checked<&Painter::sample>)
      .function("step", checked<&Painter::step>);
}

}  // namespace page
