// SPDX-License-Identifier: MIT
// Compares first and second derivatives with central differences in float64, and checks that this
// detects a wrong one.
#include <gtest/gtest.h>

#include "readers.h"
#include "tinygrad/trace/gradcheck.h"

namespace op_table {
namespace {

struct Leaves {
  Tensors inputs;
  bool any = false;
};
Leaves leaves_of(const Row& row, const Tensors& inputs) {
  Leaves leaves{inputs};
  for (std::size_t i = 0; i < inputs.size(); ++i)
    if (is_value(row.inputs[i]))
      leaves.inputs[i] = inputs[i].detach().requires_grad_(), leaves.any = true;
  return leaves;
}

/// Output k alone, as a function.
TensorFunction output(const Row& row, std::size_t k) {
  return [&row, k](const Tensors& xs) { return row.call(xs)[k]; };
}

/// Returns the indices of the outputs that carry a gradient.
std::vector<std::size_t> carrying(const Row& row, const Leaves& leaves) {
  std::vector<std::size_t> which;
  const Tensors ys = row.call(leaves.inputs);
  for (std::size_t k = 0; k < ys.size(); ++k)
    if (ys[k].requires_grad()) which.push_back(k);
  return which;
}

void check(const Row& row, const Tensors& inputs) {
  const Leaves leaves = leaves_of(row, inputs);
  if (!leaves.any) return;
  for (std::size_t k : carrying(row, leaves)) {
    const GradcheckResult result = gradcheck(output(row, k), leaves.inputs);
    EXPECT_TRUE(result) << "output " << k << ": " << result.message;
  }
}

}  // namespace

void derivatives(const Row& row, const Device& device) {
  for (auto& shapes : cases(row)) {
    SCOPED_TRACE(testing::Message()
                 << "shape of input 0: " << (shapes.empty() ? "none" : to_string(shapes[0])));
    const Tensors inputs = make_inputs(row, shapes, DType::float64, device);
    for (Layout layout : {Layout::dense, Layout::transposed, Layout::sliced, Layout::broadcast}) {
      SCOPED_TRACE(to_string(layout));
      check(row, laid_out(row, inputs, layout));
    }
  }
}

namespace {

/// Each output with one element wrong by ten tolerances; exact ones by one, or flipped.
void spoiled_results(const Row& row, const Tensors& inputs) {
  const Tensors right = row.call(inputs);
  for (std::size_t k = 0; k < right.size(); ++k) {
    if (right[k].numel() == 0) continue;
    std::vector<double> values = right[k].to_vector<double>();
    double& middle = values[values.size() / 2];
    const bool exact = row.ulps == 0 || !is_floating(right[k].dtype());
    if (exact) middle = middle == 0 ? 1 : right[k].dtype() == DType::boolean ? 0 : middle + 1;
    else middle += 10 * row.ulps * epsilon(right[k].dtype()) * std::max(1.0, std::abs(middle));
    const Tensor wrong = from_data(values.data(), DType::float64, right[k].shape(),
                                   {.dtype = right[k].dtype(), .device = right[k].device()});
    EXPECT_NE(difference(wrong, right[k], row.ulps), "")
        << "a wrong element of output " << k << " was not noticed";
  }
}

}  // namespace

void can_fail(const Row& row, const Device& device) {
  const Tensors inputs = make_inputs(row, cases(row)[0], DType::float64, device);
  spoiled_results(row, inputs);
  const Leaves leaves = leaves_of(row, inputs);
  if (!row.differentiable || !leaves.any) return;
  const auto which = carrying(row, leaves);
  EXPECT_FALSE(which.empty()) << "no result carries a gradient";
  for (std::size_t k : which) {
    const TensorFunction f = output(row, k);
    EXPECT_FALSE(gradcheck(f, leaves.inputs, {.second_order = false, .sabotage = 1.01}))
        << "a wrong first derivative of output " << k;
    // The second derivative is the first derivative of this.
    const TensorFunction slope = [&](const Tensors& xs) {
      Tensors own = xs, wanted;
      for (std::size_t i = 0; i < own.size(); ++i) {
        if (!leaves.inputs[i].requires_grad()) continue;
        if (!own[i].requires_grad()) own[i] = own[i].detach().requires_grad_();
        wanted.push_back(own[i]);
      }
      const Tensor y = f(own);
      Tensor total = zeros({}, {.dtype = DType::float64, .device = device});
      for (auto& d :
           grad(y, wanted,
                {.grad_outputs = sent_back(y, 5), .create_graph = true, .allow_unused = true}))
        if (d.defined()) total = total + sum(d * sent_back(d, 6));
      return total;
    };
    EXPECT_FALSE(gradcheck(slope, leaves.inputs, {.second_order = false, .sabotage = 1.01}))
        << "a wrong second derivative of output " << k;
  }
}

}  // namespace op_table
