// SPDX-License-Identifier: MIT
// Scope: which module runs on this thread, for errors, graphs and observers. A module keeps a Scope
// on the stack while it runs.
#pragma once
#include <string>
#include <typeinfo>

#include "tinygrad/error.h"

namespace tinygrad {

/// The path of a module, "encoder.0.fc1", its type, "Linear", and the type of the outermost module,
/// "Net". Interned: it lives as long as the process.
struct ModulePath {
  std::string text, type, root;
};

/// While it lives, its module is the one that runs on this thread. It is a few words on the stack;
/// the path is built only when it is asked for.
class TINYGRAD_API Scope {
 public:
  /// name: as given to add(), empty for the outermost module.
  Scope(const std::string& name, const std::type_info& type, SourceLocation location);
  /// The scope that an op had when it was called, entered again. derivative_of: in a backward pass,
  /// the op whose derivative is computed.
  Scope(const ModulePath* path, SourceLocation location, const char* derivative_of = nullptr);
  ~Scope();
  Scope(const Scope&) = delete;
  /// The path of the running module; null outside modules.
  static const ModulePath* path();
  /// In a backward pass: the op whose derivative is computed, or "backward". Null outside.
  static const char* derivative_of();
  /// `location`, unless that is a line of the library itself: then the line that called the
  /// innermost module from outside.
  static SourceLocation user_location(SourceLocation location);
  /// The innermost scope on this thread; null outside modules.
  static const Scope* current();

 private:
  const ModulePath* find() const;
  const std::string* name_ = nullptr;
  const std::type_info* type_ = nullptr;
  mutable const ModulePath* path_ = nullptr;
  const char* derivative_of_ = nullptr;
  SourceLocation location_;
  const Scope* outer_;
};

/// "Linear" for tinygrad::nn::Linear.
TINYGRAD_API std::string type_name(const std::type_info& type);

}  // namespace tinygrad
