// Which module is running: for errors, graphs, profiles. Modules push a Scope on the stack; whoever
// wants to know reads it.
#pragma once
#include <string>
#include <typeinfo>

#include "tinygrad/error.h"

namespace tinygrad {

/// A module's place: "encoder.0.fc1", its type "Linear" and the outermost module's type "Net".
/// Interned: lives as long as the process.
struct ModulePath {
  std::string text, type, root;
};

/// While it lives, its module is the one that runs on this thread. Two words and a line on the
/// stack; nothing is built before it is asked for.
class TINYGRAD_API Scope {
 public:
  /// name: as given to add(), empty for the outermost module.
  Scope(const std::string& name, const std::type_info& type, SourceLocation location);
  /// The scope of a recorded node, entered again by the walk back.
  Scope(const ModulePath* path, SourceLocation location);
  ~Scope();
  Scope(const Scope&) = delete;
  /// The running module's place; null outside modules.
  static const ModulePath* path();
  /// `where`, unless that is a line of the library itself: then the line that called the innermost
  /// module from outside.
  static SourceLocation user_location(SourceLocation location);
  /// The innermost scope on this thread; null outside modules.
  static const Scope* current();

 private:
  const ModulePath* find() const;
  const std::string* name_ = nullptr;
  const std::type_info* type_ = nullptr;
  mutable const ModulePath* path_ = nullptr;
  SourceLocation location_;
  const Scope* outer_;
};

/// "Linear" for tinygrad::nn::Linear.
TINYGRAD_API std::string type_name(const std::type_info& type);

}  // namespace tinygrad
