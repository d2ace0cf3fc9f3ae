// SPDX-License-Identifier: MIT
// Expressions that are differentiated as one does on paper: the result is an expression.
#pragma once
#include <cmath>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace symbolic {

struct Node;
using Expression = std::shared_ptr<const Node>;

/// A value, a variable, or a function of expressions.
struct Node {
  std::string kind;  ///< "value", "variable", "+", "*", "^", "sin", "log"
  double value = 0;
  std::string name = {};
  std::vector<Expression> parts = {};
};

inline Expression make(Node node) { return std::make_shared<const Node>(std::move(node)); }
inline Expression value(double v) { return make({.kind = "value", .value = v}); }
inline Expression variable(const std::string& name) {
  return make({.kind = "variable", .name = name});
}
inline bool is(const Expression& e, double v) { return e->kind == "value" && e->value == v; }

// The rules that one applies without thinking: x + 0, x * 1, x * 0, x ^ 1.
inline Expression operator+(const Expression& a, const Expression& b) {
  return is(a, 0) ? b : is(b, 0) ? a : make({.kind = "+", .parts = {a, b}});
}
inline Expression operator*(const Expression& a, const Expression& b) {
  if (is(a, 0) || is(b, 0)) return value(0);
  return is(a, 1) ? b : is(b, 1) ? a : make({.kind = "*", .parts = {a, b}});
}
inline Expression pow(const Expression& a, const Expression& b) {
  return is(b, 1) ? a : make({.kind = "^", .parts = {a, b}});
}
inline Expression sin(const Expression& a) { return make({.kind = "sin", .parts = {a}}); }
inline Expression log(const Expression& a) { return make({.kind = "log", .parts = {a}}); }

/// ∂e / ∂name.
inline Expression derivative(const Expression& e, const std::string& name) {
  const auto d = [&](std::size_t i) { return derivative(e->parts[i], name); };
  const auto& p = e->parts;
  if (e->kind == "variable") return value(e->name == name);
  if (e->kind == "+") return d(0) + d(1);
  if (e->kind == "*") return d(0) * p[1] + p[0] * d(1);
  if (e->kind == "^")  // a^b (b' log a + b a' / a)
    return p[1] * pow(p[0], p[1] + value(-1)) * d(0) + e * log(p[0]) * d(1);
  if (e->kind == "sin") return sin(p[0] + value(std::acos(-1.) / 2)) * d(0);
  if (e->kind == "log") return pow(p[0], value(-1)) * d(0);
  return value(0);
}

inline double evaluate(const Expression& e, const std::map<std::string, double>& at) {
  const auto v = [&](std::size_t i) { return evaluate(e->parts[i], at); };
  if (e->kind == "value") return e->value;
  if (e->kind == "variable") return at.at(e->name);
  if (e->kind == "+") return v(0) + v(1);
  if (e->kind == "*") return v(0) * v(1);
  if (e->kind == "^") return std::pow(v(0), v(1));
  return e->kind == "sin" ? std::sin(v(0)) : std::log(v(0));
}

/// How many values, variables and functions the written formula has.
inline double size(const Expression& e) {
  double n = 1;
  for (auto& part : e->parts) n += size(part);
  return n;
}

inline std::string to_string(const Expression& e) {
  if (e->kind == "variable") return e->name;
  if (e->kind == "value") {
    std::string digits = std::to_string(e->value);
    digits.erase(digits.find_last_not_of('0') + 1);
    return digits.ends_with('.') ? digits.substr(0, digits.size() - 1) : digits;
  }
  if (e->parts.size() == 1) return e->kind + "(" + to_string(e->parts[0]) + ")";
  return "(" + to_string(e->parts[0]) + " " + e->kind + " " + to_string(e->parts[1]) + ")";
}

}  // namespace symbolic
