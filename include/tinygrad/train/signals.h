// SPDX-License-Identifier: MIT
// Ctrl-C and SIGTERM, which a training loop looks at between two batches.
#pragma once
#include "tinygrad/detail/export.h"

namespace tinygrad::train {

/// From here on SIGINT and SIGTERM only leave their number for interrupted(). Forgets one
/// that came before.
TINYGRAD_API void watch_signals();
/// The number of the last such signal; 0: none came.
TINYGRAD_API int interrupted();

}  // namespace tinygrad::train
