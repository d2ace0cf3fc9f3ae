// SPDX-License-Identifier: MIT
// Text that says where an op ran.
#include "place.h"

namespace tinygrad::tracing {

std::string place(const std::string& module, SourceLocation location) {
  if (!location.line) return module;
  const std::string file = location.file;
  return module + (module.empty() ? "" : ", ") + file.substr(file.rfind('/') + 1) + ":" +
         std::to_string(location.line);
}

Dims index_at(std::int64_t position, const Shape& shape) {
  Dims index = shape;
  for (int i = shape.rank() - 1; i >= 0; --i) index[i] = position % shape[i], position /= shape[i];
  return index;
}

}  // namespace tinygrad::tracing
