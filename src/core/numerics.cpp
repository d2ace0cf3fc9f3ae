// SPDX-License-Identifier: MIT
// The settings of float32 precision and deterministic algorithms, as atomic variables.
#include "tinygrad/numerics.h"

#include <atomic>

namespace tinygrad {
namespace {

std::atomic<Float32Precision> precision_of_float32 = Float32Precision::ieee;
std::atomic<bool> only_deterministic = true;

}  // namespace

void set_float32_precision(Float32Precision precision, SourceLocation location) {
  require(precision == Float32Precision::ieee || precision == Float32Precision::tf32,
          Call{"set_float32_precision", location}, "must be Float32Precision::ieee or tf32, got ",
          int(precision));
  precision_of_float32 = precision;
}
Float32Precision float32_precision() { return precision_of_float32; }

void use_deterministic_algorithms(bool deterministic) { only_deterministic = deterministic; }
bool are_deterministic_algorithms_enabled() { return only_deterministic; }

}  // namespace tinygrad
