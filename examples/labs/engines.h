// SPDX-License-Identifier: MIT
// Three ways to the gradient of a loss f(w) of several tensors w.
#pragma once
#include <tinygrad/functional.h>
#include <tinygrad/tinygrad.h>

#include <vector>

namespace engines {

using tinygrad::Tensor, tinygrad::Tensors;

/// Reverse mode: one pass back for all elements.
inline Tensors reverse(const tinygrad::TensorFunction& f, const Tensors& w) {
  Tensors leaves;
  for (auto& t : w) leaves.push_back(t.detach().requires_grad_());
  return tinygrad::grad(f(leaves), leaves);
}

/// slope(direction) for each element's own direction: a 1 there, and zeros.
template <class Slope> Tensors element_by_element(const Tensors& w, const Slope& slope) {
  Tensors gradient;
  for (std::size_t i = 0; i < w.size(); ++i) {
    std::vector<double> slopes;
    for (std::int64_t k = 0; k < w[i].numel(); ++k) {
      Tensors direction;
      for (auto& t : w) direction.push_back(zeros_like(t));
      direction[i] = reshape(one_hot(tinygrad::tensor(k), w[i].numel()), w[i].shape());
      direction[i] = direction[i].to(w[i].dtype());
      slopes.push_back(slope(direction));
    }
    gradient.push_back(tinygrad::from_vector(slopes, w[i].shape()));
  }
  return gradient;
}

/// Forward mode: a pass for each element.
inline Tensors forward(const tinygrad::TensorFunction& f, const Tensors& w) {
  return element_by_element(w, [&](const Tensors& direction) {
    return tinygrad::jvp(f, w, direction).tangent.item<double>();
  });
}

/// Central differences: two passes for each element.
inline Tensors differences(const tinygrad::TensorFunction& f, const Tensors& w, double h = 1e-6) {
  return element_by_element(w, [&](const Tensors& direction) {
    Tensors more, less;
    for (std::size_t i = 0; i < w.size(); ++i)
      more.push_back(w[i] + h * direction[i]), less.push_back(w[i] - h * direction[i]);
    return (f(more) - f(less)).item<double>() / (2 * h);
  });
}

}  // namespace engines
