// SPDX-License-Identifier: MIT
// The stack of running modules of a thread, and their interned paths.
#include "tinygrad/scope.h"

#include <cxxabi.h>

#include <cstdlib>
#include <memory>
#include <mutex>
#include <string_view>
#include <unordered_map>

namespace tinygrad {
namespace {

thread_local const Scope* innermost = nullptr;

/// One object for each distinct path. Never freed: nodes outlive modules and point here.
const ModulePath* intern(const ModulePath* outer, const std::string& name,
                         const std::type_info& type) {
  static std::mutex mutex;
  static auto& paths = *new std::unordered_map<std::string, std::unique_ptr<ModulePath>>;
  std::string text =
      outer && !outer->text.empty() ? outer->text + (name.empty() ? "" : "." + name) : name;
  std::string key = text + '\n' + type.name() + '\n' + (outer ? outer->root : "");
  std::lock_guard lock(mutex);
  auto& path = paths[key];
  if (!path) {
    std::string own = type_name(type), root = outer ? outer->root : own;
    path =
        std::make_unique<ModulePath>(ModulePath{std::move(text), std::move(own), std::move(root)});
  }
  return path.get();
}

/// Returns whether a file is one of the library's: a source, or a list of layers among the headers.
bool in_library(std::string_view file) {
  static const std::string_view here = __builtin_FILE(),
                                root = here.substr(
                                    0, here.size() - std::string_view("src/core/scope.cpp").size());
  if (!file.starts_with(root)) return false;
  file.remove_prefix(root.size());
  return file.starts_with("src/") || file.starts_with("include/");
}

}  // namespace

Scope::Scope(const std::string& name, const std::type_info& type, SourceLocation location)
    : name_(&name), type_(&type), location_(location), outer_(innermost) {
  innermost = this;
}
Scope::Scope(const ModulePath* path, SourceLocation location, const char* derivative_of)
    : path_(path), derivative_of_(derivative_of), location_(location), outer_(innermost) {
  innermost = this;
}
Scope::~Scope() { innermost = outer_; }

const Scope* Scope::current() { return innermost; }

const ModulePath* Scope::find() const {
  if (!path_ && name_) path_ = intern(outer_ ? outer_->find() : nullptr, *name_, *type_);
  return path_;
}

const ModulePath* Scope::path() { return innermost ? innermost->find() : nullptr; }

const char* Scope::derivative_of() {
  const Scope* s = innermost;
  while (s && !s->derivative_of_) s = s->outer_;
  return s ? s->derivative_of_ : nullptr;
}

SourceLocation Scope::user_location(SourceLocation location) {
  for (const Scope* s = innermost; s && (!location.line || in_library(location.file));
       s = s->outer_)
    location = s->location_;
  return location.line && in_library(location.file) ? SourceLocation{} : location;
}

std::string type_name(const std::type_info& type) {
  int status = 0;
  std::unique_ptr<char, void (*)(void*)> text(
      abi::__cxa_demangle(type.name(), nullptr, nullptr, &status), std::free);
  std::string name = status == 0 ? text.get() : type.name();
  const auto arguments = name.find('<');
  const auto colons = name.rfind("::", arguments);
  return colons == std::string::npos ? name : name.substr(colons + 2);
}

}  // namespace tinygrad
