// SPDX-License-Identifier: MIT
// Checks that a file has the tensors of a model's sizes, before memory of these sizes is allocated.
#pragma once
#include <map>
#include <string>

#include "tinygrad/nn/module.h"

namespace tinygrad::models {

/// Returns make(); errors about what a file has become IoErrors with its path.
template <class Make>
auto or_io_error(const Call& call, const std::string& path, const Make& make) {
  try {
    return make();
  } catch (const IoError&) { throw; } catch (const Error& error) {
    fail<IoError>(call, in_quotes(path), ": ", error.what());
  }
}

struct FoundTensors {
  Call call;
  std::string path;  ///< for messages
  std::map<std::string, Shape> shapes;

  template <class... Parts> void check(bool ok, const Parts&... parts) const {
    require<IoError>(ok, call, in_quotes(path), ": ", parts...);
  }
  /// Throws IoError unless there is a tensor of this name and shape.
  void expect(const std::string& name, const Shape& shape) const {
    const auto found = shapes.find(name);
    check(found != shapes.end(), "there is no tensor ", in_quotes(name));
    check(found->second == shape, in_quotes(name), " has the shape ", found->second, ", not ",
          shape);
  }
};

}  // namespace tinygrad::models
