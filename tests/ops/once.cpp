// SPDX-License-Identifier: MIT
// Calls everything that the table calls, and optimizer steps, and compares nothing: for a device
// that is watched from outside, such as a driver that records the programs that it must build
// (tests/backends/opencl).
#include "op_table.h"
#include "readers.h"
#include "tinygrad/optim.h"

namespace op_table {

namespace {

void call(const Row& row, const Tensors& inputs, DType dtype) try {
  run(row, inputs, is_floating(dtype));
} catch (const Error&) {  // a device that computes nothing gives values that an op may refuse
}

}  // namespace

void once(const Row& row, const Device& device) {
  for (DType dtype : dtypes_of(row)) {
    for (auto& shapes : cases(row))
      for (Layout layout : {Layout::dense, Layout::transposed, Layout::sliced, Layout::broadcast})
        call(row, laid_out(row, make_inputs(row, shapes, dtype, device), layout), dtype);
    if (!row.large.empty()) call(row, make_inputs(row, row.large, dtype, device), dtype);
  }
  synchronize(device);
}

namespace {

template <class Optimizer, class Options>
void two_steps(DType dtype, const Device& device, const Options& options) {
  const Tensor w = ones({3000}, {.dtype = dtype, .device = device}).requires_grad_();
  Optimizer optimizer({w}, options);
  for (int i = 0; i < 2; ++i) {
    sum(w * w).backward();
    optimizer.step();
  }
}

}  // namespace

void optimizers_once(const Device& device) {
  for (DType dtype : {DType::float64, DType::float32, DType::float16}) {
    two_steps<optim::SGD>(dtype, device, optim::SgdOptions());
    two_steps<optim::SGD>(dtype, device, optim::SgdOptions{.momentum = 0.9});
    two_steps<optim::Adam>(dtype, device, optim::AdamOptions());
  }
  synchronize(device);
}

}  // namespace op_table
