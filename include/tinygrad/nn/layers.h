// The layers. Names of parameters, defaults and how they begin are PyTorch's. Sizes that make no
// sense throw ArgumentError.
#pragma once
#include <optional>

#include "tinygrad/nn/module.h"
#include "tinygrad/ops.h"

namespace tinygrad::nn {

struct LinearOptions {
  bool bias = true;
};
/// y = x wᵀ + b.  x [..., in], weight [out, in], bias [out], y [..., out].
class TINYGRAD_API Linear : public Module {
 public:
  Linear(std::int64_t in, std::int64_t out, const LinearOptions& options = {},
         Where where = Where::here());
  Parameter weight, bias;

 private:
  Tensor forward(const Tensor& x) override;
};

/// A fully connected map between inputs and outputs of any rank: every element of the input reaches
/// every element of the output. x [..., in...], weight [in..., out...], bias [out...], y [...,
/// out...]. Images to images: Dense({28, 28}, {10, 10}) has a weight of rank 4. Flatten, Linear and
/// unflatten give the same numbers.
class TINYGRAD_API Dense : public Module {
 public:
  Dense(const Shape& in, const Shape& out, const LinearOptions& options = {},
        Where where = Where::here());
  Parameter weight, bias;

 private:
  Tensor forward(const Tensor& x) override;
  Shape in_;
};

struct Conv2dOptions {
  Pair stride = 1;
  Pair padding = 0;  ///< an int, a {y, x} pair, or tinygrad::same
  Pair dilation = 1;
  int groups = 1;
  bool bias = true;
};
/// See conv2d in ops.h. weight [out, in / groups, kh, kw], bias [out].
class TINYGRAD_API Conv2d : public Module {
 public:
  Conv2d(int in, int out, Pair kernel, const Conv2dOptions& options = {},
         Where where = Where::here());
  Parameter weight, bias;

 private:
  Conv2d(const Shape& weight, const Conv2dOptions& options);
  Tensor forward(const Tensor& x) override;
  Conv2dArgs args_;
};

class TINYGRAD_API MaxPool2d : public Module {
 public:
  explicit MaxPool2d(Pair kernel, const PoolArgs& args = {}) : kernel_(kernel), args_(args) {}

 private:
  Tensor forward(const Tensor& x) override;
  Pair kernel_;
  PoolArgs args_;
};

class TINYGRAD_API AvgPool2d : public Module {
 public:
  explicit AvgPool2d(Pair kernel, const PoolArgs& args = {}) : kernel_(kernel), args_(args) {}

 private:
  Tensor forward(const Tensor& x) override;
  Pair kernel_;
  PoolArgs args_;
};

/// Merges the dimensions start ... end; all but the batch, unless told.
class TINYGRAD_API Flatten : public Module {
 public:
  explicit Flatten(int start = 1, int end = -1) : start_(start), end_(end) {}

 private:
  Tensor forward(const Tensor& x) override;
  int start_, end_;
};

struct BatchNormOptions {
  double eps = 1e-5;
  std::optional<double> momentum =
      0.1;  ///< the newest batch's share of the running statistics; none: all batches count alike
  bool affine = true;  ///< weight and bias
  bool track_running_stats =
      true;  ///< without them, evaluation too uses the batch's own statistics
};
/// Normalizes each channel of x [N, C, H, W]: in training with the batch's mean and variance, in
/// evaluation with the running ones.
class TINYGRAD_API BatchNorm2d : public Module {
 public:
  explicit BatchNorm2d(std::int64_t features, const BatchNormOptions& options = {},
                       Where where = Where::here());
  Parameter weight, bias;
  Buffer running_mean, running_var, num_batches_tracked;

 private:
  Tensor forward(const Tensor& x) override;
  BatchNorm2d(const Shape& features, const BatchNormOptions& options);
  void track(const Tensor& mean, const Tensor& var, double unbias);
  std::int64_t features_;
  BatchNormOptions options_;
};

struct LayerNormOptions {
  double eps = 1e-5;
  bool affine = true;
};
/// Normalizes over the last dimensions, those of `shape`.
class TINYGRAD_API LayerNorm : public Module {
 public:
  explicit LayerNorm(const Shape& shape, const LayerNormOptions& options = {},
                     Where where = Where::here());
  explicit LayerNorm(std::int64_t features, const LayerNormOptions& options = {},
                     Where where = Where::here());
  Parameter weight, bias;

 private:
  Tensor forward(const Tensor& x) override;
  Shape shape_;
  double eps_;
};

/// In training, zeroes elements with probability p and scales the others by 1 / (1 - p); in
/// evaluation, does nothing.
class TINYGRAD_API Dropout : public Module {
 public:
  explicit Dropout(double p = 0.5, Where where = Where::here());

 private:
  Tensor forward(const Tensor& x) override;
  double p_;
};

/// Rows of weight [count, features] by index: int64 [...] -> [..., features].
class TINYGRAD_API Embedding : public Module {
 public:
  Embedding(std::int64_t count, std::int64_t features, Where where = Where::here());
  Parameter weight;

 private:
  Tensor forward(const Tensor& index) override;
};

/// One after another: Sequential(Linear(784, 512), ReLU(), Linear(512, 10)). Named "0", "1", ...
class TINYGRAD_API Sequential : public Module {
 public:
  template <std::derived_from<Module>... M> explicit Sequential(M... layer) {
    (push(std::move(layer)), ...);
  }
  template <std::derived_from<Module> M> void push(M layer, Where where = Where::here()) {
    layers_.push_back(
        std::make_unique<M>(add(std::to_string(layers_.size()), std::move(layer), where)));
  }
  std::size_t size() const { return layers_.size(); }
  /// Throws IndexError.
  Module& operator[](std::size_t i);

 private:
  Tensor forward(const Tensor& x) override;
  std::vector<std::unique_ptr<Module>> layers_;
};

}  // namespace tinygrad::nn
