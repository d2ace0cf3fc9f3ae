// SPDX-License-Identifier: MIT
// An optional layer is made by emplace(): modules are not assigned. std::optional deletes the
// assignment itself; docs/guides/compiler-messages.md explains its words.
#include <optional>

#include "tinygrad/tinygrad.h"

namespace nn = tinygrad::nn;
struct Block : nn::Module {
  std::optional<nn::Linear> shortcut;
  explicit Block(bool has_shortcut) {
    if (has_shortcut) shortcut.emplace(add("shortcut", nn::Linear(2, 2)));
#ifdef WRONG
    shortcut = add("shortcut", nn::Linear(2, 2));  // says: _Enable_copy_move
#endif
  }
};
