// SPDX-License-Identifier: MIT
// Ctrl-C and SIGTERM, which a training loop looks at between two batches.
#pragma once

namespace common {

/// From here on SIGINT and SIGTERM only leave their number for interrupted().
void watch_signals();
/// The number of the last such signal; 0: none came.
int interrupted();

}  // namespace common
