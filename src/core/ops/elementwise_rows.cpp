// SPDX-License-Identifier: MIT
// The rows of elementwise.def as ops: checks, promotion of dtypes, autograd and in-place forms.
#include "core/ops/elementwise_rows.h"

#include <string_view>

#include "core/autocast.h"
#include "core/formula_text.h"
#include "core/ops/internal.h"

namespace tinygrad {
namespace {

// The words of elementwise.def that Tensors do not have by these names.
[[maybe_unused]] double real(double value) { return value; }
const Tensor& holds(const Tensor& condition) { return condition; }
Tensor power(const Tensor& a, const Tensor& b) { return pow(a, b); }
Tensor trunc_divide(const Tensor& a, const Tensor& b) { return div(a, b, Rounding::trunc); }
Tensor gradient(const Tensor& dx) { return dx; }
Tensor gradient(int) { return {}; }  // the derivative "0": nothing flows

enum class Domain { any, real, integer };
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
// clang-format off
const UnaryRow unary_rows[] = {
#define UNARY(name, domain, precision, y_, dx)                                     \
  {#name, #name "_grad", Domain::domain, Precision::precision, mentions(#dx, "x"), \
   mentions(#dx, "y"),                                                             \
   []([[maybe_unused]] const Tensor& dy, [[maybe_unused]] const Tensor& x,         \
      [[maybe_unused]] const Tensor& y, Numbers numbers) { NUMBERS; return gradient(dx); }},
#include "tinygrad/elementwise.def"
};
// clang-format on
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
// clang-format off
const Row binary_rows[] = {
#define BINARY(name, domain, precision, y, da, db)                                  \
  {#name, #name "_", #name "_grad", 2, Domain::domain, Precision::precision, false, \
   {READS(da), READS(db)}, {DERIVATIVE(da), DERIVATIVE(db)}},
#define COMPARE(name, y) {#name, "", "", 2, Domain::any, Precision::same, true, {}, {}},
#include "tinygrad/elementwise.def"
};
const Row ternary_rows[] = {
#define TERNARY(name, domain, precision, y, da, db, dc)                             \
  {#name, #name "_", #name "_grad", 3, Domain::domain, Precision::precision, false, \
   {READS(da), READS(db), READS(dc)}, {DERIVATIVE(da), DERIVATIVE(db), DERIVATIVE(dc)}},
#include "tinygrad/elementwise.def"
};
// clang-format on
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
  require<DTypeError>(row.domain != Domain::integer || !is_floating(dtype), call,
                      "takes integers and bools, got ", to_string(dtype),
                      "; convert with to(int64)");
  return computed_in(dtype, row.domain, row.precision);
}

/// Returns whether y lies in x's memory, but in another way than x does: then an element could be
/// overwritten before it is read.
bool partly_shared(const Tensor& x, const Tensor& y) {
  const View &a = x.impl()->view, &b = y.impl()->view;
  const bool same =
      a.offset() == b.offset() && a.shape() == b.shape() && a.strides() == b.strides();
  return x.impl()->storage.get() == y.impl()->storage.get() && !same;
}

}  // namespace

Tensor unary(Unary op, const In& x, Params params) {
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

void check_defined(const Call& call, std::initializer_list<const Tensor*> inputs) {
  int i = 0;
  for (const Tensor* x : inputs)
    require(x->defined(), call, "input ", i++, " is undefined; ", why_undefined);
}

DType check_pair(const Call& call, const In& a, const In& b) {
  check_defined(call, {&*a, &*b});
  broadcast_shapes(call, a->shape(), b->shape());
  return result_type(call, {&*a, &*b});
}

Tensor binary(Binary op, const In& a, const In& b, Scalar scalar) {
  const Row& row = row_of(op);
  const Call call{row.name, a.location.line ? a.location : b.location};
  const DType dtype = dtype_for(row, call, {&*a, &*b}, scalar);
  return apply_row(op, {}, call, {cast_given(a, dtype), cast_given(b, dtype)}, scalar);
}

Tensor of_tensors(Binary op, const In& a, const In& b) {
  check_defined({row_of(op).name, a.location}, {&*a, &*b});
  return binary(op, a, b);
}

Tensor ternary(Ternary op, Params params, const Call& call, const In& a, const In& b, const In& c,
               Scalar scalar) {
  const Row& row = row_of(op);
  const DType dtype = dtype_for(row, call, {&*a, &*b, &*c}, scalar);
  const Tensors inputs{cast_given(a, dtype), cast_given(b, dtype), cast_given(c, dtype)};
  return apply_row(op, params, call, inputs, scalar);
}

Tensor choose(const In& condition, const In& a, const In& b, Scalar scalar) {
  const Call call{"where", condition.location};
  require<DTypeError>(condition->dtype() == DType::boolean, call, "the condition is ",
                      to_string(condition->dtype()), "; make it a bool by comparing, as in x > 0");
  const DType dtype = dtype_for(row_of(Ternary::where), call, {&*a, &*b}, scalar);
  const Tensors inputs{*condition, cast_given(a, dtype), cast_given(b, dtype)};
  return apply_row(Ternary::where, {}, call, inputs, scalar);
}

Tensor& binary_in_place(Binary op, Tensor& x, const Tensor& other, Scalar scalar,
                        SourceLocation location) {
  const Row& row = row_of(op);
  const Call call{row.in_place_name, location};
  const DType dtype = dtype_for(row, call, {&x, &other}, scalar);
  check_holds(call, x, dtype);
  Tensor y = other.defined() ? cast({other, location}, x.dtype()) : other;
  if (y.defined() && partly_shared(x, y)) y = y.clone(location);
  require<ShapeError>(!y.defined() || broadcast_shapes(call, x.shape(), y.shape()) == x.shape(),
                      call, "a tensor of shape ", x.shape(), " cannot hold the result with shape ",
                      y.defined() ? y.shape() : x.shape());
  apply({.name = row.in_place_name,
         .inputs = {Tensors{x, y}, location},
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

}  // namespace tinygrad
