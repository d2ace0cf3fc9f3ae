// SPDX-License-Identifier: MIT
// The text of the printed header, and of what is in it.
#include <tinygrad/tinygrad.h>

#include <cctype>
#include <charconv>
#include <cmath>

#include "program.h"

namespace onnx_printer {

std::string literal(float value) {
  if (std::isinf(value)) return value < 0 ? "-INFINITY" : "INFINITY";
  char text[32];
  const auto end = std::to_chars(text, text + sizeof text, value).ptr;
  const std::string digits(text, end);
  return digits.find_first_of(".en") == std::string::npos ? digits + ".0" : digits;
}
std::string literal(tg::Scalar value) {
  if (value.kind() == tg::ScalarKind::boolean) return value.boolean() ? "true" : "false";
  return value.is_real() ? literal(float(value.real())) : std::to_string(value.integer());
}
std::string braces(const std::vector<std::string>& items) {
  std::string text;
  for (const std::string& item : items) text += (text.empty() ? "" : ", ") + item;
  return "{" + text + "}";
}
std::string braces(const std::vector<std::int64_t>& items) {
  std::vector<std::string> texts;
  for (const std::int64_t item : items) texts.push_back(std::to_string(item));
  return braces(texts);
}
std::string identifier(const std::string& text) {
  std::string name;
  for (const char c : text)
    if (std::isalnum(static_cast<unsigned char>(c))) name += c;
    else if (!name.empty() && name.back() != '_') name += '_';
  while (name.ends_with('_')) name.pop_back();
  return name.empty() || std::isdigit(static_cast<unsigned char>(name[0])) ? "v" + name : name;
}

bool is_name(const Expression& e) { return e.text.find_first_of("(+-*/ ") == std::string::npos; }

std::string Program::body(const std::string& indent) {
  std::vector<std::string> results;
  for (const auto& info : graph_.outputs) {
    Expression& value = values_[info.name];
    if (graph_.outputs.size() > 1 && !is_name(value)) value = variable(value);
    results.push_back(value.text);
  }
  std::string text;
  for (const std::string& statement : statements_) text += indent + statement + "\n";
  return text + indent + "return " +
         (results.size() == 1 ? results[0] : "tg::Tensors" + braces(results)) + ";\n";
}

namespace {

/// "x [N, 3, ?]".
std::string described(const tg::onnx::ValueInfo& info) {
  std::vector<std::string> sizes;
  if (info.shape)
    for (const auto& d : *info.shape)
      sizes.push_back(d.size && *d.size >= 0 ? std::to_string(*d.size)
                      : d.name.empty()       ? "?"
                                             : d.name);
  const std::string list = braces(sizes);
  return info.name + (info.shape ? " [" + list.substr(1, list.size() - 2) + "]" : "");
}
std::string described(const std::vector<tg::onnx::ValueInfo>& list) {
  std::string text;
  for (const auto& info : list) text += (text.empty() ? "" : ", ") + described(info);
  return text;
}

const std::map<std::string, std::string> helper_functions = {{"shape_of", R"(
/// The shape of x as a tensor.
inline tg::Tensor shape_of(const tg::Tensor& x) {
  return tg::from_vector(std::vector<std::int64_t>(x.shape().begin(), x.shape().end()), "cpu");
}
)"},
                                                             {"sizes_of", R"(
/// The elements of a tensor as a shape. 0 stands for the size that x has there.
inline tg::Shape sizes_of(const tg::Tensor& shape, const tg::Tensor& x = {}) {
  tg::Shape sizes = shape.to_vector<std::int64_t>();
  for (int i = 0; i < sizes.rank() && x.defined(); ++i)
    if (sizes[i] == 0) sizes[i] = x.size(i);
  return sizes;
}
)"}};

}  // namespace

std::string Program::print(const std::string& source) {
  for (const Node& node : graph_.nodes) translate(node);
  std::string list;
  for (const std::string& problem : problems_) list += "\n    " + problem;
  tg::require(problems_.empty(), "tinygrad-onnx", "these nodes cannot be printed:", list);
  for (const auto& info : graph_.outputs)
    if (constants_.contains(info.name))
      values_[info.name] = {member(info.name, constants_[info.name])};
  std::string text = "// The network of " + source + ", printed by tinygrad-onnx.\n" +
                     "#pragma once\n#include <tinygrad/tinygrad.h>\n\n#include <cmath>\n\n" +
                     "namespace tg = tinygrad;\nnamespace nn = tinygrad::nn;\n";
  for (const std::string& helper : helpers_) text += helper_functions.at(helper);
  const std::string from = described(graph_.inputs), to = described(graph_.outputs);
  text += "\n/// " + from + (from.size() + to.size() > 90 ? " ->\n/// " : " -> ") + to + ".\n";
  text += "struct Model : nn::Module {\n";
  for (const std::string& member : members_) text += "  " + member + "\n";
  if (!members_.empty()) text += "\n";
  if (graph_.inputs.size() == 1 && graph_.outputs.size() == 1)
    return text + "  tg::Tensor forward(const tg::Tensor& " + values_[graph_.inputs[0].name].text +
           ") override {\n" + body("    ") + "  }\n};\n";
  std::vector<std::string> parameters;
  for (const auto& info : graph_.inputs)
    parameters.push_back("tg::In " + values_[info.name].text.substr(1));
  const std::string all = braces(parameters);
  return text + "  tg::Tensors operator()(" + all.substr(1, all.size() - 2) +
         ") {\n    return run(" + parameters[0].substr(7) + ".location, [&]() -> tg::Tensors {\n" +
         body("      ") + "    });\n  }\n};\n";
}

}  // namespace onnx_printer
