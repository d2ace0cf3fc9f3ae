// SPDX-License-Identifier: MIT
// Builds error messages: their text, the marks beneath shapes, and the location of the call.
#include "tinygrad/error.h"

#include <cstdio>
#include <string_view>

#include "tinygrad/detail/small_vector.h"
#include "tinygrad/scope.h"

namespace tinygrad {

/// The number of columns of UTF-8 text: the number of bytes that are not continuation bytes.
static int columns(std::string_view text) {
  int n = 0;
  for (char c : text) n += (c & 0xC0) != 0x80;
  return n;
}

void fail_position(std::size_t i, std::size_t size) {
  fail<IndexError>("list", "there is no element ", i, " in a list of ", size);
}

ErrorMessage& ErrorMessage::add(const std::string& text) {
  text_ += text;
  const auto line = text.rfind('\n');
  column_ = line == std::string::npos ? column_ + columns(text)
                                      : columns(std::string_view(text).substr(line + 1));
  return *this;
}
ErrorMessage& ErrorMessage::add(const char* text) { return add(std::string(text)); }
ErrorMessage& ErrorMessage::add(const Shape& shape) {
  shapes_.push_back(shape);
  return add(to_string(shape));
}
ErrorMessage& ErrorMessage::add(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%g", value);
  return add(text);
}

ErrorMessage& ErrorMessage::add(const Marked& marked) {
  const int dim = marked.dim < 0 ? marked.dim + marked.shape.rank() : marked.dim;
  int start = column_ + 1;  // after the bracket
  for (int i = 0; i < dim; ++i) start += int(std::to_string(marked.shape[i]).size()) + 2;
  if (int(marks_.size()) < start) marks_.resize(start, ' ');
  marks_.append(std::to_string(marked.shape[dim]).size(), '^');
  return add(marked.shape);
}

std::string in_quotes(std::string_view text) {
  constexpr std::size_t most = 200;
  std::string out = "\"";
  for (unsigned char c : text.substr(0, most)) {
    char escaped[8];
    std::snprintf(escaped, sizeof escaped, "\\x%02x", unsigned(c));
    if (c < 0x20 || c == 0x7F) out += escaped;
    else if (c == '"' || c == '\\') (out += '\\') += char(c);
    else out += char(c);
  }
  return out + (text.size() > most ? "...\"" : "\"");
}

std::string ErrorMessage::finish(const Call& call) const {
  std::string text = text_;
  if (!marks_.empty()) text.append("\n").append(marks_);
  const ModulePath* path = Scope::path();
  const SourceLocation location = Scope::user_location(call.location);
  if (!path && !location.line) return text;
  text += "\n  ";
  if (path) {
    text += "in ";
    text += path->text.empty() ? path->type : path->text;
    if (!path->text.empty())
      text.append(" (").append(path->type).append(") of ").append(path->root);
    if (location.line) text += ", ";
  }
  if (location.line) {
    const std::string_view file = location.file;
    text.append("called at ")
        .append(file.substr(file.rfind('/') + 1))
        .append(":")
        .append(std::to_string(location.line));
  }
  return text;
}

void ErrorMessage::complete(Error& error, const Call& call) const {
  error.op = call.op;
  if (const ModulePath* path = Scope::path()) error.path = path->text;
  error.location = Scope::user_location(call.location);
  error.shapes = shapes_;
}

}  // namespace tinygrad
