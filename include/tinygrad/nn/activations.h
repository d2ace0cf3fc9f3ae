// The elementwise functions of ops.h as modules, for Sequential.
#pragma once
#include "tinygrad/nn/module.h"

namespace tinygrad::nn {

class TINYGRAD_API ReLU : public Module {
  Tensor forward(const Tensor& x) override;
};
class TINYGRAD_API SELU : public Module {
  Tensor forward(const Tensor& x) override;
};
class TINYGRAD_API GELU : public Module {
  Tensor forward(const Tensor& x) override;
};
class TINYGRAD_API SiLU : public Module {
  Tensor forward(const Tensor& x) override;
};
class TINYGRAD_API Mish : public Module {
  Tensor forward(const Tensor& x) override;
};
class TINYGRAD_API Sigmoid : public Module {
  Tensor forward(const Tensor& x) override;
};
class TINYGRAD_API Tanh : public Module {
  Tensor forward(const Tensor& x) override;
};

class TINYGRAD_API LeakyReLU : public Module {
 public:
  explicit LeakyReLU(double slope = 0.01) : slope_(slope) {}

 private:
  Tensor forward(const Tensor& x) override;
  double slope_;
};

class TINYGRAD_API ELU : public Module {
 public:
  explicit ELU(double alpha = 1) : alpha_(alpha) {}

 private:
  Tensor forward(const Tensor& x) override;
  double alpha_;
};

class TINYGRAD_API Softplus : public Module {
 public:
  explicit Softplus(double beta = 1, double threshold = 20) : beta_(beta), threshold_(threshold) {}

 private:
  Tensor forward(const Tensor& x) override;
  double beta_, threshold_;
};

class TINYGRAD_API Hardtanh : public Module {
 public:
  explicit Hardtanh(double low = -1, double high = 1) : low_(low), high_(high) {}

 private:
  Tensor forward(const Tensor& x) override;
  double low_, high_;
};

class TINYGRAD_API Softmax : public Module {
 public:
  explicit Softmax(int dim) : dim_(dim) {}

 private:
  Tensor forward(const Tensor& x) override;
  int dim_;
};

class TINYGRAD_API LogSoftmax : public Module {
 public:
  explicit LogSoftmax(int dim) : dim_(dim) {}

 private:
  Tensor forward(const Tensor& x) override;
  int dim_;
};

}  // namespace tinygrad::nn
