// SPDX-License-Identifier: MIT
// Functions that change what a module returns, from outside: adapters such as LoRA
// (tinygrad/models/lora.h) stand beside layers that know nothing of them.
#pragma once
#include <memory>

#include "tinygrad/nn/module.h"

namespace tinygrad::nn {

/// Returns what module(x) returns instead of y = forward(x).
using OutputHook = InlineFunction<Tensor(Module& module, const Tensor& x, const Tensor& y), 64>;

/// As long as the result lives, module(x) returns hook(module, x, y). Several hooks of a module run
/// in the order of registration, each with the y of the one before, and before forward hooks.
/// `module` may be one of named_modules(). Calls with other arguments than one tensor are not
/// changed. Throws ArgumentError for an empty function.
[[nodiscard]] TINYGRAD_API std::shared_ptr<const OutputHook> register_output_hook(
    Module& module, OutputHook hook, SourceLocation location = SourceLocation::current());

}  // namespace tinygrad::nn
