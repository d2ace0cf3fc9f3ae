// SPDX-License-Identifier: MIT
// Joins the families of rows, and lists the checks in order.
#include <algorithm>
#include <set>
#include <stdexcept>

#include "readers.h"

namespace op_table {
namespace {

void append(std::vector<Row>& all, const char* family, std::vector<Row> rows) {
  for (Row& row : rows) {
    row.family = family;
    all.push_back(std::move(row));
  }
}

std::vector<Row> make_table() {
  std::vector<Row> all;
  append(all, "elementwise", elementwise_rows());
  append(all, "math", math_rows());
  append(all, "special", special_rows());
  append(all, "logic", logic_rows());
  append(all, "activation", activation_rows());
  append(all, "views", views_rows());
  append(all, "split", split_rows());
  append(all, "diagonal", diagonal_rows());
  append(all, "rearrange", rearrange_rows());
  append(all, "join", join_rows());
  append(all, "pad", pad_rows());
  append(all, "fold", fold_rows());
  append(all, "reduce", reduce_rows());
  append(all, "matmul", matmul_rows());
  append(all, "product", product_rows());
  append(all, "linalg", linalg_rows());
  append(all, "attention", attention_rows());
  append(all, "softmax", softmax_rows());
  append(all, "loss", loss_rows());
  append(all, "conv", conv_rows());
  append(all, "pool", pool_rows());
  append(all, "image", image_rows());
  append(all, "grid", grid_rows());
  append(all, "norm", norm_rows());
  append(all, "index", index_rows());
  append(all, "segment", segment_rows());
  append(all, "mask", mask_rows());
  append(all, "create", create_rows());
  append(all, "random", random_rows());
  append(all, "scan", scan_rows());
  append(all, "sort", sort_rows());
  append(all, "statistics", statistics_rows());
  append(all, "unique", unique_rows());
  std::set<std::string> names;
  for (auto& row : all)
    if (!names.insert(row.name).second) throw std::logic_error("two rows are named " + row.name);
  return all;
}

bool same_in_dtypes(const Row& row, const Device&) { return !row.own_numbers; }
bool always(const Row&, const Device&) { return true; }
bool is_differentiable(const Row& row, const Device&) { return row.differentiable; }
bool is_not_reference(const Row&, const Device& device) { return device.name != "reference"; }
/// With only required kernels there are none to compare; the reference backend has none either.
bool has_optional_kernels(const Row&, const Device& device) {
  return device.name != "reference" && device.name.find("required") == std::string::npos;
}
bool is_parallel(const Row& row, const Device& device) {
  return device.name == "cpu" && !row.large.empty();
}
bool has_golden(const Row& row, const Device&) { return !row.no_golden; }
bool refuses_storage(const Row& row, const Device&) {
  return !(row.dtypes & storage) && std::any_of(row.inputs.begin(), row.inputs.end(), is_value);
}
bool has_inputs(const Row& row, const Device& device) {
  return !row.inputs.empty() && is_not_reference(row, device);
}

}  // namespace

std::string with_marks(const std::string& message, std::initializer_list<int> columns) {
  std::string marks;
  for (int column : columns) marks.resize(std::size_t(column), ' '), marks += '^';
  return message + '\n' + marks;
}

const std::vector<Row>& table() {
  static const std::vector<Row> all = make_table();
  return all;
}

const std::vector<Reader>& readers() {
  static const std::vector<Reader> all = {
      {"golden", golden, has_golden},
      {"derivatives", derivatives, is_differentiable},
      {"layouts", layouts, always},
      {"formulas", formulas, has_optional_kernels},
      {"against_reference", against_reference, is_not_reference},
      {"random_shapes", random_shapes, is_not_reference},
      {"dtypes", dtypes, same_in_dtypes},
      {"threads", threads, is_parallel},
      {"bad_calls", bad_calls, always},
      {"storage_dtypes", storage_dtypes, refuses_storage},
      {"spoiled_calls", spoiled_calls, has_inputs},
      {"can_fail", can_fail, always},
  };
  return all;
}

}  // namespace op_table
