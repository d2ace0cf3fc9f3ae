// Elementwise ops: which formula, and over which rows.
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
constexpr std::int64_t many = 32768;  // vectors: from here on groups are large
bool is_comparison(Binary op) { return op >= Binary::equal; }

/// One elementwise call: the merged walk over out (operand 0) and the inputs.
class Sweep {
 public:
  Sweep(Runtime& runtime, const Formula& formula, Params params,
        std::initializer_list<Operand> inputs, const View& out)
      : runtime_(runtime),
        formula_(formula),
        params_(params),
        inputs_(inputs),
        out_(out),
        operands_(int(inputs.size()) + 1) {
    Extents extents[4] = {extents_of(out)};
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
    const char* types[] = {"", "A", "B", "C"};
    for (int k = 1; k < operands_; ++k) launch.type(types[k], dtype_of(k));
    launch.define("WIDTH", width).indices(fits_32_bits(layout_, operands_));
    if (formula_.lines) launch.define("LINES", "");
    if (!is_floating(formula_.element)) launch.define("INTEGERS", "");
    if (formula_.element == DType::float64) launch.define("REALS_64", "");
    launch.view(out_);
    for (int k = 1; k < operands_; ++k)
      launch.view(input(k).view).number(input(k).scalar, dtype_of(k));
    launch.number(params_.p, formula_.element).number(params_.q, formula_.element);
    return launch;
  }
  /// A number has the dtype of the formula.
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
    const std::size_t group = vectors >= many ? traits.large_group : traits.group,
                      side = group >= 64 ? 8 : 1;
    const Grid wide = {{vectors, height, 1}, {group, 1, 1}},
               tall = {{vectors, height, 1}, {side, side, 1}};
    begin("rows", width)
        .value(cl_int(arrays))
        .index(count)
        .index(height)
        .walk("outer", outer, operands_)
        .run(vectors >= 32 || height == 1 ? wide : tall, layout_.count);
  }
  void strided(int width) const {
    begin("strided", width)
        .index(layout_.count)
        .walk("walk", layout_, operands_)
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

std::string call(const char* kind, const char* name, const char* arguments) {
  return std::string(kind) + name + arguments;
}

}  // namespace

void elementwise(Runtime& runtime, const Formula& formula, Params params,
                 std::initializer_list<Operand> inputs, const View& out) {
  Sweep(runtime, formula, params, inputs, out).run();
}

void unary(Runtime& runtime, Unary op, Params params, const View& x, const View& out) {
  elementwise(runtime, {call("line_", unary_names[int(op)], "(a, p, q)"), x.dtype()}, params, {x},
              out);
}

void binary(Runtime& runtime, Binary op, const Operand& a, const Operand& b, const View& out) {
  const DType dtype = (a.is_scalar() ? b : a).view.dtype();
  const std::string line = call("line_", binary_names[int(op)], "(a, b)");
  elementwise(runtime, {is_comparison(op) ? "TO(long, " + line + ")" : line, dtype}, {}, {a, b},
              out);
}

void where(Runtime& runtime, const View& condition, const Operand& a, const Operand& b,
           const View& out) {
  elementwise(runtime, {"(TO(MASK(ELEMENT), a != 0) ? b : c)", out.dtype(), false}, {},
              {condition, a, b}, out);
}

bool unary_grad(Runtime& runtime, Unary op, Params params, const View& dy, const View& kept,
                const View& dx) {
  const Operand other =
      kept ? Operand(kept) : Operand(Scalar(0));  // the line mentions x or y, whichever was kept
  elementwise(runtime, {call("grad_", unary_names[int(op)], "(a, b, b, p, q)"), dx.dtype()}, params,
              {dy, other}, dx);
  return true;
}

bool binary_grad(Runtime& runtime, Binary op, int side, const View& dy, const Operand& a,
                 const Operand& b, const View& dx) {
  elementwise(
      runtime,
      {call(side == 0 ? "first_" : "second_", binary_names[int(op)], "(a, b, c)"), dx.dtype()}, {},
      {dy, a, b}, dx);
  return true;
}

}  // namespace tinygrad::opencl
