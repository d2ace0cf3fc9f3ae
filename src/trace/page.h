// SPDX-License-Identifier: MIT
// The files of page/, which the library contains as text: src/CMakeLists.txt generates the
// definition.
#pragma once

namespace tinygrad::tracing {

struct Source {
  const char *name, *text;
};
/// Returns all files. The name of the last element is null.
const Source* sources();

}  // namespace tinygrad::tracing
