// SPDX-License-Identifier: MIT
// The page of the layer with four indices: three linear maps of images 14 x 14 learn to take noise
// from digits. One has a coefficient for each pair of pixels, one only for near ones, and of one
// they are the same everywhere.
#include <tinygrad/optim.h>
#include <tinygrad/vision/datasets.h>

#include "bind.h"
#include "labs/locally_connected.h"

namespace page {

class ImageMaps {
 public:
  explicit ImageMaps(int samples)
      : train_(avg_pool2d(tg::vision::digits(samples, 1).x, 2)),
        test_(tg::vision::digits(200, 2).x),
        parameters_{dense_.weight, dense_.bias, local_, conv_.weight, conv_.bias},
        adam_(parameters_, {.lr = 3e-3}) {}

  /// Trains the maps on so many batches of 32 with noise of this deviation.
  void step(int batches, double noise) {
    for (int i = 0; i < batches; ++i) {
      const Tensor clean = train_.index_select(0, tg::randint(0, train_.size(0), {32}));
      const Tensor noisy = clean + noise * tg::randn_like(clean);
      adam_.zero_grad();
      for (int map = 0; map < 3; ++map) mse_loss(run(map, noisy), clean).backward();
      adam_.step();
    }
  }
  /// The mean squared error of a map on test digits of 14 x 14, or of 28 x 28, which the first two
  /// maps see at half their size.
  double error(int map, bool large, double noise) {
    const tg::NoGrad off;
    const Tensor clean = large ? test_ : avg_pool2d(test_, 2);
    const tg::Generator training = tg::generator();
    tg::manual_seed(7);  // the same noise each time
    const Tensor noisy = clean + noise * tg::randn_like(clean);
    tg::generator() = training;
    return mse_loss(resized(map, noisy), clean).item<double>();
  }
  /// W[:, :, k, l], [14, 14]: the derivative of pixel (k, l) of the map's output by its input.
  val coefficients(int map, int k, int l) {
    const Tensor x = tg::zeros({1, 1, 14, 14}).requires_grad_();
    return to_js(tg::grad({run(map, x).select(3, l).select(2, k).sum()}, {x})[0]);
  }
  int count(int map) {
    const std::size_t first[] = {0, 2, 3, 5};
    std::int64_t n = 0;
    for (std::size_t i = first[map]; i < first[map + 1]; ++i) n += parameters_[i].numel();
    return int(n);
  }
  /// A test digit, the same with noise, and what each map makes of it: [5, 14, 14].
  val digit(int i, double noise) {
    const tg::NoGrad off;
    const Tensor clean = avg_pool2d(test_.narrow(0, i, 1), 2),
                 noisy = clean + noise * tg::randn_like(clean);
    return to_js(tg::cat({clean, noisy, run(0, noisy), run(1, noisy), run(2, noisy)}));
  }

 private:
  Tensor run(int map, const Tensor& x) {
    return map == 0 ? dense_(x) : map == 1 ? lab::locally_connected(x, local_) : conv_(x);
  }
  Tensor resized(int map, const Tensor& x) {
    if (map == 2 || x.size(2) == 14) return run(map, x);
    return interpolate(run(map, avg_pool2d(x, 2)), {.scale_factor = {2}});
  }

  Tensor train_, test_;
  tg::nn::Dense dense_{{1, 14, 14}, {1, 14, 14}};
  tg::nn::Parameter local_{0.2 * tg::randn({25, 14, 14})};
  tg::nn::Conv2d conv_{1, 1, 5, {.padding = 2}};
  std::vector<Tensor> parameters_;
  tg::optim::Adam adam_;
};

EMSCRIPTEN_BINDINGS(dense4d) {
  emscripten::class_<ImageMaps>("ImageMaps")
      .constructor(&made<ImageMaps, int>, emscripten::allow_raw_pointers())
      .function("step", checked<&ImageMaps::step>)
      .function("error", checked<&ImageMaps::error>)
      .function("coefficients", checked<&ImageMaps::coefficients>)
      .function("count", checked<&ImageMaps::count>)
      .function("digit", checked<&ImageMaps::digit>);
}

}  // namespace page
