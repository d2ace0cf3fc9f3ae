// SPDX-License-Identifier: MIT
// The activation functions of ops/elementwise.h and ops/softmax.h as modules, for Sequential.
#pragma once
#include "tinygrad/nn/module.h"

namespace tinygrad::nn {

/// max(x, 0). See relu.
class TINYGRAD_API ReLU : public Module {
  Tensor forward(const Tensor& x) override;
};
/// The scaled exponential linear unit. See selu.
class TINYGRAD_API SELU : public Module {
  Tensor forward(const Tensor& x) override;
};
/// The Gaussian error linear unit. See gelu.
class TINYGRAD_API GELU : public Module {
  Tensor forward(const Tensor& x) override;
};
/// x sigmoid(x). See silu.
class TINYGRAD_API SiLU : public Module {
  Tensor forward(const Tensor& x) override;
};
/// x tanh(softplus(x)). See mish.
class TINYGRAD_API Mish : public Module {
  Tensor forward(const Tensor& x) override;
};
/// 1 / (1 + exp(-x)). See sigmoid.
class TINYGRAD_API Sigmoid : public Module {
  Tensor forward(const Tensor& x) override;
};
/// The hyperbolic tangent. See tanh.
class TINYGRAD_API Tanh : public Module {
  Tensor forward(const Tensor& x) override;
};

/// x if x > 0, otherwise slope x. See leaky_relu.
class TINYGRAD_API LeakyReLU : public Module {
 public:
  explicit LeakyReLU(double slope = 0.01) : slope_(slope) {}

 private:
  Tensor forward(const Tensor& x) override;
  double slope_;
};

/// x if x > 0, otherwise alpha (exp(x) - 1). See elu.
class TINYGRAD_API ELU : public Module {
 public:
  explicit ELU(double alpha = 1) : alpha_(alpha) {}

 private:
  Tensor forward(const Tensor& x) override;
  double alpha_;
};

/// log(1 + exp(beta x)) / beta; x itself if beta x > threshold. See softplus.
class TINYGRAD_API Softplus : public Module {
 public:
  explicit Softplus(double beta = 1, double threshold = 20) : beta_(beta), threshold_(threshold) {}

 private:
  Tensor forward(const Tensor& x) override;
  double beta_, threshold_;
};

/// x, limited to low ... high. See hardtanh.
class TINYGRAD_API Hardtanh : public Module {
 public:
  explicit Hardtanh(double low = -1, double high = 1) : low_(low), high_(high) {}

 private:
  Tensor forward(const Tensor& x) override;
  double low_, high_;
};

/// exp(x) / Σ exp(x) along dim. See softmax.
class TINYGRAD_API Softmax : public Module {
 public:
  explicit Softmax(int dim) : dim_(dim) {}

 private:
  Tensor forward(const Tensor& x) override;
  int dim_;
};

/// x - log Σ exp(x) along dim. See log_softmax.
class TINYGRAD_API LogSoftmax : public Module {
 public:
  explicit LogSoftmax(int dim) : dim_(dim) {}

 private:
  Tensor forward(const Tensor& x) override;
  int dim_;
};

}  // namespace tinygrad::nn
