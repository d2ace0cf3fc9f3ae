// Layers without a family: Flatten, Dropout, Embedding, Sequential.
#include "tinygrad/nn/layers.h"

#include "nn/initial.h"

namespace tinygrad::nn {
namespace {

Tensor embedding_weight(std::int64_t count, std::int64_t features, const Call& call) {
  Tensor weight = empty({positive(call, "the number of rows", count),
                         positive(call, "the number of features", features)});
  init::normal_(weight);
  return weight;
}

}  // namespace

Tensor Flatten::forward(const Tensor& x) { return flatten(x, start_, end_); }

Dropout::Dropout(double p, Where where) : p_(p) {
  require(p >= 0 && p <= 1, Call{"Dropout", where}, "p must lie in [0, 1], it is ", p);
}
Tensor Dropout::forward(const Tensor& x) { return dropout(x, p_, training()); }

Embedding::Embedding(std::int64_t count, std::int64_t features, Where where)
    : weight(add("weight", embedding_weight(count, features, {"Embedding", where}))) {}
Tensor Embedding::forward(const Tensor& index) { return embedding(index, weight); }

Module& Sequential::operator[](std::size_t i) {
  require<IndexError>(i < layers_.size(), "Sequential", "there is no layer ", i, ", only ",
                      layers_.size());
  return *layers_[i];
}
Tensor Sequential::forward(const Tensor& x) {
  Tensor h = x;
  for (auto& layer : layers_) h = (*layer)(h);
  return h;
}

}  // namespace tinygrad::nn
