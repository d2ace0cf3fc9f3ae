// SPDX-License-Identifier: MIT
// ExportRecorder: the observer that writes down the ops of a call, with the arguments of their
// kernels, which are where strides, epsilons and axes are seen.
#pragma once
#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "tinygrad/observer.h"

namespace tinygrad::onnx {

/// An argument of a kernel. Those of other types (random keys, lists of views) are not kept.
using Argument = std::variant<std::monostate, View, Scalar, Window, Params, double, bool,
                              std::int64_t, Unary, Binary, Ternary, Reduce, ArgReduce, Write>;

struct KernelCall {
  std::string_view kernel;  ///< its name in kernels.def
  std::vector<Argument> arguments;
  /// The n-th argument of this type; null if there are fewer.
  template <class T> const T* find(int n = 0) const {
    for (const Argument& argument : arguments)
      if (const T* value = std::get_if<T>(&argument); value && n-- == 0) return value;
    return nullptr;
  }
};

struct RecordedOp {
  std::string name;
  const ModulePath* path;
  SourceLocation location;
  int parent;  ///< the op whose formula runs it; -1: none
  OpStatus status = OpStatus::running;
  Tensors inputs, outputs = {};
  std::vector<KernelCall> calls = {};  ///< of its own kernel
  Tensor before = {};  ///< of an op that writes in place: a copy of what it overwrites
};

/// Ops are in the order of their beginnings. The recorder holds all their tensors, so that no two
/// of them share memory unless one is a view of the other.
class ExportRecorder : public Observer {
 public:
  ExportRecorder();
  ~ExportRecorder() override;
  void begin(const OpEvent& op) override;
  void end(const OpEvent& op) override;
  Backend& kernels(Backend& own) override;
  const std::vector<RecordedOp>& ops() const { return ops_; }

 private:
  class Notes;
  std::vector<RecordedOp> ops_;
  std::vector<int> open_;
  std::vector<std::unique_ptr<Notes>> notes_;  ///< one for each backend
};

}  // namespace tinygrad::onnx
