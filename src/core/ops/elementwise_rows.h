// SPDX-License-Identifier: MIT
// Calls of the rows of elementwise.def: they check the inputs, promote their dtypes, run the row on
// the backend and record it.
#pragma once
#include <initializer_list>

#include "core/check.h"

namespace tinygrad {

Tensor unary(Unary op, const In& x, Params params = {});
/// Of two tensors, or of one and the scalar, which stands for an undefined a or b.
Tensor binary(Binary op, const In& a, const In& b, Scalar scalar = {});
/// Two tensors, and no scalar.
Tensor of_tensors(Binary op, const In& a, const In& b);
/// Three inputs of one dtype. `scalar` stands for an undefined c.
Tensor ternary(Ternary op, Params params, const Call& call, const In& a, const In& b, const In& c,
               Scalar scalar = {});
/// The row `where`. a or b is undefined if it is the scalar. The dtype is theirs alone.
Tensor choose(const In& condition, const In& a, const In& b, Scalar scalar);
/// x = op(x, other), or op(x, scalar) if other is undefined.
Tensor& binary_in_place(Binary op, Tensor& x, const Tensor& other, Scalar scalar,
                        SourceLocation location);
/// Throws unless all inputs are defined, as in functions that take no scalar.
void check_defined(const Call& call, std::initializer_list<const Tensor*> inputs);
/// Throws unless a and b are defined and broadcast; returns their common dtype.
DType check_pair(const Call& call, const In& a, const In& b);

}  // namespace tinygrad
