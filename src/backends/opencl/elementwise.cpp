// SPDX-License-Identifier: MIT
// Elementwise ops: chooses the formula and the kernel (rows or strided) of a call.
#include "backends/opencl/elementwise.h"

#include "backends/opencl/kernels.h"

namespace tinygrad::opencl {
namespace {

const char* const unary_names[] = {
#define UNARY(name, ...) #name,
#include "tinygrad/elementwise.def"
};
const char* const binary_names[] = {
#define BINARY(name, ...) #name,
#define COMPARE(name, ...) #name,
#include "tinygrad/elementwise.def"
};
const char* const ternary_names[] = {
#define TERNARY(name, ...) #name,
#include "tinygrad/elementwise.def"
};
constexpr std::int64_t many_vectors = 32768;  // from here on work-groups are large

/// One elementwise call. Operand 0 is out, operands 1, 2, ... are the inputs.
class ElementwiseLaunch {
 public:
  ElementwiseLaunch(Runtime& runtime, const Formula& formula, Params params,
                    std::initializer_list<Operand> inputs, const View& out)
      : runtime_(runtime),
        formula_(formula),
        params_(params),
        inputs_(inputs),
        out_(out),
        operands_(int(inputs.size()) + 1) {
    Extents extents[max_operands] = {extents_of(out)};
    for (int k = 1; k < operands_; ++k)
      if (!input(k).is_scalar()) extents[k] = extents_of(input(k).view);
    layout_ = make_layout(extents, operands_, true);
  }
  void run() {
    if (out_.count() == 0) return;
    const int width = runtime_.traits().width;
    if (goes_by_rows(width)) by_rows(width);
    else strided(runtime_.is_cpu_form() ? width : 1);
  }

 private:
  const Operand& input(int k) const { return inputs_.begin()[k - 1]; }

  bool goes_by_rows(int width) const {
    bool contiguous = layout_.inner_stride(0) == 1;
    for (int k = 1; k < operands_; ++k)
      contiguous = contiguous && (layout_.inner_stride(k) == 0 || layout_.inner_stride(k) == 1);
    return contiguous && (layout_.rank == 1 || layout_.inner() >= width);
  }
  Launch begin(const char* kernel, int width) const {
    Launch launch(runtime_, "elementwise.cl", kernel);
    launch.define("FORMULA", formula_.text)
        .type("ELEMENT", formula_.element)
        .define("INPUTS", operands_ - 1)
        .type("Y", out_.dtype());
    const char* types[] = {"", "A", "B", "C", "D"};
    for (int k = 1; k < operands_; ++k) launch.type(types[k], dtype_of(k));
    launch.define("WIDTH", width).indices(fits_32_bits(layout_, operands_));
    if (formula_.uses_rows) launch.define("FORMULAS", "");
    if (!is_floating(formula_.element)) launch.define("INTEGERS", "");
    if (formula_.element == DType::float64) launch.define("REALS_64", "");
    launch.view(out_);
    for (int k = 1; k < operands_; ++k)
      launch.view(input(k).view).scalar(input(k).scalar, dtype_of(k));
    for (Scalar number : {params_.p, params_.q, params_.r, params_.s})
      launch.scalar(number, formula_.element);
    return launch;
  }
  /// A scalar has the dtype of the formula.
  DType dtype_of(int k) const {
    return input(k).is_scalar() ? formula_.element : input(k).view.dtype();
  }

  void by_rows(int width) const {
    Layout outer = layout_;
    int arrays = 0;
    for (int k = 1; k < operands_; ++k)
      arrays |= !input(k).is_scalar() && layout_.inner_stride(k) == 1 ? 1 << k : 0;
    const std::int64_t count = layout_.inner(), height = layout_.count / count,
                       vectors = ceil_div(count, width);
    if (--outer.rank == 0) {
      outer.rank = 1, outer.shape[0] = 1;
      for (int k = 0; k < operands_; ++k) outer.strides[k][0] = 0;
    }
    const Traits& traits = runtime_.traits();
    const std::size_t group = vectors >= many_vectors ? traits.large_group : traits.group,
                      side = group >= 64 ? 8 : 1;
    const Grid wide = {{vectors, height, 1}, {group, 1, 1}},
               tall = {{vectors, height, 1}, {side, side, 1}};
    begin("rows", width)
        .value(cl_int(arrays))
        .index(count)
        .index(height)
        .layout("outer", outer, operands_)
        .run(vectors >= 32 || height == 1 ? wide : tall, layout_.count);
  }
  void strided(int width) const {
    begin("strided", width)
        .index(layout_.count)
        .layout("layout", layout_, operands_)
        .run(ceil_div(layout_.count, width), layout_.count);
  }

