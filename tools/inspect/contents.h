// SPDX-License-Identifier: MIT
// What is in a model file: its layout, a row for each tensor, and sums over rows.
#pragma once
#include <optional>

#include "layout.h"
#include "statistics.h"

namespace tinygrad::inspect {

/// A tensor of the file.
struct Row {
  std::string name;
  std::string dtype;  ///< that of the file, if load() decodes it ("Q4_1"), else the tensor's
  Tensor tensor;
  std::uint64_t bytes = 0;                  ///< in the file, if the layout has them, else in memory
  std::optional<std::uint64_t> begin = {};  ///< where they begin in the file
  Statistics statistics = {};
};

struct Contents {
  std::string path;
  std::uint64_t bytes = 0;
  Layout layout;
  std::vector<Row> rows;  ///< in the order of load()
};
/// Loads a file and looks at each element. Throws IoError.
Contents contents(const std::string& path);

/// A sum over rows.
struct Total {
  std::string name;
  std::int64_t tensors = 0, elements = 0;
  std::uint64_t bytes = 0;
};
/// For each dtype, and of the whole file at the end.
std::vector<Total> totals_by_dtype(const Contents& contents);
/// For each layer.
std::vector<Total> totals_by_layer(const Contents& contents);
/// The layer to which a tensor belongs: its name as far as the first number ("encoder.layer.5" of
/// "encoder.layer.5.output.dense.bias"), otherwise without the last part ("fc" of "fc.weight").
std::string layer_of(const std::string& name);

/// Tensors of equal dtype, shape and bytes.
struct Repeat {
  std::vector<std::string> names;
  bool shared = false;  ///< the file has the bytes once
  std::uint64_t bytes = 0;
};
/// Without tensors whose elements are all equal, such as biases of zeros.
std::vector<Repeat> repeats(const Contents& contents);

}  // namespace tinygrad::inspect
