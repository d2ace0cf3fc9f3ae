// SPDX-License-Identifier: MIT
// Modules that contain other modules.
#pragma once
#include <memory>
#include <string_view>
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

/// A list of modules of one type, named "0", "1", ...: list[i](x). They are those of
/// torch.nn.ModuleList in a state. push_back() ends the validity of references to them.
template <std::derived_from<Module> M> class ModuleList : public Module {
 public:
  template <std::same_as<M>... All> explicit ModuleList(All... module) {
    lend_name();
    (push_back(std::move(module)), ...);
  }
  M& push_back(M module, SourceLocation location = SourceLocation::current()) {
    return modules_.emplace_back(add(std::to_string(size()), std::move(module), location));
  }
  std::size_t size() const { return modules_.size(); }
  /// Throws IndexError unless i < size().
  M& operator[](std::size_t i) {
    require<IndexError>(i < size(), "ModuleList", "there is no module ", i, ", only ", size());
    return modules_[i];
  }
  auto begin() { return modules_.begin(); }
  auto end() { return modules_.end(); }

 private:
  std::vector<M> modules_;
};

/// Modules of one type by name, in the order of insertion: dict["left"](x). They are those of
/// torch.nn.ModuleDict in a state. insert() ends the validity of references to them.
template <std::derived_from<Module> M> class ModuleDict : public Module {
 public:
  ModuleDict() { lend_name(); }
  M& insert(std::string name, M module, SourceLocation location = SourceLocation::current()) {
    M own = add(name, std::move(module), location);
    return modules_.emplace_back(std::move(name), std::move(own)).second;
  }
  /// Throws IndexError if there is no module of this name.
  M& operator[](std::string_view name) {
    for (auto& [own, module] : modules_)
      if (own == name) return module;
    fail<IndexError>("ModuleDict", "there is no module \"", std::string(name), "\"");
  }
  auto begin() { return modules_.begin(); }  ///< of pairs of name and module
  auto end() { return modules_.end(); }

 private:
  std::vector<std::pair<std::string, M>> modules_;
};

}  // namespace tinygrad::nn
