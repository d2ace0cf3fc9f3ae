// SPDX-License-Identifier: MIT
// Sequential: calls its modules one after another.
#include "tinygrad/nn/container.h"

namespace tinygrad::nn {

Module& Sequential::operator[](std::size_t i) {
  require<IndexError>(i < layers_.size(), "Sequential", "there is no layer ", i, ", only ",
                      layers_.size());
  return *layers_[i].module;
}
Tensor Sequential::forward(const Tensor& x) {
  Tensor h = x;
  for (auto& layer : layers_) h = layer.call(*layer.module, h);
  return h;
}

}  // namespace tinygrad::nn
