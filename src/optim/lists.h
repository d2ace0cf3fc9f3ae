// The lists of tensors that one optimizer call updates.
#pragma once
#include "tinygrad/backend.h"
#include "tinygrad/error.h"
#include "tinygrad/tensor.h"

namespace tinygrad::optim {

/// One list after another: the written ones first.
inline Tensors joined(const Tensors& params, const Tensors& state, const Tensors& grads) {
  Tensors all = params;
  for (auto& t : state) all.push_back(t);
  for (auto& t : grads) all.push_back(t);
  return all;
}

/// For formulas, which compute with numbers: a step that is recorded needs the kernel.
inline Scalar number_of(const Operand& operand, const char* op) {
  require<DeviceError>(operand.is_scalar(), op,
                       "the device has no kernel for this, and its formula cannot be recorded");
  return operand.scalar;
}

}  // namespace tinygrad::optim
