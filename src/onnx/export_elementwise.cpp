// SPDX-License-Identifier: MIT
// Rules of elementwise ops, of reductions and of scans. Most are one node.
#include <cmath>

#include "export_rules.h"
#include "tinygrad/ops.h"

namespace tinygrad::onnx {
namespace {

/// Input i of a binary or ternary op, or its scalar, in the dtype of the other inputs.
std::string operand(ExportStep& s, int i) {
  if (s.has(i)) return s.name(i);
  const char* const kernel = s.call("binary") ? "binary" : "ternary";
  DType dtype = s.output(0).dtype();
  for (int k = 0; k < s.inputs(); ++k)
    if (s.has(k) && (k > 0 || kernel == std::string_view("binary"))) dtype = s.input(k).dtype();
  return s.graph().scalar(s.argument<Scalar>(kernel), dtype);
}

#define ONE(type) [](ExportStep& s) { return s.result(s.node(type, {s.name(0)})); }
#define TWO(type) \
  [](ExportStep& s) { return s.result(s.node(type, {operand(s, 0), operand(s, 1)})); }

Params params(ExportStep& s) { return s.argument<Params>("unary"); }

bool clip(ExportStep& s) {
  const Params p = params(s);
  const auto bound = [&](Scalar limit) {
    return std::isinf(limit.real()) ? std::string() : s.scalar(limit);
  };
  return s.result(s.node("Clip", {s.name(0), bound(p.p), bound(p.q)}));
}
/// x Φ(x). Gelu is an operator from opset 20 on.
bool gelu(ExportStep& s) {
  if (s.op().status == OpStatus::formula) return false;  // the approximation by tanh
  const std::string x = s.name(0);
  if (s.opset() >= 20) return s.result(s.node("Gelu", {x}));
  const std::string erf = s.node("Erf", {s.node("Mul", {x, s.scalar(std::sqrt(0.5))})});
  return s.result(
      s.node("Mul", {s.node("Mul", {x, s.scalar(0.5)}), s.node("Add", {erf, s.scalar(1)})}));
}
/// log(1 + exp(p x)) / p, and x where p x > q.
bool softplus(ExportStep& s) {
  const Params p = params(s);
  const std::string x = s.name(0), beta = s.scalar(p.p);
  if (p.p.real() == 1) return s.result(s.node("Softplus", {x}));
  return s.result(s.node("Div", {s.node("Softplus", {s.node("Mul", {x, beta})}), beta}));
}
bool mish(ExportStep& s) {
  const std::string x = s.name(0);
  return s.result(s.node("Mul", {x, s.node("Tanh", {s.node("Softplus", {x})})}));
}
bool logarithm(ExportStep& s, double base) {
  return s.result(s.node("Div", {s.node("Log", {s.name(0)}), s.scalar(std::log(base))}));
}
bool remainder(ExportStep& s, int fmod) {
  if (!fmod && is_floating(s.output(0).dtype())) {  // Mod has the sign of the divisor of integers
    const std::string a = operand(s, 0), b = operand(s, 1);
    const std::string n = s.node("Floor", {s.node("Div", {a, b})});
    return s.result(s.node("Sub", {a, s.node("Mul", {n, b})}));
  }
  return s.result(s.node("Mod", {operand(s, 0), operand(s, 1)}, {{"fmod", fmod}}));
}
bool bitwise(ExportStep& s, const char* logical, const char* bits) {
  const bool is_bool = s.output(0).dtype() == DType::boolean;
  if (!is_bool && s.opset() < 18) return false;
  return s.result(s.node(is_bool ? logical : bits, {operand(s, 0), operand(s, 1)}));
}
/// a + p b c, or a + p b / c.
bool add_scaled(ExportStep& s, const char* type) {
  const Scalar p = s.argument<Params>("ternary").p;
  const std::string term = s.node(type, {operand(s, 1), operand(s, 2)});
  return s.result(s.node("Add", {operand(s, 0), s.node("Mul", {s.scalar(p), term})}));
}

// ------------------------------------------------------------ reductions

/// The dimensions that the kernel reduces: those that it leaves with size 1.
Ints reduced_dims(ExportStep& s) {
  const KernelCall& call = *s.call("reduce");
  const View &x = *call.find<View>(0), &y = *call.find<View>(1);
  Ints dims;
  for (int i = 0; i < x.rank(); ++i)
    if (y.size(i) != x.size(i)) dims.push_back(i);
  return dims;
}
/// ReduceSum takes the axes as an input, the others from opset 18 on.
bool reduction(ExportStep& s, const std::string& type) {
  if (!s.call("reduce")) return false;
  const Ints dims = reduced_dims(s);
  const bool keeps = s.output(0).dim() == s.input(0).dim();
  std::string x = s.name(0);
  if (s.input(0).dtype() != s.output(0).dtype())
    x = s.node("Cast", {x}, {{"to", number_of(s.output(0).dtype())}});
  if (dims.empty()) return s.result(x);
  if (type == "ReduceSum" || s.opset() >= 18)
    return s.result(s.node(type, {x, s.ints(dims)}, {{"keepdims", int(keeps)}}));
  return s.result(s.node(type, {x}, {{"axes", dims}, {"keepdims", int(keeps)}}));
}
/// The kernel's op decides for names that stand for several, such as "max" of a dimension.
bool extreme(ExportStep& s, const char* reduce, const char* arg) {
  if (s.call("reduce")) return reduction(s, reduce);
  if (s.call("arg_reduce"))
    return s.result(s.node(arg, {s.name(0)},
                           {{"axis", s.argument<std::int64_t>("arg_reduce")}, {"keepdims", 1}}));
  return false;
}
bool cumsum(ExportStep& s) {
  if (!s.call("scan")) return false;
  const std::string axis = s.graph().scalar(s.argument<std::int64_t>("scan"), DType::int64);
  return s.result(
      s.node("CumSum", {s.name(0), axis}, {{"reverse", int(s.argument<bool>("scan"))}}));
}

}  // namespace

const RuleTable& elementwise_rules() {
  static const RuleTable rules = {
      {"neg", ONE("Neg")},
      {"sign", ONE("Sign")},
      {"abs", ONE("Abs")},
      {"exp", ONE("Exp")},
      {"log", ONE("Log")},
      {"sqrt", ONE("Sqrt")},
      {"reciprocal", ONE("Reciprocal")},
      {"sin", ONE("Sin")},
      {"cos", ONE("Cos")},
      {"tanh", ONE("Tanh")},
      {"erf", ONE("Erf")},
      {"floor", ONE("Floor")},
      {"ceil", ONE("Ceil")},
      {"round", ONE("Round")},
      {"sigmoid", ONE("Sigmoid")},
      {"relu", ONE("Relu")},
      {"atan", ONE("Atan")},
      {"selu", ONE("Selu")},
      {"square",
       [](ExportStep& s) {
         return s.result(s.node("Mul", {s.name(0), s.name(0)}));
       }},
      {"rsqrt",
       [](ExportStep& s) { return s.result(s.node("Reciprocal", {s.node("Sqrt", {s.name(0)})})); }},
      {"expm1",
       [](ExportStep& s) {
         return s.result(s.node("Sub", {s.node("Exp", {s.name(0)}), s.scalar(1)}));
       }},
      {"log1p",
       [](ExportStep& s) {
         return s.result(s.node("Log", {s.node("Add", {s.name(0), s.scalar(1)})}));
       }},
      {"erfc",
       [](ExportStep& s) {
         return s.result(s.node("Sub", {s.scalar(1), s.node("Erf", {s.name(0)})}));
       }},
      {"log2", [](ExportStep& s) { return logarithm(s, 2); }},
      {"log10", [](ExportStep& s) { return logarithm(s, 10); }},
      {"clamp", clip},
      {"hardtanh", clip},
      {"leaky_relu",
       [](ExportStep& s) {
         return s.result(s.node("LeakyRelu", {s.name(0)}, {{"alpha", params(s).p.real()}}));
       }},
      {"elu",
       [](ExportStep& s) {
         return s.result(s.node("Elu", {s.name(0)}, {{"alpha", params(s).p.real()}}));
       }},
      {"gelu", gelu},
      {"silu",
       [](ExportStep& s) {
         return s.result(s.node("Mul", {s.name(0), s.node("Sigmoid", {s.name(0)})}));
       }},
      {"softplus", softplus},
      {"mish", mish},
      {"add", TWO("Add")},
      {"sub", TWO("Sub")},
      {"mul", TWO("Mul")},
      {"div", TWO("Div")},
      {"maximum", TWO("Max")},
      {"minimum", TWO("Min")},
      {"pow", TWO("Pow")},
      {"eq", TWO("Equal")},
      {"not_equal",
       [](ExportStep& s) {
         return s.result(s.node("Not", {s.node("Equal", {operand(s, 0), operand(s, 1)})}));
       }},
      {"less", TWO("Less")},
      {"less_equal", TWO("LessOrEqual")},
      {"greater", TWO("Greater")},
      {"greater_equal", TWO("GreaterOrEqual")},
      {"fmod", [](ExportStep& s) { return remainder(s, 1); }},
      {"remainder", [](ExportStep& s) { return remainder(s, 0); }},
      {"floor_divide",
       [](ExportStep& s) {
         return is_floating(s.output(0).dtype()) &&
                s.result(s.node("Floor", {s.node("Div", {operand(s, 0), operand(s, 1)})}));
       }},
      {"bitwise_and", [](ExportStep& s) { return bitwise(s, "And", "BitwiseAnd"); }},
      {"bitwise_or", [](ExportStep& s) { return bitwise(s, "Or", "BitwiseOr"); }},
      {"bitwise_xor", [](ExportStep& s) { return bitwise(s, "Xor", "BitwiseXor"); }},
      {"where",
       [](ExportStep& s) {
         return s.result(s.node("Where", {operand(s, 0), operand(s, 1), operand(s, 2)}));
       }},
      {"addcmul", [](ExportStep& s) { return add_scaled(s, "Mul"); }},
      {"addcdiv", [](ExportStep& s) { return add_scaled(s, "Div"); }},
      {"lerp",
       [](ExportStep& s) {
         const std::string a = operand(s, 0), d = s.node("Sub", {operand(s, 1), a});
         return s.result(s.node("Add", {a, s.node("Mul", {operand(s, 2), d})}));
       }},
      {"clamp_tensor",
       [](ExportStep& s) {
         return s.result(
             s.node("Min", {s.node("Max", {operand(s, 0), operand(s, 1)}), operand(s, 2)}));
       }},
      {"sum", [](ExportStep& s) { return reduction(s, "ReduceSum"); }},
      {"mean", [](ExportStep& s) { return reduction(s, "ReduceMean"); }},
      {"prod", [](ExportStep& s) { return reduction(s, "ReduceProd"); }},
      {"amax", [](ExportStep& s) { return reduction(s, "ReduceMax"); }},
      {"amin", [](ExportStep& s) { return reduction(s, "ReduceMin"); }},
      {"max", [](ExportStep& s) { return extreme(s, "ReduceMax", "ArgMax"); }},
      {"min", [](ExportStep& s) { return extreme(s, "ReduceMin", "ArgMin"); }},
      {"argmax", [](ExportStep& s) { return extreme(s, "ReduceMax", "ArgMax"); }},
      {"argmin", [](ExportStep& s) { return extreme(s, "ReduceMin", "ArgMin"); }},
      {"cumsum", cumsum},
  };
  return rules;
}

}  // namespace tinygrad::onnx
