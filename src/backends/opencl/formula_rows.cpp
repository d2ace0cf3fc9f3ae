// SPDX-License-Identifier: MIT
// Generates formula_rows.cl from elementwise.def. C has neither overloads nor default arguments, so
// each row that is no word gets a macro with the arguments that its formula takes:
//   UNARY(softplus, real, where(x * p > q, ...), dy * ...)
//   #define softplus(x, p, q) row_softplus((T)(x), p, q, 0, 0)
#include <string>

#include "backends/opencl/sources.h"
#include "core/formula_text.h"

namespace tinygrad::opencl {
namespace {

/// Appends the row `kind(name, arguments)` and its macro. `inputs`: "x", "ab" or "abc".
void append(std::string& text, const std::string& kind, const std::string& name,
            const std::string& formula, const std::string& arguments, const std::string& inputs) {
  text += kind + "(" + name + ", " + arguments + ")\n";
  if (mentions(formula, name)) return;  // exp(x) is the word exp itself
  std::string parameters, passed;
  for (char input : inputs) {
    parameters += std::string(parameters.empty() ? "" : ", ") + input;
    passed += std::string(passed.empty() ? "(T)(" : ", (T)(") + input + ")";
  }
  const std::string numbers = "pqrs";
  std::size_t used = numbers.size();
  while (used > 0 && !mentions(formula, {&numbers[used - 1], 1})) --used;
  for (std::size_t i = 0; i < numbers.size() && kind != "COMPARE"; ++i) {
    if (i < used) parameters += std::string(", ") + numbers[i];
    passed += i < used ? std::string(", ") + numbers[i] : ", 0";
  }
  text += "#undef " + name + "\n#define " + name + "(" + parameters + ") row_" + name + "(" +
          passed + ")\n";
}

std::string generate() {
  std::string text;
#define UNARY(name, domain, precision, y, dx) \
  append(text, "UNARY", #name, #y, #domain ", " #y ", " #dx, "x");
#define BINARY(name, domain, precision, y, da, db) \
  append(text, "BINARY", #name, #y, #domain ", " #y ", " #da ", " #db, "ab");
#define COMPARE(name, y) append(text, "COMPARE", #name, #y, #y, "ab");
#define TERNARY(name, domain, precision, y, da, db, dc) \
  append(text, "TERNARY", #name, #y, #domain ", " #y ", " #da ", " #db ", " #dc, "abc");
#include "tinygrad/elementwise.def"
  return text;
}

}  // namespace

const char* formula_rows() {
  static const std::string text = generate();
  return text.c_str();
}

}  // namespace tinygrad::opencl
