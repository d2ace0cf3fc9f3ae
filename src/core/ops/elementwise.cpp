// SPDX-License-Identifier: MIT
// Elementwise ops: the checks, the promotion of dtypes and the autograd of the rows of
// elementwise.def.
#include <algorithm>
#include <initializer_list>
#include <string_view>

#include "core/autocast.h"
#include "core/formula_text.h"
#include "tinygrad/ops.h"

namespace tinygrad {
namespace {

// The words of elementwise.def that Tensors do not have by these names.
[[maybe_unused]] double real(double value) { return value; }
const Tensor& holds(const Tensor& condition) { return condition; }
Tensor power(const Tensor& a, const Tensor& b) { return pow(a, b); }
Tensor gradient(const Tensor& dx) { return dx; }
Tensor gradient(int) { return {}; }  // the derivative "0": nothing flows

enum class Domain { any, real };
enum class Precision { same, wide };

/// The dtype that an op on this dtype is computed in.
DType computed_in(DType dtype, Domain domain, Precision precision) {
  if (domain == Domain::real) dtype = real_dtype(dtype);
  return precision == Precision::wide ? wide_precision(dtype) : dtype;
}

/// Params as the derivatives of Tensors take them.
struct Numbers {
  double p, q, r, s;
  Numbers(Params n) : p(n.p.real()), q(n.q.real()), r(n.r.real()), s(n.s.real()) {}
};
#define NUMBERS [[maybe_unused]] const auto [p, q, r, s] = numbers

// ------------------------------------------------------------ one input

struct UnaryRow {
  const char *name, *grad_name;
  Domain domain;
  Precision precision;
  bool reads_x, reads_y;
  Tensor (*derivative)(const Tensor& dy, const Tensor& x, const Tensor& y, Numbers numbers);
};
const UnaryRow unary_rows[] = {
#define UNARY(name, domain, precision, y_, dx)                             \
  {#name,                                                                  \
   #name "_grad",                                                          \
   Domain::domain,                                                         \
   Precision::precision,                                                   \
   mentions(#dx, "x"),                                                     \
   mentions(#dx, "y"),                                                     \
   []([[maybe_unused]] const Tensor& dy, [[maybe_unused]] const Tensor& x, \
      [[maybe_unused]] const Tensor& y, Numbers numbers) {                 \
     NUMBERS;                                                              \
     return gradient(dx);                                                  \
   }},
#include "tinygrad/elementwise.def"
};
#define UNARY(name, domain, precision, y, dx)                \
  static_assert(!(mentions(#dx, "x") && mentions(#dx, "y")), \
                "write the derivative of " #name " in x or in y");
#include "tinygrad/elementwise.def"

/// dx of a row, as an op: the backend's kernel if it has one, else the row's formula, which is also
/// what is differentiated a second time.
Tensor unary_grad(Unary op, Params params, In dy, In kept) {
  const UnaryRow& row = unary_rows[int(op)];
  return apply(
      {.name = row.grad_name,
       .inputs = {dy, kept},
       .kernel = [op, params](Backend& b, Views in,
                              Views out) { return b.unary_grad(op, params, in[0], in[1], out[0]); },
       .formula =
           [op, params](const Tensors& in) {
             return unary_rows[int(op)].derivative(in[0], in[1], in[1], params);
           }});
}

Derivatives unary_derivative(Unary op, Params params) {
  const UnaryRow& row = unary_rows[int(op)];
  if (row.reads_x)
    return [op, params](Dy dy, Saved s) { return unary_grad(op, params, dy, s.input(0)); };
  if (row.reads_y)
    return [op, params](Dy dy, Saved s) { return unary_grad(op, params, dy, s.output(0)); };
  return [op, params](Dy dy, Saved) { return unary_rows[int(op)].derivative(dy, {}, {}, params); };
}

Tensor unary(Unary op, const In& x, Params params = {}) {
  const UnaryRow& row = unary_rows[int(op)];
  check_arithmetic({row.name, x.location}, *x);
  const Tensor t = cast(x, computed_in(x->dtype(), row.domain, row.precision));
  SmallVector<Keep, 6> keep;
  if (row.reads_x) keep.push_back(Keep::input(0));
  if (row.reads_y) keep.push_back(Keep::output(0));
  return apply(
      {.name = row.name,
       .inputs = {In(t, x.location)},
       .kernel = [op, params](Backend& b, Views in,
                              Views out) { return b.unary(op, params, in[0], out[0]), true; },
       .keep = std::move(keep),
       .derivatives = unary_derivative(op, params)});
}

// ------------------------------------------------------------ two or three inputs

constexpr int max_inputs = 3;
/// A binary or ternary op.
struct Row {
  const char *name, *in_place_name, *grad_name;
  int inputs;
  Domain domain;
  Precision precision;
  bool is_comparison;
  bool reads[max_inputs][max_inputs];  ///< reads[i][j]: the derivative of input i reads input j
  Tensor (*derivative[max_inputs])(const Tensor& dy, const Tensor& a, const Tensor& b,
                                   const Tensor& c, Numbers numbers);
};
#define READS(text) \
  { mentions(#text, "a"), mentions(#text, "b"), mentions(#text, "c") }
#define DERIVATIVE(text)                                                                    \
  []([[maybe_unused]] const Tensor& dy, [[maybe_unused]] const Tensor& a,                   \
     [[maybe_unused]] const Tensor& b, [[maybe_unused]] const Tensor& c, Numbers numbers) { \
    NUMBERS;                                                                                \
    return gradient(text);                                                                  \
  }
const Row binary_rows[] = {
#define BINARY(name, domain, precision, y, da, db) \
  {#name,                                          \
   #name "_",                                      \
   #name "_grad",                                  \
   2,                                              \
   Domain::domain,                                 \
   Precision::precision,                           \
   false,                                          \
   {READS(da), READS(db)},                         \
   {DERIVATIVE(da), DERIVATIVE(db)}},
#define COMPARE(name, y) {#name, "", "", 2, Domain::any, Precision::same, true, {}, {}},
#include "tinygrad/elementwise.def"
};
const Row ternary_rows[] = {
#define TERNARY(name, domain, precision, y, da, db, dc) \
  {#name,                                               \
   #name "_",                                           \
   #name "_grad",                                       \
   3,                                                   \
   Domain::domain,                                      \
   Precision::precision,                                \
   false,                                               \
   {READS(da), READS(db), READS(dc)},                   \
   {DERIVATIVE(da), DERIVATIVE(db), DERIVATIVE(dc)}},
#include "tinygrad/elementwise.def"
};
#undef READS
#undef DERIVATIVE
#undef NUMBERS
const Row& row_of(Binary op) { return binary_rows[int(op)]; }
const Row& row_of(Ternary op) { return ternary_rows[int(op)]; }

/// The inputs of a call as a kernel takes them. An input that was not given is the scalar.
class Operands {
 public:
  Operands(const View* inputs, const Shape& shape, Scalar scalar)
      : inputs_(inputs), shape_(shape), scalar_(scalar) {}
  Operand operator[](int i) const {
    return inputs_[i] ? Operand(inputs_[i].broadcast_to(shape_)) : Operand(scalar_);
  }

 private:
  const View* inputs_;
  const Shape& shape_;
  Scalar scalar_;
};
void run(Backend& b, Binary op, Params params, const Operands& in, const View& out) {
  b.binary(op, params, in[0], in[1], out);
}
void run(Backend& b, Ternary op, Params params, const Operands& in, const View& out) {
  b.ternary(op, params, in[0], in[1], in[2], out);
}
bool run_grad(Backend& b, Binary op, Params params, int i, const View& dy, const Operands& in,
              const View& dx) {
  return b.binary_grad(op, params, i, dy, in[0], in[1], dx);
}
bool run_grad(Backend& b, Ternary op, Params params, int i, const View& dy, const Operands& in,
              const View& dx) {
  return b.ternary_grad(op, params, i, dy, in[0], in[1], in[2], dx);
}

/// The gradient of input i. `inputs` are those that the row's derivative reads; the others are
/// undefined, and so is the one that is the scalar.
template <class Op>
Tensor input_grad(Op op, Params params, int i, Scalar scalar, In dy, const Tensors& inputs) {
  const Row& row = row_of(op);
  const bool* reads = row.reads[i];
  if (!reads[0] && !reads[1] && !reads[2]) return row.derivative[i](dy, {}, {}, {}, params);
  Tensors all = {*dy};
  for (const Tensor& x : inputs) all.push_back(x);
  return apply({.name = row.grad_name,
                .inputs = {all, dy.location},
                .kernel =
                    [op, params, i, scalar](Backend& b, Views in, Views out) {
                      const Operands operands(in.data() + 1, out[0].shape(), scalar);
                      return run_grad(b, op, params, i, in[0], operands, out[0]);
                    },
                .formula =
                    [op, params, i, scalar](const Tensors& in) {
                      auto given = [&](int k) {
                        if (k >= int(in.size())) return Tensor();
                        return in[k].defined()
                                   ? in[k]
                                   : full({}, scalar,
                                          {.dtype = in[0].dtype(), .device = in[0].device()});
                      };
                      return row_of(op).derivative[i](in[0], given(1), given(2), given(3), params);
                    }});
}

template <class Op> Derivatives derivatives(Op op, Params params, Scalar scalar) {
  if (row_of(op).is_comparison) return {};
  return [op, params, scalar](const Tensors& dys, Saved saved) {
    const Row& row = row_of(op);
    Tensors gradients;
    for (int i = 0; i < row.inputs; ++i) {
      Tensors read;
      for (int j = 0; j < row.inputs && saved.needed(i); ++j)
        read.push_back(row.reads[i][j] ? saved.input(j) : Tensor());
      gradients.push_back(saved.needed(i) ? input_grad(op, params, i, scalar, dys[0], read)
                                          : Tensor());
    }
    return gradients;
  };
}

/// Returns the values that the derivatives of a row read. An input that only one derivative reads
/// is kept only if that derivative is needed.
SmallVector<Keep, 6> kept_by(const Row& row) {
  SmallVector<Keep, 6> keep;
  for (int j = 0; j < row.inputs; ++j) {
    int readers = 0, last = 0;
    for (int i = 0; i < row.inputs; ++i)
      if (row.reads[i][j]) ++readers, last = i;
    if (readers == 1) keep.push_back(Keep::input(j).when(last));
    else if (readers > 1) keep.push_back(Keep::input(j));
  }
  return keep;
}

/// out = op(inputs), which have the dtype that the op is computed in. An undefined one is the
/// scalar.
template <class Op>
Tensor apply_row(Op op, Params params, const Call& call, Tensors inputs, Scalar scalar) {
  const Row& row = row_of(op);
  const Tensor* last = nullptr;
  Shape shape;
  for (const Tensor& x : inputs)
    if (x.defined()) {
      shape = last ? broadcast_shapes(call, shape, x.shape()) : x.shape();
      last = &x;
    }
  const DType dtype = row.is_comparison ? DType::boolean : last->dtype();
  return apply({.name = call.op,
                .inputs = {std::move(inputs), call.location},
                .outputs = {{shape, dtype}},
                .kernel =
                    [op, params, scalar](Backend& b, Views in, Views out) {
                      run(b, op, params, {in.data(), out[0].shape(), scalar}, out[0]);
                      return true;
                    },
                .keep = kept_by(row),
                .derivatives = derivatives(op, params, scalar)});
}

/// The dtype of an op on these inputs; an undefined one is the scalar.
DType dtype_for(const Row& row, const Call& call, std::initializer_list<const Tensor*> inputs,
                Scalar scalar) {
  const bool only_moves = row.is_comparison || row.name == std::string_view("where");
  for (const Tensor* x : inputs)
    if (!only_moves) check_arithmetic(call, *x);
  const DType dtype = result_type(call, inputs, scalar);
  require<DTypeError>(dtype != DType::boolean || row.name != std::string_view("sub"), call,
                      "bools are not subtracted; use not_equal(), or convert with to(int64)");
  return computed_in(dtype, row.domain, row.precision);
}

Tensor binary(Binary op, const In& a, const In& b, Scalar scalar = {}) {
  const Row& row = row_of(op);
  const Call call{row.name, a.location.line ? a.location : b.location};
  const DType dtype = dtype_for(row, call, {&*a, &*b}, scalar);
  return apply_row(op, {}, call, {cast_given(a, dtype), cast_given(b, dtype)}, scalar);
}

/// Throws unless all inputs are defined, as in functions that take no scalar.
void check_defined(const Call& call, std::initializer_list<const Tensor*> inputs) {
  int i = 0;
  for (const Tensor* x : inputs)
    require(x->defined(), call, "input ", i++, " is undefined; ", why_undefined);
}

/// Two tensors, and no scalar.
Tensor of_tensors(Binary op, const In& a, const In& b) {
  check_defined({row_of(op).name, a.location}, {&*a, &*b});
  return binary(op, a, b);
}

/// Three inputs of one dtype. `scalar` stands for an undefined c.
Tensor ternary(Ternary op, Params params, const Call& call, const In& a, const In& b, const In& c,
               Scalar scalar = {}) {
  const Row& row = row_of(op);
  const DType dtype = dtype_for(row, call, {&*a, &*b, &*c}, scalar);
  const Tensors inputs{cast_given(a, dtype), cast_given(b, dtype), cast_given(c, dtype)};
  return apply_row(op, params, call, inputs, scalar);
}

/// Returns whether y lies in x's memory, but in another way than x does: then an element could be
/// overwritten before it is read.
bool partly_shared(const Tensor& x, const Tensor& y) {
  const View &a = x.impl()->view, &b = y.impl()->view;
  const bool same =
      a.offset() == b.offset() && a.shape() == b.shape() && a.strides() == b.strides();
  return x.impl()->storage.get() == y.impl()->storage.get() && !same;
}

Tensor& binary_in_place(Binary op, Tensor& x, const Tensor& other, Scalar scalar,
                        SourceLocation location) {
  const Row& row = row_of(op);
  const Call call{row.in_place_name, location};
  const DType dtype = dtype_for(row, call, {&x, &other}, scalar);
  require<DTypeError>(is_floating(x.dtype()) || !is_floating(dtype), call, "the result is ",
                      to_string(dtype), ", which does not fit into a tensor of ",
                      to_string(x.dtype()), "; use the functional form");
  Tensor y = other.defined() ? cast({other, location}, x.dtype()) : other;
  if (y.defined() && partly_shared(x, y)) y = y.clone(location);
  require<ShapeError>(!y.defined() || broadcast_shapes(call, x.shape(), y.shape()) == x.shape(),
                      call, "a tensor of shape ", x.shape(), " cannot hold the result with shape ",
                      y.defined() ? y.shape() : x.shape());
  apply({.name = row.in_place_name,
         .inputs = {Tensors{x, y}, location},
         .outputs = {{x.shape(), x.dtype()}},
         .kernel =
             [op, scalar](Backend& b, Views in, Views out) {
               run(b, op, {}, {in.data(), out[0].shape(), scalar}, out[0]);
               return true;
             },
         .keep = kept_by(row),
         .derivatives = derivatives(op, {}, scalar),
         .in_place = true});
  return x;
}

}  // namespace

#define UNARY_FUNCTION(name) \
  Tensor name(In x) { return unary(Unary::name, x); }
UNARY_FUNCTION(abs)
UNARY_FUNCTION(sign)
UNARY_FUNCTION(square)
UNARY_FUNCTION(exp)
UNARY_FUNCTION(expm1)
UNARY_FUNCTION(log)
UNARY_FUNCTION(log1p)
UNARY_FUNCTION(sqrt)
UNARY_FUNCTION(rsqrt)
UNARY_FUNCTION(reciprocal)
UNARY_FUNCTION(sin)
UNARY_FUNCTION(cos)
UNARY_FUNCTION(tanh)
UNARY_FUNCTION(erf)
UNARY_FUNCTION(floor)
UNARY_FUNCTION(ceil)
UNARY_FUNCTION(round)
UNARY_FUNCTION(sigmoid)
UNARY_FUNCTION(relu)
UNARY_FUNCTION(selu)
UNARY_FUNCTION(gelu)
UNARY_FUNCTION(silu)
UNARY_FUNCTION(mish)
#undef UNARY_FUNCTION
Tensor neg(In x) {
  require<DTypeError>(x->dtype() != DType::boolean, Call{"neg", x.location},
                      "bools are not negated; compare with == false, or convert with to(int64)");
  return unary(Unary::neg, x);
}
Tensor operator-(In x) { return neg({*x, x.location}); }
Tensor clamp(In x, Scalar low, Scalar high) {
  check_arithmetic({"clamp", x.location}, *x);
  const Scalar wider = low.kind() > high.kind() ? low : high;
  return unary(Unary::clamp, In(cast(x, result_type(x.given(), wider)), x.location), {low, high});
}
Tensor leaky_relu(In x, double slope) { return unary(Unary::leaky_relu, x, {slope}); }
Tensor elu(In x, double alpha) { return unary(Unary::elu, x, {alpha}); }
Tensor softplus(In x, double beta, double threshold) {
  require(beta != 0, Call{"softplus", x.location}, "beta is 0; the formula divides by it");
  return unary(Unary::softplus, x, {beta, threshold});
}
Tensor hardtanh(In x, double low, double high) {
  const Call call{"hardtanh", x.location};
  check_arithmetic(call, *x);
  require(!(low > high), call, "low = ", low, " is above high = ", high);
  return unary(Unary::hardtanh, In(cast(x, real_dtype(x->dtype())), x.location), {low, high});
}

#define TWO_TENSORS(name) \
  Tensor name(In a, In b) { return of_tensors(Binary::name, a, b); }
#define BINARY_FUNCTION(name) \
  TWO_TENSORS(name)           \
  Tensor name(In a, Scalar b) { return binary(Binary::name, a, {}, b); }
#define SCALAR_FIRST(name) \
  Tensor name(Scalar a, In b) { return binary(Binary::name, {}, b, a); }
SCALAR_FIRST(add)
SCALAR_FIRST(sub)
SCALAR_FIRST(mul)
SCALAR_FIRST(div)
SCALAR_FIRST(pow)
SCALAR_FIRST(maximum)
SCALAR_FIRST(minimum)
#undef SCALAR_FIRST
BINARY_FUNCTION(add)
BINARY_FUNCTION(sub)
BINARY_FUNCTION(mul)
BINARY_FUNCTION(div)
BINARY_FUNCTION(maximum)
BINARY_FUNCTION(minimum)
BINARY_FUNCTION(equal)
BINARY_FUNCTION(not_equal)
BINARY_FUNCTION(less)
BINARY_FUNCTION(less_equal)
BINARY_FUNCTION(greater)
BINARY_FUNCTION(greater_equal)
TWO_TENSORS(pow)
#undef BINARY_FUNCTION
#undef TWO_TENSORS
Tensor pow(In a, Scalar b) {
  const bool integers = !is_floating(a->dtype()) && !b.is_real();
  require(!integers || b.integer() >= 0, Call{"pow", a.location}, "integers to the power ",
          b.integer(), " are not integers; use a real exponent, or convert with to(float32)");
  return binary(Binary::pow, a, {}, b);
}

#define BINARY_OPERATOR(symbol, name)                                               \
  Tensor operator symbol(In a, In b) { return of_tensors(Binary::name, a, b); }     \
  Tensor operator symbol(In a, Scalar b) { return binary(Binary::name, a, {}, b); } \
  Tensor operator symbol(Scalar a, In b) { return binary(Binary::name, {}, b, a); }
BINARY_OPERATOR(+, add)
BINARY_OPERATOR(-, sub)
BINARY_OPERATOR(*, mul)
BINARY_OPERATOR(/, div)
BINARY_OPERATOR(==, equal)
BINARY_OPERATOR(!=, not_equal)
BINARY_OPERATOR(<, less)
BINARY_OPERATOR(<=, less_equal)
BINARY_OPERATOR(>, greater)
BINARY_OPERATOR(>=, greater_equal)
#undef BINARY_OPERATOR

#define IN_PLACE_MEMBER(name)                                                              \
  Tensor& Tensor::name##_(const Tensor& other, SourceLocation location) {                  \
    require(other.defined(), Call{#name "_", location}, "the other tensor is undefined; ", \
            why_undefined);                                                                \
    return binary_in_place(Binary::name, *this, other, {}, location);                      \
  }                                                                                        \
  Tensor& Tensor::name##_(Scalar other, SourceLocation location) {                         \
    return binary_in_place(Binary::name, *this, {}, other, location);                      \
  }
IN_PLACE_MEMBER(add)
IN_PLACE_MEMBER(sub)
IN_PLACE_MEMBER(mul)
IN_PLACE_MEMBER(div)
#undef IN_PLACE_MEMBER

// ------------------------------------------------------------ three inputs

namespace {

/// a or b is undefined if it is the scalar. The dtype is theirs alone.
Tensor choose(const In& condition, const In& a, const In& b, Scalar scalar) {
  const Call call{"where", condition.location};
  require<DTypeError>(condition->dtype() == DType::boolean, call, "the condition is ",
                      to_string(condition->dtype()), "; make it a bool by comparing, as in x > 0");
  const DType dtype = dtype_for(row_of(Ternary::where), call, {&*a, &*b}, scalar);
  const Tensors inputs{*condition, cast_given(a, dtype), cast_given(b, dtype)};
  return apply_row(Ternary::where, {}, call, inputs, scalar);
}

}  // namespace

Tensor where(In condition, In a, In b) {
  require(a.defined() && b.defined(), Call{"where", condition.location},
          "one of the tensors to choose from is undefined");
  return choose(condition, a, b, {});
}
Tensor where(In condition, In a, Scalar b) { return choose(condition, a, {}, b); }
Tensor where(In condition, Scalar a, In b) { return choose(condition, {}, b, a); }
Tensor where(In condition, Scalar a, Scalar b) {
  const DType dtype = default_dtype(std::max(a.kind(), b.kind()));
  return choose(condition, full({}, a, {.dtype = dtype, .device = condition->device()}), {}, b);
}
Tensor lerp(In a, In b, In weight) {
  const Call call{"lerp", a.location};
  check_defined(call, {&*a, &*b, &*weight});
  return ternary(Ternary::lerp, {}, call, a, b, weight);
}
Tensor lerp(In a, In b, Scalar weight) {
  const Call call{"lerp", a.location};
  check_defined(call, {&*a, &*b});
  return ternary(Ternary::lerp, {}, call, a, b, {}, weight);
}
Tensor addcmul(In a, In b, In c, Scalar value) {
  const Call call{"addcmul", a.location};
  check_defined(call, {&*a, &*b, &*c});
  const Tensor t = cast(a, result_type(a.given(), value));
  return ternary(Ternary::addcmul, {value}, call, {t, a.location}, b, c);
}
Tensor addcdiv(In a, In b, In c, Scalar value) {
  const Call call{"addcdiv", a.location};
  check_defined(call, {&*a, &*b, &*c});
  return ternary(Ternary::addcdiv, {value}, call, a, b, c);
}
Tensor clamp(In x, In low, In high) {
  const Call call{"clamp", x.location};
  check_defined(call, {&*x, &*low, &*high});
  return ternary(Ternary::clamp_tensor, {}, call, x, low, high);
}

}  // namespace tinygrad
