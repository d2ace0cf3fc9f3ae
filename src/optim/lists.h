// The lists of tensors that one optimizer call updates.
#pragma once
#include "tinygrad/tensor.h"

namespace tinygrad::optim {

/// One list after another: the written ones first.
inline Tensors joined(const Tensors& params, const Tensors& state, const Tensors& grads) {
  Tensors all = params;
  for (auto& t : state) all.push_back(t);
  for (auto& t : grads) all.push_back(t);
  return all;
}

}  // namespace tinygrad::optim
