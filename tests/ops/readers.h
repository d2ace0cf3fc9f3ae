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
/// Kernels equal formulas: the device is compared with itself with only required kernels.
void formulas(const Row&, const Device&);
/// The device equals the reference backend.
void against_reference(const Row&, const Device&);
/// The device equals the reference backend for random shapes, dtypes and strides.
void random_shapes(const Row&, const Device&);
/// Every dtype equals the float64 result, rounded.
void dtypes(const Row&, const Device&);
/// The same bits for 1, 2, 3 and 8 threads.
void threads(const Row&, const Device&);
/// The row's bad calls must give its messages.
void bad_calls(const Row&, const Device&);
/// The op must refuse storage dtypes, which the row does not list, and name the conversion to use.
void storage_dtypes(const Row&, const Device&);
/// Makes at least ten more calls with invalid arguments: the outcome must be that of the reference
/// backend, and all errors must be ours.
void spoiled_calls(const Row&, const Device&);
/// Each derivative wrong by 1 %, and each result wrong by ten tolerances, must be detected.
void can_fail(const Row&, const Device&);

const std::vector<Reader>& readers();
/// The result of a long row is as exact as it states.
void long_sums(const LongRow&);

/// The op reference and support matrix of a device, as Markdown: the arguments of each row, its
/// accuracy with the reason, and whether kernels or formulas compute it.
void print_list(const Device& device);
/// Calls the row in every dtype and layout, with its large inputs too, and makes its gradients; the
/// same for optimizer steps. Nothing is compared.
void once(const Row& row, const Device& device);
void optimizers_once(const Device& device);
/// `count` calls of random ops with random arguments, good and bad: each must give a result or one
/// of our errors.
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
