// Elementwise ops. Their formulas and derivatives are the lines of elementwise.def; here is what
// all of them share.
#include <algorithm>
#include <string_view>

#include "core/autocast.h"
#include "tinygrad/ops.h"

namespace tinygrad {
namespace {

/// Whether the text of a derivative uses the variable `name`.
constexpr bool mentions(std::string_view text, char name) {
  auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_'; };
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool starts = i == 0 || !letter(text[i - 1]),
               ends = i + 1 == text.size() || !letter(text[i + 1]);
    if (text[i] == name && starts && ends) return true;
  }
  return false;
}

// The words of elementwise.def that Tensors do not have by these names.
[[maybe_unused]] double real(double value) { return value; }
Tensor power(const Tensor& a, const Tensor& b) { return pow(a, b); }
Tensor gradient(const Tensor& dx) { return dx; }
Tensor gradient(int) { return {}; }  // the derivative "0": nothing flows

enum class Domain { number, real };

struct UnaryLine {
  const char *name, *grad_name;
  Domain domain;
  bool reads_x, reads_y;
  Tensor (*derivative)(const Tensor& dy, const Tensor& x, const Tensor& y, double p, double q);
};
const UnaryLine unary_lines[] = {
#define UNARY(name, domain, y_, dx)                                        \
  {#name,                                                                  \
   #name "_grad",                                                          \
   Domain::domain,                                                         \
   mentions(#dx, 'x'),                                                     \
   mentions(#dx, 'y'),                                                     \
   []([[maybe_unused]] const Tensor& dy, [[maybe_unused]] const Tensor& x, \
      [[maybe_unused]] const Tensor& y, [[maybe_unused]] double p,         \
      [[maybe_unused]] double q) { return gradient(dx); }},
#include "tinygrad/elementwise.def"
};
#define UNARY(name, domain, y, dx)                           \
  static_assert(!(mentions(#dx, 'x') && mentions(#dx, 'y')), \
                "write the derivative of " #name " in x or in y");
#include "tinygrad/elementwise.def"

struct BinaryLine {
  const char *name, *in_place_name, *grad_name;
  Domain domain;
  bool is_comparison;
  bool reads[2][2];  // reads[i][j]: the derivative of input i reads input j
  Tensor (*derivative[2])(const Tensor& dy, const Tensor& a, const Tensor& b);
};
#define DERIVATIVE(text)                                                  \
  []([[maybe_unused]] const Tensor& dy, [[maybe_unused]] const Tensor& a, \
     [[maybe_unused]] const Tensor& b) { return gradient(text); }
const BinaryLine binary_lines[] = {
#define BINARY(name, domain, y, da, db)                                                  \
  {#name,                                                                                \
   #name "_",                                                                            \
   #name "_grad",                                                                        \
   Domain::domain,                                                                       \
   false,                                                                                \
   {{mentions(#da, 'a'), mentions(#da, 'b')}, {mentions(#db, 'a'), mentions(#db, 'b')}}, \
   {DERIVATIVE(da), DERIVATIVE(db)}},
#define COMPARE(name, y) {#name, "", "", Domain::number, true, {}, {}},
#include "tinygrad/elementwise.def"
};
#undef DERIVATIVE

// ------------------------------------------------------------ one input

/// dx of a line, as an op: fused where the backend can, else the line's own text, which is what is
/// differentiated a second time.
Tensor unary_grad(Unary op, Params params, In dy, In kept) {
  const UnaryLine& line = unary_lines[int(op)];
  return apply(
      {.name = line.grad_name,
       .inputs = {dy, kept},
       .kernel = [op, params](Backend& b, Views in,
                              Views out) { return b.unary_grad(op, params, in[0], in[1], out[0]); },
       .formula =
           [op, params](const Tensors& in) {
             return unary_lines[int(op)].derivative(in[0], in[1], in[1], params.p.real(),
                                                    params.q.real());
           }});
}

Derivatives unary_derivative(Unary op, Params params) {
  const UnaryLine& line = unary_lines[int(op)];
  if (line.reads_x)
    return [op, params](Dy dy, Saved s) { return unary_grad(op, params, dy, s.input(0)); };
  if (line.reads_y)
    return [op, params](Dy dy, Saved s) { return unary_grad(op, params, dy, s.output(0)); };
  return [op](Dy dy, Saved) { return unary_lines[int(op)].derivative(dy, {}, {}, 0, 0); };
}

/// Results with a range or digits that halves do not have: under an Autocast they are computed in
/// float32.
bool is_wide(Unary op) {
  switch (op) {
    case Unary::exp:
    case Unary::expm1:
    case Unary::log:
    case Unary::log1p:
    case Unary::reciprocal:
    case Unary::rsqrt: return true;
    default: return false;
  }
}

Tensor unary(Unary op, const In& x, Params params = {}) {
  const UnaryLine& line = unary_lines[int(op)];
  check_arithmetic({line.name, x.location}, *x);
  const DType dtype = line.domain == Domain::real ? real_dtype(x->dtype()) : x->dtype();
  const Tensor t = cast(x, is_wide(op) ? wide_precision(dtype) : dtype);
  SmallVector<Keep, 6> keep;
  if (line.reads_x) keep.push_back(Keep::input(0));
  if (line.reads_y) keep.push_back(Keep::output(0));
  return apply(
      {.name = line.name,
       .inputs = {In(t, x.location)},
       .kernel = [op, params](Backend& b, Views in,
                              Views out) { return b.unary(op, params, in[0], out[0]), true; },
       .keep = std::move(keep),
       .derivatives = unary_derivative(op, params)});
}

// ------------------------------------------------------------ two inputs; the one that is not
// given is the number s

Operand operand(const View& v, const Shape& shape, Scalar s) {
  return v ? Operand(v.broadcast_to(shape)) : Operand(s);
}

Tensor binary_grad(Binary op, int side, Scalar s, In dy, In a, In b) {
  const BinaryLine& line = binary_lines[int(op)];
  const bool* reads = line.reads[side];
  if (!reads[0] && !reads[1]) return line.derivative[side](dy, {}, {});
  return apply(
      {.name = line.grad_name,
       .inputs = {dy, a, b},
       .kernel =
           [op, side, s](Backend& b, Views in, Views out) {
             const Shape& shape = out[0].shape();
             return b.binary_grad(op, side, in[0], operand(in[1], shape, s),
                                  operand(in[2], shape, s), out[0]);
           },
       .formula =
           [op, side, s](const Tensors& in) {
             auto given = [&](const Tensor& t) {
               return t.defined() ? t
                                  : full({}, s, {.dtype = in[0].dtype(), .device = in[0].device()});
             };
             return binary_lines[int(op)].derivative[side](in[0], given(in[1]), given(in[2]));
           }});
}

Derivatives binary_derivatives(Binary op, Scalar s) {
  auto side = [op, s](int i) {
    return [op, s, i](Dy dy, Saved saved) {
      const bool* reads = binary_lines[int(op)].reads[i];
      return binary_grad(op, i, s, dy, reads[0] ? saved.input(0) : Tensor(),
                         reads[1] ? saved.input(1) : Tensor());
    };
  };
  return {side(0), side(1)};
}

/// What the derivatives of a line read; an input that only one of them reads is kept for that one
/// alone.
SmallVector<Keep, 6> kept_by(const BinaryLine& line) {
  SmallVector<Keep, 6> keep;
  for (int i = 0; i < 2; ++i) {
    const bool by_a = line.reads[0][i], by_b = line.reads[1][i];
    if (by_a && by_b) keep.push_back(Keep::input(i));
    else if (by_a || by_b) keep.push_back(Keep::input(i).when(by_a ? 0 : 1));
  }
  return keep;
}

DType dtype_for(const BinaryLine& line, const Call& call, const Tensor& a, const Tensor& b,
                Scalar s) {
  if (!line.is_comparison) check_arithmetic(call, a), check_arithmetic(call, b);
  const DType dtype = !a.defined()   ? result_type(b, s)
                      : !b.defined() ? result_type(a, s)
                                     : result_type(call, a, b);
  require<DTypeError>(dtype != DType::boolean || line.name != std::string_view("sub"), call,
                      "bools are not subtracted; use not_equal(), or convert with to(int64)");
  return line.domain == Domain::real ? real_dtype(dtype) : dtype;
}

Tensor binary(Binary op, const In& a, const In& b, Scalar s = {}) {
  const BinaryLine& line = binary_lines[int(op)];
  const Call call{line.name, a.location.line ? a.location : b.location};
  if (!a.defined() && !b.defined()) fail_undefined(call.location);
  const DType dtype = dtype_for(line, call, *a, *b, s);
  const Tensor x = a.defined() ? cast(a, dtype) : *a, y = b.defined() ? cast(b, dtype) : *b;
  const Shape shape = !x.defined()   ? y.shape()
                      : !y.defined() ? x.shape()
                                     : broadcast_shapes(call, x.shape(), y.shape());
  return apply(
      {.name = line.name,
       .inputs = {Tensors{x, y}, call.location},
       .outputs = {{shape, line.is_comparison ? DType::boolean : dtype}},
       .kernel =
           [op, s](Backend& b, Views in, Views out) {
             const Shape& shape = out[0].shape();
             return b.binary(op, operand(in[0], shape, s), operand(in[1], shape, s), out[0]), true;
           },
       .keep = kept_by(line),
       .derivatives = line.is_comparison ? Derivatives() : binary_derivatives(op, s)});
}

/// Two tensors: neither is a number.
Tensor of_tensors(Binary op, const In& a, const In& b) {
  for (int i = 0; i < 2; ++i)
    require((i == 0 ? a : b).defined(), Call{binary_lines[int(op)].name, a.location}, "input ", i,
            " is undefined; it was never assigned, or was moved from");
  return binary(op, a, b);
}

/// Whether y lies in x's memory, but not as x does: then a write would be read.
bool partly_shared(const Tensor& x, const Tensor& y) {
  const View &a = x.impl()->view, &b = y.impl()->view;
  const bool same =
      a.offset() == b.offset() && a.shape() == b.shape() && a.strides() == b.strides();
  return x.impl()->storage.get() == y.impl()->storage.get() && !same;
}

Tensor& binary_in_place(Binary op, Tensor& x, const Tensor& other, Scalar s,
                        SourceLocation location) {
  const BinaryLine& line = binary_lines[int(op)];
  const Call call{line.in_place_name, location};
  const DType dtype = dtype_for(line, call, x, other, s);
  require<DTypeError>(is_floating(x.dtype()) || !is_floating(dtype), call, "the result is ",
                      to_string(dtype), ", which does not fit into a tensor of ",
                      to_string(x.dtype()), "; use the functional form");
  Tensor y = other.defined() ? cast({other, location}, x.dtype()) : other;
  if (y.defined() && partly_shared(x, y)) y = y.clone(location);
  require<ShapeError>(!y.defined() || broadcast_shapes(call, x.shape(), y.shape()) == x.shape(),
                      call, "a tensor of shape ", x.shape(), " cannot hold the result with shape ",
                      y.defined() ? y.shape() : x.shape());
  apply({.name = line.in_place_name,
         .inputs = {Tensors{x, y}, location},
         .outputs = {{x.shape(), x.dtype()}},
         .kernel =
             [op, s](Backend& b, Views in, Views out) {
               return b.binary(op, in[0], operand(in[1], out[0].shape(), s), out[0]), true;
             },
         .keep = kept_by(line),
         .derivatives = binary_derivatives(op, s),
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
Tensor leaky_relu(In x, double slope) { return unary(Unary::leaky_relu, x, {slope, 0}); }
Tensor elu(In x, double alpha) { return unary(Unary::elu, x, {alpha, 0}); }
Tensor softplus(In x, double beta, double threshold) {
  require(beta != 0, Call{"softplus", x.location}, "beta is 0; the formula divides by it");
  return unary(Unary::softplus, x, {beta, threshold});
}
Tensor hardtanh(In x, double low, double high) {
  check_arithmetic({"hardtanh", x.location}, *x);
  return unary(Unary::hardtanh, In(cast(x, real_dtype(x->dtype())), x.location), {low, high});
}

#define BINARY_FUNCTION(name)                                        \
  Tensor name(In a, In b) { return of_tensors(Binary::name, a, b); } \
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
#undef BINARY_FUNCTION
Tensor pow(In a, In b) {
  return of_tensors(Binary::pow, {wide(a), a.location}, {wide(b), b.location});
}
Tensor pow(In a, Scalar b) {
  const bool integers = !is_floating(a->dtype()) && !b.is_real();
  require(!integers || b.integer() >= 0, Call{"pow", a.location}, "integers to the power ",
          b.integer(), " are not integers; use a real exponent, or convert with to(float32)");
  return binary(Binary::pow, {wide(a), a.location}, {}, b);
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

#define IN_PLACE_MEMBER(name)                                                           \
  Tensor& Tensor::name##_(const Tensor& other, SourceLocation location) {               \
    require(other.defined(), Call{#name "_", location},                                 \
            "the other tensor is undefined; it was never assigned, or was moved from"); \
    return binary_in_place(Binary::name, *this, other, {}, location);                   \
  }                                                                                     \
  Tensor& Tensor::name##_(Scalar other, SourceLocation location) {                      \
    return binary_in_place(Binary::name, *this, {}, other, location);                   \
  }
IN_PLACE_MEMBER(add)
IN_PLACE_MEMBER(sub)
IN_PLACE_MEMBER(mul)
IN_PLACE_MEMBER(div)
#undef IN_PLACE_MEMBER

// ------------------------------------------------------------ where

namespace {

/// y = condition ? a : b.   da = condition ? dy : 0,  db = condition ? 0 : dy. The one that is not
/// given is the number s.
Tensor choose(const In& condition, const In& a, const In& b, Scalar s) {
  const Call call{"where", condition.location};
  require<DTypeError>(condition->dtype() == DType::boolean, call, "the condition is ",
                      to_string(condition->dtype()), "; make it a bool by comparing, as in x > 0");
  const DType dtype = !a.defined()   ? result_type(b, s)
                      : !b.defined() ? result_type(a, s)
                                     : result_type(call, a, b);
  const Tensor x = a.defined() ? cast(a, dtype) : *a, y = b.defined() ? cast(b, dtype) : *b;
  Shape shape = condition->shape();
  if (x.defined()) shape = broadcast_shapes(call, shape, x.shape());
  if (y.defined()) shape = broadcast_shapes(call, shape, y.shape());
  return apply({.name = "where",
                .inputs = {Tensors{*condition, x, y}, call.location},
                .outputs = {{shape, dtype}},
                .kernel =
                    [s](Backend& b, Views in, Views out) {
                      const Shape& shape = out[0].shape();
                      return b.where(in[0].broadcast_to(shape), operand(in[1], shape, s),
                                     operand(in[2], shape, s), out[0]),
                             true;
                    },
                .keep = {Keep::input(0)},
                .derivatives = {[](Dy, Saved) { return Tensor(); },
                                [](Dy dy, Saved s) { return where(s.input(0), dy, 0); },
                                [](Dy dy, Saved s) { return where(s.input(0), 0, dy); }}});
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

}  // namespace tinygrad
