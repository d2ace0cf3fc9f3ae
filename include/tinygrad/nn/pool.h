// SPDX-License-Identifier: MIT
// Pooling layers.
#pragma once
#include "tinygrad/nn/module.h"
#include "tinygrad/ops/pool.h"

namespace tinygrad::nn {

/// The maximum of each window of an image. See max_pool2d.
class TINYGRAD_API MaxPool2d : public Module {
 public:
  explicit MaxPool2d(Pair kernel, const MaxPool2dOptions& options = {})
      : kernel_(kernel), options_(options) {}
  template <std::integral T, class... More>
  MaxPool2d(Pair, T stride, More...) = delete;  // write {.stride = s, .padding = p}

 private:
  Tensor forward(const Tensor& x) override;
  Pair kernel_;
  MaxPool2dOptions options_;
};

/// The mean of each window of an image. See avg_pool2d.
class TINYGRAD_API AvgPool2d : public Module {
 public:
  explicit AvgPool2d(Pair kernel, const AvgPool2dOptions& options = {})
      : kernel_(kernel), options_(options) {}
  template <std::integral T, class... More>
  AvgPool2d(Pair, T stride, More...) = delete;  // write {.stride = s, .padding = p}

 private:
  Tensor forward(const Tensor& x) override;
  Pair kernel_;
  AvgPool2dOptions options_;
};

}  // namespace tinygrad::nn
