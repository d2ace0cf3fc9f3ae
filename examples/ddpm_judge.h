// SPDX-License-Identifier: MIT
// Judges drawn pictures by the network of examples/mnist_cnn: how many it reads as asked, and how
// far its features of them are from those of true pictures (Heusel et al. 2017: the Fréchet
// distance of two Gaussians, there with the features of an Inception network).
#pragma once
#include <tinygrad/tinygrad.h>
#include <tinygrad/train/train.h>

#include <cmath>

#include "mnist/nets.h"

namespace ddpm {

namespace tg = tinygrad;

/// The mean [D] and the covariance [D, D] of features [N, D], in float64.
struct Moments {
  tg::Tensor mean, covariance;
};
inline Moments moments(const tg::Tensor& features) {
  const tg::Tensor f = features.to("cpu").to(tg::float64), mean = tg::mean(f, 0), c = f - mean;
  return {mean, matmul(c.t(), c) / (f.size(0) - 1)};
}

/// The square root of a symmetric positive semidefinite matrix, by Newton and Schulz's iteration
/// Y (3 - Z Y) / 2, (3 - Z Y) Z / 2 from a / ‖a‖ and 1 (Higham 2008, equation 6.35). A small
/// eigenvalue grows by 1.5 in each step: after 40 of them, roots above 1e-7 of the largest are
/// exact.
inline tg::Tensor square_root(const tg::Tensor& a) {
  const double scale = tg::norm(a).item<double>();
  if (scale == 0) return a;
  const tg::Tensor one = tg::eye(a.size(0), {.dtype = a.dtype(), .device = a.device()});
  tg::Tensor y = a / scale, z = one;
  for (int i = 0; i < 40; ++i) {
    const tg::Tensor t = 1.5 * one - 0.5 * matmul(z, y);
    y = matmul(y, t), z = matmul(t, z);
  }
  return y * std::sqrt(scale);
}

/// |m1 - m2|² + Tr(S1 + S2 - 2 (S1 S2)^½). The trace of (S1 S2)^½ is that of the root of the
/// symmetric matrix S1^½ S2 S1^½, which has the same eigenvalues.
inline double frechet_distance(const Moments& p, const Moments& q) {
  const tg::Tensor root = square_root(p.covariance),
                   both = square_root(matmul(matmul(root, q.covariance), root));
  const tg::Tensor d =
      sum(square(p.mean - q.mean)) + sum(diagonal(p.covariance + q.covariance - 2 * both));
  return d.item<double>();
}

/// n pictures of each of `classes` classes, drawn from the Gaussian that has the mean and the
/// covariance of the class's training pictures: the linear baseline. A mean plus the centred
/// pictures, each times a normal value / √(N - 1), is such a draw: no covariance is computed.
/// Their labels are 0, ..., classes - 1, 0, ...
inline tg::Tensor gaussian_per_class(const tg::data::Dataset& data, std::int64_t classes,
                                     std::int64_t n) {
  tg::Tensors all;
  for (std::int64_t k = 0; k < classes; ++k) {
    const tg::Tensor own =
        tg::flatten(index_select(data.x, 0, nonzero(data.y == k).select(1, 0)), 1);
    const tg::Tensor mean = tg::mean(own, 0);
    const tg::Tensor z = tg::randn({n, own.size(0)}, {.device = own.device()});
    all.push_back(mean +
                  matmul(z, own - mean) / std::sqrt(std::max<double>(1, double(own.size(0)) - 1)));
  }
  tg::Shape shape = data.x.shape();
  shape[0] = n * classes;
  return clamp(reshape(tg::stack(all, 1), shape), 0, 1);
}

class Judge {
 public:
  /// Loads weights that mnist_cnn saved; without a file, trains two epochs.
  Judge(const std::string& file, const tg::data::Dataset& data) {
    net_.to(tg::default_device());
    if (file.empty()) train(data);
    else net_.load_state_dict(tg::load_safetensors(file));
    net_.eval();
  }

  /// The part of the pictures x [N, 1, 28, 28] in 0 ... 1 that are read as their labels say.
  double accuracy(const tg::Tensor& x, const tg::Tensor& labels) {
    const tg::Tensor read =
        in_parts(x, [&](const tg::Tensor& part) { return net_(part).argmax(1); });
    return mean((read == labels.to("cpu")).to(tg::float32)).item<double>();
  }
  /// The moments of the last feature maps, averaged over their positions: [N, 64].
  Moments features(const tg::Tensor& x) {
    return moments(in_parts(x, [&](const tg::Tensor& part) {
      const tg::Tensor h = max_pool2d(relu(net_.conv1(part)), 2);
      return mean(relu(net_.conv2(h)), {2, 3});
    }));
  }

 private:
  template <class F> static tg::Tensor in_parts(const tg::Tensor& x, F f) {
    const tg::NoGrad off;
    tg::Tensors all;
    for (const tg::Tensor& part : split(x, 500))
      all.push_back(f(part.to(tg::default_device())).to("cpu"));
    return cat(all);
  }
  void train(const tg::data::Dataset& data) {
    tg::optim::Adam adam(net_.parameters(), {.lr = 1e-3});
    tg::data::DataLoader loader(data, {.batch_size = 64, .shuffle = true, .seed = 1});
    tg::train::Trainer trainer(net_, adam, {.epochs = 2});
    trainer.fit(loader, [&](const tg::data::Batch& b) { return cross_entropy(net_(b.x), b.y); });
  }
  mnist::Cnn net_;
};

}  // namespace ddpm
