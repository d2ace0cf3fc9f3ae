// SPDX-License-Identifier: MIT
// Registers functions that change the outputs of modules.
#include "tinygrad/nn/output_hook.h"

#include "nn/registry.h"

namespace tinygrad::nn {

std::shared_ptr<const OutputHook> register_output_hook(Module& module, OutputHook hook,
                                                       SourceLocation location) {
  require(bool(hook), Call{"register_output_hook", location}, "the hook is an empty function");
  auto shared = std::make_shared<const OutputHook>(std::move(hook));
  auto& hooks = Registry::of(module).output_hooks;
  std::erase_if(hooks, [](const auto& each) { return each.expired(); });
  hooks.push_back(shared);
  return shared;
}

}  // namespace tinygrad::nn
