// SPDX-License-Identifier: MIT
// The layers that are one op: their bases, those of layers.def, PReLU and Dropout.
#pragma once
#include "tinygrad/nn/module.h"
#include "tinygrad/ops/activation.h"
#include "tinygrad/ops/dropout.h"
#include "tinygrad/ops/image.h"
#include "tinygrad/ops/norm.h"
#include "tinygrad/ops/pool.h"

namespace tinygrad::nn {

/// Applies a function to its input: Sequential(Lambda([](const Tensor& x) { return 2 * x; })).
class TINYGRAD_API Lambda : public Module {
 public:
  using Function = InlineFunction<Tensor(const Tensor& x), 64>;
  explicit Lambda(Function f) : f_(std::move(f)) {}

 private:
  Tensor forward(const Tensor& x) override { return f_(x); }
  Function f_;
};

/// The base of layers that are one op of x, a weight and a bias, either of which may be absent.
class TINYGRAD_API WeightedLambda : public Module {
 public:
  Parameter weight, bias;

 protected:
  using Function = InlineFunction<Tensor(const Tensor& x, const Tensor& w, const Tensor& b), 64>;
  /// Initial values; undefined: the layer has no such parameter.
  WeightedLambda(const std::pair<Tensor, Tensor>& initial, Function f)
      : weight(initial.first.defined() ? add("weight", initial.first) : Parameter()),
        bias(initial.second.defined() ? add("bias", initial.second) : Parameter()),
        f_(std::move(f)) {}

 private:
  Tensor forward(const Tensor& x) override { return f_(x, weight, bias); }
  Function f_;
};

#define DEFAULT(parameter, value) parameter = value
#define LAYER(Name, parameters, y)    \
  struct TINYGRAD_API Name : Lambda { \
    explicit Name parameters;         \
  };
#define POOL(Name, Size, op)                                                          \
  struct TINYGRAD_API Name : Lambda {                                                 \
    explicit Name(Size kernel_size, const Name##Options& options = {});               \
    template <std::same_as<int> I> /* of a size in braces */                          \
    explicit Name(const I (&size)[2], const Name##Options& options = {})              \
        : Name(Size(size[0], size[1]), options) {}                                    \
    template <std::same_as<int> I>                                                    \
    explicit Name(const I (&size)[3], const Name##Options& options = {})              \
        : Name(Size(size[0], size[1], size[2]), options) {}                           \
    template <std::integral T, class... More> Name(Size, T stride, More...) = delete; \
  };
#include "tinygrad/nn/layers.def"

/// x if x > 0, otherwise weight x. weight [1], or [C] for x [N, C, ...].
struct TINYGRAD_API PReLU : WeightedLambda {
  explicit PReLU(std::int64_t num_parameters = 1, double init = 0.25,
                 SourceLocation location = SourceLocation::current());
};

/// In training mode, zeroes elements with probability p and scales the others by 1 / (1 - p); in
/// evaluation mode, returns x. Srivastava et al. 2014.
class TINYGRAD_API Dropout : public Module {
 public:
  /// Throws ArgumentError unless 0 <= p <= 1.
  explicit Dropout(double p = 0.5, SourceLocation location = SourceLocation::current());

 private:
  Tensor forward(const Tensor& x) override;
  double p_;
};
#define DROPOUT(Name, op)                                                      \
  class TINYGRAD_API Name : public Module {                                    \
   public:                                                                     \
    explicit Name(double p = 0.5) : p_(p) {}                                   \
                                                                               \
   private:                                                                    \
    Tensor forward(const Tensor& x) override { return op(x, p_, training()); } \
    double p_;                                                                 \
  }
/// Dropout of whole channels of x [N, C, ...]. See dropout2d.
DROPOUT(Dropout1d, dropout1d);
DROPOUT(Dropout2d, dropout2d);
DROPOUT(Dropout3d, dropout3d);
/// Dropout for networks of SELU. See alpha_dropout.
DROPOUT(AlphaDropout, alpha_dropout);
DROPOUT(FeatureAlphaDropout, feature_alpha_dropout);
#undef DROPOUT
/// x if x > 0, otherwise slope x, with a slope drawn from lower ... upper for each element in
/// training mode, and their mean in evaluation mode. See rrelu.
class TINYGRAD_API RReLU : public Module {
 public:
  explicit RReLU(double lower = 1. / 8, double upper = 1. / 3) : lower_(lower), upper_(upper) {}

 private:
  Tensor forward(const Tensor& x) override { return rrelu(x, lower_, upper_, training()); }
  double lower_, upper_;
};

}  // namespace tinygrad::nn
