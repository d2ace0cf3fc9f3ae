// SPDX-License-Identifier: MIT
// Nets of 2 to 30 layers with one activation.
#pragma once
#include "labs/digits.h"

namespace lab {

struct Activation {
  const char* name;
  Tensor (*f)(const Tensor&);
  double gain;  ///< of the initialisation that keeps the size of the signal
};
inline const Activation activations[] = {
    {"none", [](const Tensor& x) { return x; }, 1},
    {"sigmoid", [](const Tensor& x) { return sigmoid(x); }, 4},  // its slope at 0 is 1/4
    {"tanh", [](const Tensor& x) { return tanh(x); }, 5. / 3},
    {"ReLU", [](const Tensor& x) { return relu(x); }, std::sqrt(2)},
    {"leaky ReLU", [](const Tensor& x) { return leaky_relu(x, 0.01); }, std::sqrt(2)},
    {"GELU", [](const Tensor& x) { return gelu(x); }, 1.53},
    {"SiLU", [](const Tensor& x) { return silu(x); }, 1.68}};

/// `depth` layers of 64 units; weights normal with the standard deviation gain / sqrt(inputs).
class Deep {
 public:
  Deep(int depth, const Activation& a, double gain) : a_(a) {
    for (int i = 0; i < depth; ++i) {
      const std::int64_t in = i ? 64 : 784, out = i == depth - 1 ? 10 : 64;
      const double g = i == depth - 1 ? 1 : gain;
      weights.push_back((tg::randn({in, out}) * (g / std::sqrt(double(in)))).requires_grad_());
      biases.push_back(tg::zeros({out}).requires_grad_());
    }
  }
  Tensor operator()(const Tensor& x) const {
    Tensor h = (flatten(x, 1) - 0.1307) / 0.3081;  // MNIST's mean and deviation
    for (std::size_t i = 0; i < weights.size(); ++i) {
      h = matmul(h, weights[i]) + biases[i];
      if (i + 1 < weights.size()) h = a_.f(h);
    }
    return h;
  }
  std::vector<Tensor> parameters() const {
    std::vector<Tensor> all = weights;
    all.insert(all.end(), biases.begin(), biases.end());
    return all;
  }
  /// The norm of the gradient of each layer's weights on a batch.
  std::vector<double> gradient_norms(const tg::data::Batch& batch) const {
    tg::Tensors list;
    for (auto& w : weights) list.push_back(w);
    std::vector<double> norms;
    for (auto& g : tg::grad(cross_entropy((*this)(batch.x), batch.y), list))
      norms.push_back(g.norm().item<double>());
    return norms;
  }
  /// The share of units of the last hidden layer that are constant over the samples.
  double dead(const Tensor& x) const {
    const tg::NoGrad off;
    Tensor h = (flatten(x, 1) - 0.1307) / 0.3081;
    for (std::size_t i = 0; i + 1 < weights.size(); ++i)
      h = a_.f(matmul(h, weights[i]) + biases[i]);
    return 100 * (amax(h, 0) - amin(h, 0) < 1e-6).to(tg::float32).mean().item<double>();
  }

  std::vector<Tensor> weights, biases;

 private:
  const Activation& a_;
};

}  // namespace lab
