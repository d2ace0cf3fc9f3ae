// SPDX-License-Identifier: MIT
// The op dropout, with a mask that is drawn again in the backward pass. Srivastava et al. 2014.
#include <cmath>

#include "core/check.h"
#include "tinygrad/ops.h"
#include "tinygrad/step_values.h"

namespace tinygrad {

static void check_dropout(const Call& call, const Tensor& x, double p) {
  check_floating(call, x);
  require(p >= 0 && p <= 1, call, "the probability p must be in [0, 1], got ", p);
}

/// The mask of the elements that are kept: those whose uniform random value u is at least p. For
/// float64, u has 53 bits.
static Tensor kept_mask(const Tensor& x, double p, PhiloxKey key) {
  const Tensor u = apply({.name = "rand",
                          .inputs = {},
                          .outputs = {{x.shape(), x.dtype()}},
                          .kernel =
                              [=](Backend& b, Views, Views out) {
                                b.random(Distribution::uniform, key, 0.0, 1.0, out[0]);
                                return true;
                              },
                          .backend = &backend_of(x)});
  return u >= p;
}

/// y_i = x_i / (1 − p) if u_i >= p, otherwise 0. It is linear in x: its derivative is the same op
/// with the same random values, and no tensor is saved.
static Tensor dropout_by(In x, double p, std::uint64_t seed, const StepValue& call) {
  const PhiloxKey key{seed, call.operand()};
  return apply(
      {.name = "dropout",
       .inputs = {x},
       .kernel = [&](Backend& b, Views in, Views out) { return b.dropout(in[0], p, key, out[0]); },
       .formula =
           [&](const Tensors& in) { return where(kept_mask(in[0], p, key), in[0] / (1 - p), 0.0); },
       .derivatives = {[p, seed, call](Dy dy, Saved) { return dropout_by(dy, p, seed, call); }}});
}

Tensor dropout(In x, double p, const Generator& call) {
  check_dropout({"dropout", x.location}, x, p);
  return dropout_by({*x, x.location}, p, call.seed, {{}, Scalar(std::int64_t(call.call))});
}

Tensor dropout(In x, double p, bool training) {
  check_dropout({"dropout", x.location}, x, p);
  if (!training || p == 0) return *x;
  return dropout_by({*x, x.location}, p, generator().seed,
                    next_random_call({"dropout", x.location}, backend_of(*x)));
}

/// Ones of shape [N, C, 1, ...], whose dropout is that of the channels of x.
static Tensor channels_of(const Call& call, const Tensor& x) {
  require<ShapeError>(x.dim() >= 2, call, "expected x of shape [N, C, ...], got ", x.shape());
  Shape shape = Dims::filled(x.dim(), 1);
  shape[0] = x.shape()[0], shape[1] = x.shape()[1];
  return ones(shape, {.dtype = x.dtype(), .device = x.device()});
}
static Tensor channel_dropout(const Call& call, const Tensor& x, double p, bool training,
                              int single) {
  check_dropout(call, x, p);
  if (!training || p == 0) return x;
  if (x.dim() == single)
    return squeeze(channel_dropout(call, unsqueeze({x, call.location}, 0), p, true, 0), 0);
  return x * dropout(channels_of(call, x), p);
}
Tensor dropout1d(In x, double p, bool training) {
  return channel_dropout({"dropout1d", x.location}, x.given(), p, training, 2);
}
Tensor dropout2d(In x, double p, bool training) {
  return channel_dropout({"dropout2d", x.location}, x.given(), p, training, 0);
}
Tensor dropout3d(In x, double p, bool training) {
  return channel_dropout({"dropout3d", x.location}, x.given(), p, training, 4);
}

/// y = a (x or limit) + b with a = 1 / sqrt((1 - p) (1 + p limit²)), b = -a p limit.
static Tensor scaled_dropout(const Tensor& x, const Tensor& like, double p) {
  constexpr double limit = -1.7580993408473766;
  if (p == 1) return 0 * x;
  const double a = 1 / std::sqrt((1 - p) * (1 + p * limit * limit));
  return a * where(dropout(like, p) != 0, x, limit) - a * p * limit;
}
Tensor alpha_dropout(In x, double p, bool training) {
  if (!training) return x.given();
  check_dropout({"alpha_dropout", x.location}, x.given(), p);
  return p > 0 ? scaled_dropout(*x, ones_like(*x), p) : *x;
}
Tensor feature_alpha_dropout(In x, double p, bool training) {
  const Call call{"feature_alpha_dropout", x.location};
  if (!training) return x.given();
  check_dropout(call, x.given(), p);
  return p > 0 ? scaled_dropout(*x, channels_of(call, *x), p) : *x;
}

}  // namespace tinygrad
