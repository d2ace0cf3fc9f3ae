// SPDX-License-Identifier: MIT
// The layers that are one op.
#include "tinygrad/nn/layers.h"

#include "nn/default_init.h"
#include "tinygrad/ops.h"

namespace tinygrad::nn {

#define DEFAULT(parameter, value) parameter
#define LAYER(Name, parameters, y) \
  Name::Name parameters : Lambda([=](const Tensor& x) { return y; }) {}
#define POOL(Name, Size, op)                    \
  Name::Name(Size size, const Name##Options& o) \
      : Lambda([=](const Tensor& x) { return op(x, size, o); }) {}
#include "tinygrad/nn/layers.def"

PReLU::PReLU(std::int64_t n, double init, SourceLocation location)
    : WeightedLambda({full({positive({"PReLU", location}, "num_parameters", n)}, init), {}},
                     [](const Tensor& x, const Tensor& w, const Tensor&) { return prelu(x, w); }) {}

Dropout::Dropout(double p, SourceLocation location) : p_(p) {
  require(p >= 0 && p <= 1, Call{"Dropout", location}, "p must be in [0, 1], got ", p);
}
Tensor Dropout::forward(const Tensor& x) { return dropout(x, p_, training()); }

}  // namespace tinygrad::nn
