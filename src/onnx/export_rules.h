// SPDX-License-Identifier: MIT
// The rules of ops, by name: a table for each family.
#pragma once
#include <map>
#include <string_view>

#include "dtypes.h"
#include "export_translation.h"

namespace tinygrad::onnx {

using RuleTable = std::map<std::string_view, Rule>;
const RuleTable& elementwise_rules();  ///< also reductions and scans
const RuleTable& view_rules();         ///< also copies, joins and indexing
const RuleTable& position_rules();     ///< scatter, order, windows, padding, interpolation
const RuleTable& layer_rules();        ///< products, convolutions, pooling, norms, attention

}  // namespace tinygrad::onnx
