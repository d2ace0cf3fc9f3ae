// SPDX-License-Identifier: MIT
// Checks of the options of optimizers and schedules.
#pragma once
#include <cmath>

#include "tinygrad/error.h"

namespace tinygrad::optim {

inline void check_not_negative(const Call& call, const char* what, double value) {
  require(std::isfinite(value) && value >= 0, call, what,
          " must be finite and not negative, it is ", value);
}
/// A weight of a running mean.
inline void check_beta(const Call& call, const char* what, double value) {
  require(value >= 0 && value < 1, call, what, " must lie in [0, 1), it is ", value);
}

}  // namespace tinygrad::optim
