// SPDX-License-Identifier: MIT
// The forms of operators that are one call or one expression of C++.
#include <tinygrad/tinygrad.h>

#include <algorithm>
#include <cmath>

#include "program.h"

namespace onnx_printer {
namespace {

using Expressions = std::vector<Expression>;
using Ints = std::vector<std::int64_t>;

/// tg::name(a, b, ...) of all inputs.
Form call(const std::string& name) {
  return [name](Program& p, const Node& node) {
    std::string text;
    for (int i = 0; i < int(node.inputs.size()); ++i)
      text += (i ? ", " : "") + p.operand(node, i, Binds::primary, i > 0);
    return Expressions{{"tg::" + name + "(" + text + ")"}};
  };
}
/// a op b.
Form between(const std::string& op, Binds binds) {
  return [op, binds](Program& p, const Node& node) {
    // The operand on the right is in parentheses even if it binds as tightly: a - (b - c).
    const Binds tighter = Binds(int(binds) - 1);
    const bool left_number = !p.constant(node, 1).defined();
    const std::string a = p.operand(node, 0, binds, left_number),
                      b = p.operand(node, 1, tighter, true);
    return Expressions{{a + " " + op + " " + b, binds}};
  };
}
/// op a.
Form before(const std::string& op) {
  return [op](Program& p, const Node& node) {
    return Expressions{{op + p.operand(node, 0, Binds::unary), Binds::unary}};
  };
}
/// tg::name(x, attribute).
Form with_real(const std::string& name, const char* key, float fallback) {
  return [=](Program& p, const Node& node) {
    return Expressions{{"tg::" + name + "(" + p.operand(node, 0) + ", " +
                        literal(attribute(node, key, fallback)) + ")"}};
  };
}

// ------------------------------------------------------------ elementwise

Expressions clip(Program& p, const Node& node) {
  const auto bound = [&](int i, const char* key, float fallback) {
    if (!p.has(node, i)) return literal(attribute(node, key, fallback));
    return p.operand(node, i, Binds::primary, true);
  };
  const std::string low = bound(1, "min", -INFINITY), high = bound(2, "max", INFINITY),
                    x = p.operand(node, 0);
  if (low == "0.0" && high == "6.0") return {{"tg::relu6(" + x + ")"}};
  return {{"tg::clamp(" + x + ", " + low + ", " + high + ")"}};
}
Expressions hard_sigmoid(Program& p, const Node& node) {
  const float alpha = attribute(node, "alpha", 0.2f), beta = attribute(node, "beta", 0.5f);
  return {{"tg::clamp(" + literal(alpha) + " * " + p.operand(node, 0, Binds::unary) + " + " +
           literal(beta) + ", 0.0, 1.0)"}};
}
Expressions cast(Program& p, const Node& node) {
  static const std::map<std::int64_t, std::string> names = {
      {1, "float32"}, {2, "uint8"},    {6, "int32"},    {7, "int64"},
      {9, "boolean"}, {10, "float16"}, {11, "float64"}, {16, "bfloat16"}};
  const auto name = names.find(attribute(node, "to", std::int64_t(0)));
  if (name == names.end()) return {};
  return {{"tg::to(" + p.operand(node, 0) + ", tg::" + name->second + ")"}};
}
Expressions gelu(Program& p, const Node& node) {
  const bool is_tanh = attribute(node, "approximate", std::string("none")) == "tanh";
  return {{"tg::gelu(" + p.operand(node, 0) + (is_tanh ? ", tg::GeluApproximation::tanh)" : ")")}};
}

Expressions remainder(Program& p, const Node& node) {
  const bool is_fmod = attribute(node, "fmod", std::int64_t(0)) != 0;
  return {{std::string(is_fmod ? "tg::fmod(" : "tg::remainder(") + p.operand(node, 0) + ", " +
           p.operand(node, 1, Binds::primary, true) + ")"}};
}
// ------------------------------------------------------------ reductions

Expressions cumsum(Program& p, const Node& node) {
  const tg::Tensor axis = p.constant(node, 1);
  const bool is_plain = attribute(node, "exclusive", std::int64_t(0)) == 0 &&
                        attribute(node, "reverse", std::int64_t(0)) == 0;
  if (!axis.defined() || !is_plain) return {};
  return {{"tg::cumsum(" + p.operand(node, 0) + ", " + std::to_string(axis.item<std::int64_t>()) +
           ")"}};
}
Form reduction(const std::string& name) {
  return [name](Program& p, const Node& node) {
    const Ints axes = p.ints(node, 1, "axes");
    const bool keeps = attribute(node, "keepdims", std::int64_t(1)) != 0;
    return Expressions{{"tg::" + name + "(" + p.operand(node, 0) + ", " + braces(axes) +
                        (keeps ? ", tg::keepdim)" : ")")}};
  };
}
Form arg_reduction(const std::string& name) {
  return [name](Program& p, const Node& node) {
    const bool keeps = attribute(node, "keepdims", std::int64_t(1)) != 0;
    return Expressions{{"tg::" + name + "(" + p.operand(node, 0) + ", " +
                        std::to_string(attribute(node, "axis", std::int64_t(0))) +
                        (keeps ? ", tg::keepdim)" : ")")}};
  };
}
/// Before opset 13, over all dimensions from the axis on: the axis alone if it is the last one.
Form softmax(const std::string& name) {
  return [name](Program& p, const Node& node) {
    const std::int64_t axis = attribute(node, "axis", std::int64_t(node.opset < 13 ? 1 : -1));
    const int rank = p.rank(node.inputs[0]);
    if (node.opset < 13 && axis != -1 && axis != rank - 1) return Expressions{};
    return Expressions{
        {"tg::" + name + "(" + p.operand(node, 0) + ", " + std::to_string(axis) + ")"}};
  };
}

const std::map<std::string, Form> forms = {
    {"Abs", call("abs")},
    {"Add", between("+", Binds::sum)},
    {"And", between("&", Binds::logic)},
    {"ArgMax", arg_reduction("argmax")},
    {"ArgMin", arg_reduction("argmin")},
    {"Atan", call("atan")},
    {"Cast", cast},
    {"Ceil", call("ceil")},
    {"Clip", clip},
    {"Cos", call("cos")},
    {"CumSum", cumsum},
    {"Div", between("/", Binds::product)},
    {"Dropout", [](Program& p, const Node& n) { return Expressions{p.input(n, 0)}; }},
    {"Elu", with_real("elu", "alpha", 1)},
    {"Equal", between("==", Binds::comparison)},
    {"Erf", call("erf")},
    {"Exp", call("exp")},
    {"Floor", call("floor")},
    {"Gelu", gelu},
    {"Greater", between(">", Binds::comparison)},
    {"GreaterOrEqual", between(">=", Binds::comparison)},
    {"HardSigmoid", hard_sigmoid},
    {"HardSwish", call("hardswish")},
    {"Identity", [](Program& p, const Node& n) { return Expressions{p.input(n, 0)}; }},
    {"LeakyRelu", with_real("leaky_relu", "alpha", 0.01f)},
    {"Less", between("<", Binds::comparison)},
    {"LessOrEqual", between("<=", Binds::comparison)},
    {"Log", call("log")},
    {"LogSoftmax", softmax("log_softmax")},
    {"Max", call("maximum")},
    {"Min", call("minimum")},
    {"Mish", call("mish")},
    {"Mod", remainder},
    {"Mul", between("*", Binds::product)},
    {"Neg", before("-")},
    {"Not", call("logical_not")},
    {"Or", between("|", Binds::logic)},
    {"Pow", call("pow")},
    {"Reciprocal", call("reciprocal")},
    {"ReduceMax", reduction("amax")},
    {"ReduceMean", reduction("mean")},
    {"ReduceMin", reduction("amin")},
    {"ReduceProd", reduction("prod")},
    {"ReduceSum", reduction("sum")},
    {"Relu", call("relu")},
    {"Round", call("round")},
    {"Selu", call("selu")},
    {"Sigmoid", call("sigmoid")},
    {"Sign", call("sign")},
    {"Sin", call("sin")},
    {"Softmax", softmax("softmax")},
    {"Softplus", call("softplus")},
    {"Sqrt", call("sqrt")},
    {"Sub", between("-", Binds::sum)},
    {"Tanh", call("tanh")},
    {"Where", call("where")},
    {"Xor", between("^", Binds::logic)},
};

}  // namespace

const Form* find_form(const std::string& type) {
  for (const auto* table : {&forms, &shape_forms(), &layer_forms()})
    if (const auto form = table->find(type); form != table->end()) return &form->second;
  return nullptr;
}

}  // namespace onnx_printer
