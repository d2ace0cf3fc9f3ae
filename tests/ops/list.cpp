// SPDX-License-Identifier: MIT
// Prints the op reference and support matrix as Markdown: the table of ops, and the list of
// optional kernels.
#include <cstdio>

#include "readers.h"
#include "tinygrad/backend.h"
#include "tinygrad/observer.h"

namespace op_table {
namespace {

/// Observes whether any op ran its formula, since the device has no kernel for it.
struct FindFormula : Observer {
  bool any = false;
  void end(const OpEvent& op) override { any = any || op.status == OpStatus::formula; }
};

/// "kernels" if every op of the row ran one, "formulas" if at least one op had none for this.
const char* how(const Row& row, const Device& device, DType dtype, bool with_gradients) {
  const Tensors inputs = make_inputs(row, cases(row)[0], dtype, device);
  FindFormula found;
  const ObserverScope scope(found);
  run(row, inputs, with_gradients);
  return found.any ? "formulas" : "kernels";
}

std::string dtype_names(const Row& row) {
  std::string names;
  for (auto [bit, name] : {std::pair{floats, "floats"},
                           {integers, "integers"},
                           {booleans, "bool"},
                           {storage, "storage"}})
    if (row.dtypes & bit) names += (names.empty() ? "" : ", ") + std::string(name);
  return names;
}

std::string inputs_of(const Row& row) {
  std::string shapes;
  for (auto& input : row.inputs) shapes += (shapes.empty() ? "" : " ") + to_string(input.shape);
  return shapes.empty() ? "–" : shapes;
}

std::string exactness(double ulps) {
  char text[32] = "exact";
  if (ulps > 0) std::snprintf(text, sizeof text, "%g ulps", ulps);
  return text;
}

void print_row(const Row& row, const Device& device) {
  const DType dtype = row.dtypes & floats     ? DType::float32
                      : row.dtypes & integers ? DType::int64
                                              : DType::boolean;
  const bool has_gradient = row.differentiable && is_floating(dtype);
  std::printf("| %s | %s | %s | %s | %s | %s | %s |\n", row.name.c_str(), inputs_of(row).c_str(),
              dtype_names(row).c_str(), exactness(row.ulps).c_str(), row.ulps > 0 ? row.reason : "",
              how(row, device, dtype, false), has_gradient ? how(row, device, dtype, true) : "–");
}

void print_long_rows() {
  std::printf(
      "\n## Sums of about 20,000,000 elements\n\nThe bound holds on every device, for "
      "float32.\n\n| "
      "call | exact to | why |\n| --- | --- | --- |\n");
  for (auto& row : long_rows())
    std::printf("| %s | %s | %s |\n", row.name.c_str(), exactness(row.ulps).c_str(),
                row.ulps > 0 ? row.reason : "");
}

void print_kernel(const char* name, unsigned backends) {
  std::printf("| %s |", name);
  for (unsigned backend : {on_cpu, on_opencl, on_cuda})
    std::printf(" %s |", backends & backend ? "yes" : "–");
  std::printf("\n");
}

void print_kernels() {
  std::printf(
      "\n## Optional kernels\n\nThose of `tinygrad/kernels.def`. A backend without one runs the "
      "op's formula.\n\n| kernel | cpu | opencl | cuda |\n| --- | --- | --- | --- |\n");
#define KERNEL(name, backends, ...) print_kernel(#name, backends);
#include "tinygrad/kernels.def"
}

}  // namespace

void print_list(const Device& device) {
  set_default_device(device);
  std::printf("# Ops, as the table of ops has them\n\n");
  std::printf(
      "Written by `op_table_test --list --device %s`. Each row is a call that every backend is "
      "tested with; the result and, with a\n",
      to_string(device).c_str());
  std::printf(
      "derivative, the backward pass run kernels of their own, or formulas if at least one op has "
      "none for this.\n");
  std::string family;
  for (auto& row : table()) {
    if (row.family != family) {
      family = row.family;
      std::printf(
          "\n## %s\n\n| call | inputs | dtypes | exact to | why | result | with derivatives |\n",
          family.c_str());
      std::printf("| --- | --- | --- | --- | --- | --- | --- |\n");
    }
    print_row(row, device);
  }
  std::printf("\n%zu rows.\n", table().size());
  print_long_rows();
  print_kernels();
}

}  // namespace op_table
