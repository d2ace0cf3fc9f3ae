// SPDX-License-Identifier: MIT
// Modules that contain other modules.
#pragma once
#include <memory>
#include <vector>

#include "tinygrad/nn/module.h"

namespace tinygrad::nn {

/// Calls its modules one after another: Sequential(Linear(784, 512), ReLU(), Linear(512, 10)).
/// Their names are "0", "1", ... Each must be callable with one tensor; a module with its own
/// operator() may have more arguments if they have defaults.
class TINYGRAD_API Sequential : public Module {
 public:
  template <std::derived_from<Module>... M> explicit Sequential(M... layer) {
    (push(std::move(layer)), ...);
  }
  template <std::derived_from<Module> M>
  void push(M layer, SourceLocation location = SourceLocation::current()) {
    static_assert(std::is_invocable_r_v<Tensor, M&, const Tensor&>,
                  "a module of a Sequential must be callable with one tensor");
    layers_.push_back(
        {std::make_unique<M>(add(std::to_string(layers_.size()), std::move(layer), location)),
         [](Module& m, const Tensor& x) {
           return Tensor(static_cast<M&>(m)(In(x, SourceLocation{})));
         }});
  }
  std::size_t size() const { return layers_.size(); }
  /// Throws IndexError unless i < size().
  Module& operator[](std::size_t i);

 private:
  Tensor forward(const Tensor& x) override;
  struct Layer {
    std::unique_ptr<Module> module;
    Tensor (*call)(Module& module, const Tensor& x);  ///< of its own type
  };
  std::vector<Layer> layers_;
};

}  // namespace tinygrad::nn