  Runtime& runtime_;
  const Formula& formula_;
  Params params_;
  std::initializer_list<Operand> inputs_;
  const View& out_;
  int operands_;
  Layout layout_;
};

/// The call of a function of formulas.cl: function(arguments, p, q, r, s).
std::string call_text(const std::string& prefix, const char* row, const std::string& arguments) {
  return prefix + row + "(" + arguments + ", p, q, r, s)";
}
/// grad_0_ for input 0, ...
std::string grad_prefix(int input) { return "grad_" + std::to_string(input) + "_"; }
/// The values of input `name` in the type of the formula, from which those of a condition differ.
std::string argument(const char* name, const Operand& operand, DType element) {
  const bool is_condition = !operand.is_scalar() && operand.view.dtype() != element;
  return is_condition ? std::string("TO(ELEMENT, TO(int, ") + name + "))" : name;
}

}  // namespace

void elementwise(Runtime& runtime, const Formula& formula, Params params,
                 std::initializer_list<Operand> inputs, const View& out) {
  ElementwiseLaunch(runtime, formula, params, inputs, out).run();
}

void unary(Runtime& runtime, Unary op, Params params, const View& x, const View& out) {
  elementwise(runtime, {call_text("row_", unary_names[int(op)], "a"), x.dtype()}, params, {x}, out);
}

void binary(Runtime& runtime, Binary op, Params params, const Operand& a, const Operand& b,
            const View& out) {
  const DType dtype = (a.is_scalar() ? b : a).view.dtype();
  const char* name = binary_names[int(op)];
  const std::string text = is_comparison(op) ? std::string("TO(long, row_") + name + "(a, b))"
                                             : call_text("row_", name, "a, b");
  elementwise(runtime, {text, dtype}, params, {a, b}, out);
}

void ternary(Runtime& runtime, Ternary op, Params params, const Operand& a, const Operand& b,
             const Operand& c, const View& out) {
  const DType dtype = out.dtype();
  const std::string arguments =
      argument("a", a, dtype) + ", " + argument("b", b, dtype) + ", " + argument("c", c, dtype);
  elementwise(runtime, {call_text("row_", ternary_names[int(op)], arguments), dtype}, params,
              {a, b, c}, out);
}

bool unary_grad(Runtime& runtime, Unary op, Params params, const View& dy, const View& kept,
                const View& dx) {
  const Operand other =
      kept ? Operand(kept) : Operand(Scalar(0));  // the row mentions x or y, whichever was kept
  elementwise(runtime, {call_text("grad_0_", unary_names[int(op)], "a, b, b"), dx.dtype()}, params,
              {dy, other}, dx);
  return true;
}

bool binary_grad(Runtime& runtime, Binary op, Params params, int input, const View& dy,
                 const Operand& a, const Operand& b, const View& dx) {
  const std::string text = call_text(grad_prefix(input), binary_names[int(op)], "a, b, c");
  elementwise(runtime, {text, dx.dtype()}, params, {dy, a, b}, dx);
  return true;
}

bool ternary_grad(Runtime& runtime, Ternary op, Params params, int input, const View& dy,
                  const Operand& a, const Operand& b, const Operand& c, const View& dx) {
  const DType dtype = dx.dtype();
  const std::string arguments = "a, " + argument("b", a, dtype) + ", " + argument("c", b, dtype) +
                                ", " + argument("d", c, dtype);
  const std::string text = call_text(grad_prefix(input), ternary_names[int(op)], arguments);
  elementwise(runtime, {text, dtype}, params, {dy, a, b, c}, dx);
  return true;
}

}  // namespace tinygrad::opencl
