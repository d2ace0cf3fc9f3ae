// SPDX-License-Identifier: MIT
// Compares with PyTorch's results in tests/golden/ops/<family>.txt, which tests/golden/make_ops.py
// wrote. A case is
//
//   case softmax
//   input float64 [2, 3]
//   0.25 0.5 ...
//   output float64 [2, 3]
//   end
//
// Before "end", if it has a gradient: sent ..., gradient ... (one for each input, or "gradient
// none").
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <stdexcept>

#include "readers.h"

namespace op_table {
namespace {

std::filesystem::path folder() {
  return std::filesystem::path(TINYGRAD_SOURCE_DIR) / "tests/golden/ops";
}

DType dtype_named(const std::string& name) {
  for (DType d : all_dtypes)
    if (name == to_string(d)) return d;
  throw std::runtime_error("unknown dtype " + name);
}

/// The rest of a line "float64 [2, 3]" and the line of values after it.
Tensor read_tensor(std::istream& header, std::istream& lines, const Device& device) {
  std::string dtype, line;
  header >> dtype;
  if (dtype == "none") return {};
  Shape shape;
  char c = ' ';
  header >> c;
  for (std::int64_t size; header >> size; header >> c) shape.push_back(size);
  std::getline(lines, line);
  std::istringstream numbers(line);
  std::vector<double> values;
  for (std::string word; numbers >> word;) values.push_back(std::stod(word));
  if (std::int64_t(values.size()) != shape.count())
    throw std::runtime_error(std::to_string(values.size()) + " values for shape " +
                             to_string(shape));
  return from_data(values.data(), DType::float64, shape,
                   {.dtype = dtype_named(dtype), .device = device});
}

Golden read_case(std::istream& lines, const Device& device) {
  Golden g;
  for (std::string line; std::getline(lines, line) && line != "end";) {
    std::istringstream header(line);
    std::string word;
    header >> word;
    Tensors* list = word == "input"      ? &g.inputs
                    : word == "output"   ? &g.outputs
                    : word == "sent"     ? &g.sent
                    : word == "gradient" ? &g.gradients
                                         : nullptr;
    if (!list) throw std::runtime_error("unexpected line: " + line);
    list->push_back(read_tensor(header, lines, device));
  }
  return g;
}

}  // namespace

Golden read_golden(const Row& row, const Device& device) {
  const std::string name = row.family + ".txt";
  std::ifstream lines(folder() / name);
  if (!lines) throw std::runtime_error(name + " cannot be opened");
  for (std::string line; std::getline(lines, line);) {
    if (line != "case " + row.name) continue;
    try {
      return read_case(lines, device);
    } catch (const std::runtime_error& e) {
      throw std::runtime_error(name + ", case " + row.name + ": " + e.what());
    }
  }
  throw std::runtime_error(name + " has no case " + row.name +
                           "; add it to tests/golden/make_ops.py and run that");
}

void golden(const Row& row, const Device& device) {
  const Golden expected = read_golden(row, device);
  Tensors leaves, wanted, carrying, sent, gradients;
  for (std::size_t i = 0; i < expected.inputs.size(); ++i) {
    leaves.push_back(expected.inputs[i]);
    if (!expected.gradients.empty() && is_value(row.inputs[i]))
      wanted.push_back(leaves[i].requires_grad_()), gradients.push_back(expected.gradients[i]);
  }
  const Tensors outputs = row.call(leaves);
  EXPECT_EQ(difference(outputs, expected.outputs, row.ulps), "");
  for (std::size_t i = 0; i < outputs.size() && i < expected.sent.size(); ++i)
    if (expected.sent[i].defined())
      carrying.push_back(outputs[i]), sent.push_back(expected.sent[i]);
  ASSERT_EQ(row.differentiable, !carrying.empty())
      << "the golden case has " << (carrying.empty() ? "no" : "a") << " gradient";
  if (carrying.empty()) return;
  const Tensors found = grad(carrying, wanted, {.grad_outputs = sent, .allow_unused = true});
  for (std::size_t i = 0; i < found.size(); ++i) {  // PyTorch's zeros may be our "nothing flows"
    const Tensor given = found[i].defined() ? found[i] : zeros_like(wanted[i]);
    EXPECT_EQ(difference(given, gradients[i].defined() ? gradients[i] : zeros_like(given),
                         gradient_ulps(row)),
              "")
        << "gradient " << i;
  }
}

}  // namespace op_table
