// SPDX-License-Identifier: MIT
// Elementwise functions of one input that are formulas of other ops, on one line each.
#pragma once
#include "core/check.h"

namespace tinygrad {

/// A function of one floating input: its value y(x) and its derivative dx(dy, x), both written with
/// ops. Integers become float32.
struct Function {
  const char *name, *grad_name;
  Tensor (*y)(const Tensor& x);
  Tensor (*dx)(const Tensor& dy, const Tensor& x);
};
inline Tensor apply_function(const Function& f, const In& x) {
  check_arithmetic({f.name, x.location}, x.given());
  const Tensor t = cast(x, real_dtype(x->dtype()));
  return apply({.name = f.name,
                .inputs = {In(t, x.location)},
                .formula = [y = f.y](const Tensors& in) { return y(in[0]); },
                .keep = {Keep::input(0)},
                .derivatives = {[name = f.grad_name, dx = f.dx](Dy dy, Saved s) {
                  return apply({.name = name,
                                .inputs = {dy, s.input(0)},
                                .formula = [dx](const Tensors& in) { return dx(in[0], in[1]); }});
                }}});
}
#define FUNCTION(name, y, dx)                                                              \
  Tensor name(In x) {                                                                      \
    return apply_function(                                                                 \
        {#name, #name "_grad", [](const Tensor& x) -> Tensor { return y; },                \
         [](const Tensor& dy, [[maybe_unused]] const Tensor& x) -> Tensor { return dx; }}, \
        x);                                                                                \
  }

}  // namespace tinygrad
