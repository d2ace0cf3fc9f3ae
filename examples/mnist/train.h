// SPDX-License-Identifier: MIT
// The whole of the two MNIST programs but their networks.
#pragma once
#include <tinygrad/nn.h>

#include <functional>
#include <memory>

#include "options.h"

namespace mnist {

/// Trains what make() makes, on all processes that mpirun started, and shows what it learned.
/// Returns the program's exit code: 0, 2 for bad arguments and files (after one clear line), 128 +
/// the signal's number if it was interrupted.
int run(int argc, char** argv, Options defaults,
        const std::function<std::unique_ptr<tinygrad::nn::Module>(const Options&)>& make);

}  // namespace mnist
