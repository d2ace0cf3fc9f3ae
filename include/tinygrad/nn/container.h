// Modules that contain other modules.
#pragma once
#include <memory>
#include <vector>

#include "tinygrad/nn/module.h"

namespace tinygrad::nn {

/// Calls its modules one after another: Sequential(Linear(784, 512), ReLU(), Linear(512, 10)).
/// Their names are "0", "1", ...
class TINYGRAD_API Sequential : public Module {
 public:
  template <std::derived_from<Module>... M> explicit Sequential(M... layer) {
    (push(std::move(layer)), ...);
  }
  template <std::derived_from<Module> M>
  void push(M layer, SourceLocation location = SourceLocation::current()) {
    layers_.push_back(
        std::make_unique<M>(add(std::to_string(layers_.size()), std::move(layer), location)));
  }
  std::size_t size() const { return layers_.size(); }
  /// Throws IndexError unless i < size().
  Module& operator[](std::size_t i);

 private:
  Tensor forward(const Tensor& x) override;
  std::vector<std::unique_ptr<Module>> layers_;
};

}  // namespace tinygrad::nn
