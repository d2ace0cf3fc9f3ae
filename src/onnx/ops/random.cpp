// SPDX-License-Identifier: MIT
// Random draws, from the generator of the thread (manual_seed). The attribute seed is not used.
#include "operator.h"

namespace tinygrad::onnx {
namespace {

DType dtype_or(const NodeCall& n, DType fallback) {
  return n.has("dtype") ? dtype_of_number(n, n.integer("dtype", 1)) : fallback;
}
/// The shape and dtype of a result: of attributes, or of input 0 if there is one.
struct Like {
  Shape shape;
  TensorOptions options;
  explicit Like(const NodeCall& n)
      : shape(n.has(0) ? n.raw(0).shape() : Shape(n.ints("shape"))),
        options(n.options(dtype_or(n, n.has(0) ? n.raw(0).dtype() : float32))) {}
};

Tensors random_normal(const NodeCall& n) {
  const Like like(n);
  return normal(n.real("mean", 0), n.real("scale", 1), like.shape, like.options);
}
Tensors random_uniform(const NodeCall& n) {
  const Like like(n);
  return uniform(n.real("low", 0), n.real("high", 1), like.shape, like.options);
}
Tensors random_bits(const NodeCall& n) { return bernoulli(n[0]).to(dtype_or(n, n.raw(0).dtype())); }
/// Classes, drawn with the probabilities softmax(x) of each row.
Tensors random_classes(const NodeCall& n) {
  return multinomial(softmax(n[0], 1), n.integer("sample_size", 1), true).to(dtype_or(n, int32));
}

constexpr auto own = Result::own;
constexpr Operator table[] = {
    {"Bernoulli", random_bits, own},        {"Multinomial", random_classes, own},
    {"RandomNormal", random_normal, own},   {"RandomNormalLike", random_normal, own},
    {"RandomUniform", random_uniform, own}, {"RandomUniformLike", random_uniform, own},
};

}  // namespace
Operators random_operators() { return table; }
}  // namespace tinygrad::onnx
