// Dropout. Srivastava et al. 2014.
#include "core/check.h"
#include "tinygrad/ops.h"
#include "tinygrad/step_values.h"

namespace tinygrad {
namespace {

void check_dropout(const Call& call, const Tensor& x, double p) {
  check_floating(call, x);
  require(p >= 0 && p <= 1, call, "the probability of a zero is in [0, 1], got ", p);
}

/// Which elements stay: those whose uniform number is at least p. float64 has numbers of its own,
/// of 53 bits.
Tensor stays(const Tensor& x, double p, PhiloxKey key) {
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

/// y_i = x_i / (1 − p) where u_i >= p, else 0. Linear in x: its derivative is itself with the same
/// numbers, and nothing is kept.
Tensor dropout_by(In x, double p, std::uint64_t seed, const StepValue& call) {
  const PhiloxKey key{seed, call.operand()};
  return apply(
      {.name = "dropout",
       .inputs = {x},
       .kernel = [&](Backend& b, Views in, Views out) { return b.dropout(in[0], p, key, out[0]); },
       .formula =
           [&](const Tensors& in) { return where(stays(in[0], p, key), in[0] / (1 - p), 0.0); },
       .derivatives = {[p, seed, call](Dy dy, Saved) { return dropout_by(dy, p, seed, call); }}});
}

}  // namespace

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

}  // namespace tinygrad
