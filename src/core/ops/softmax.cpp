// SPDX-License-Identifier: MIT
// softmax, which turns scores (logits) into probabilities, and its logarithm.
#include "core/autocast.h"
#include "tinygrad/ops.h"

namespace tinygrad {

static int check_softmax(const char* op, const In& x, int dim) {
  check_floating({op, x.location}, x);
  return check_dim(op, x, dim);
}

// Under an Autocast, y is float32 and computed in float32 if x is in 16 bits; kernels read x
// without a conversion.

/// dx = y ⊙ (dy − Σ_j dy_j y_j), in x's dtype.
static Tensor softmax_grad(In dy, In y, DType dtype, int dim) {
  return apply({.name = "softmax_grad",
                .inputs = {dy, y},
                .outputs = {{y->shape(), dtype}},
                .kernel = [=](Backend& b, Views in,
                              Views out) { return b.softmax_grad(in[0], in[1], dim, out[0]); },
                .formula =
                    [=](const Tensors& in) {
                      const Tensor &dy = in[0], &y = in[1];
                      if (dy.numel() == 0)
                        return dy;  // [1 << 40, 0] is empty, but its sums would not fit in memory
                      return y * (dy - sum(dy * y, dim, keepdim));
                    }});
}

/// dx = dy − exp(y) Σ_j dy_j, in x's dtype.
static Tensor log_softmax_grad(In dy, In y, DType dtype, int dim) {
  return apply({.name = "log_softmax_grad",
                .inputs = {dy, y},
                .outputs = {{y->shape(), dtype}},
                .kernel = [=](Backend& b, Views in,
                              Views out) { return b.log_softmax_grad(in[0], in[1], dim, out[0]); },
                .formula =
                    [=](const Tensors& in) {
                      const Tensor &dy = in[0], &y = in[1];
                      if (dy.numel() == 0) return dy;
                      return dy - exp(y) * sum(dy, dim, keepdim);
                    }});
}

/// x − max x along dim, so that no exp overflows.
static Tensor below_zero(const Tensor& x, int dim) { return x - amax(x, dim, keepdim); }

/// y_i = exp(x_i) / Σ_j exp(x_j) along dim.   dx = y ⊙ (dy − ⟨dy, y⟩).
Tensor softmax(In x, int dim) {
  dim = check_softmax("softmax", x, dim);
  if (x->dim() == 0) return reshape(softmax({reshape(*x, {1}), x.location}, 0), {});
  return apply(
      {.name = "softmax",
       .inputs = {{*x}, x.location},
       .outputs = {{x->shape(), wide_precision(x->dtype())}},
       .kernel = [=](Backend& b, Views in, Views out) { return b.softmax(in[0], dim, out[0]); },
       .formula =
           [=](const Tensors& in) {
             if (in[0].numel() == 0) return in[0];
             const Tensor e = exp(below_zero(in[0], dim));
             return e / sum(e, dim, keepdim);
           },
       .keep = {Keep::output(0)},
       .derivatives = {[dim, dtype = x->dtype()](Dy dy, Saved s) {
         return softmax_grad(dy, s.output(0), dtype, dim);
       }}});
}

/// y_i = x_i − log Σ_j exp(x_j) along dim.   dx = dy − exp(y) Σ_j dy_j.
Tensor log_softmax(In x, int dim) {
  dim = check_softmax("log_softmax", x, dim);
  if (x->dim() == 0) return reshape(log_softmax({reshape(*x, {1}), x.location}, 0), {});
  return apply(
      {.name = "log_softmax",
       .inputs = {{*x}, x.location},
       .outputs = {{x->shape(), wide_precision(x->dtype())}},
       .kernel = [=](Backend& b, Views in, Views out) { return b.log_softmax(in[0], dim, out[0]); },
       .formula =
           [=](const Tensors& in) {
             if (in[0].numel() == 0) return in[0];
             const Tensor z = below_zero(in[0], dim);
             return z - log(sum(exp(z), dim, keepdim));
           },
       .keep = {Keep::output(0)},
       .derivatives = {[dim, dtype = x->dtype()](Dy dy, Saved s) {
         return log_softmax_grad(dy, s.output(0), dtype, dim);
       }}});
}

}  // namespace tinygrad
