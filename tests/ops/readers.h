// SPDX-License-Identifier: MIT
// The checks of each row of the table. Each check is called a Reader, has its own file, and fails
// as a GoogleTest test does.
#pragma once
#include "op_table.h"

namespace op_table {

struct Reader {
  const char* name;
  void (*read)(const Row& row, const Device& device);
  bool (*concerns)(const Row& row, const Device& device);
};

/// Results and gradients equal what PyTorch computed (tests/golden/ops).
void golden(const Row&, const Device&);
/// First and second derivatives equal central differences, whatever the inputs' strides.
void derivatives(const Row&, const Device&);
/// Results and gradients do not depend on the inputs' strides.
void layouts(const Row&, const Device&);
/// Kernels equal formulas: the device against itself with required kernels alone.
void formulas(const Row&, const Device&);
/// The device equals the reference backend.
void against_reference(const Row&, const Device&);
/// Every dtype equals the float64 result, rounded.
void dtypes(const Row&, const Device&);
/// The same bits for 1, 2, 3 and 8 threads.
void threads(const Row&, const Device&);
/// The row's bad calls give its messages.
void bad_calls(const Row&, const Device&);
/// The op refuses storage dtypes, which the row does not list, and names the way out.
void storage_dtypes(const Row&, const Device&);
/// At least ten more calls with spoiled arguments: the same outcome as on the reference backend,
/// and nothing but our errors.
void spoiled_calls(const Row&, const Device&);
/// Each derivative wrong by 1 %, and each result wrong by ten tolerances, is noticed.
void can_fail(const Row&, const Device&);

const std::vector<Reader>& readers();

/// The op reference and support matrix of a device, as Markdown: what each row is called with, how
/// exact it is and why, and whether kernels compute it or formulas stand in.
void print_list(const Device& device);
/// Calls the row in every dtype and layout, with its large inputs too, and makes its gradients; the
/// same for optimizer steps. Nothing is compared.
void once(const Row& row, const Device& device);
void optimizers_once(const Device& device);
/// `count` calls of random ops with random arguments, good and bad: nothing happens but results and
/// our errors.
void random_calls(std::int64_t count, std::uint64_t seed, const Device& device);

/// A row's case in the golden files.
struct Golden {
  Tensors inputs, outputs, sent, gradients;
};
/// Throws std::runtime_error, with the file's name and the line, if the file is not well formed.
Golden read_golden(const Row& row, const Device& device);

/// `device` without its optional kernels, as a device of its own.
Device required_kernels_of(const Device& device);

}  // namespace op_table
