// SPDX-License-Identifier: MIT
// The table of ops: every function of ops.h is described once, as a row, and checked by many
// functions (readers.h).
//
// A row contains the call of an op, its inputs, the accuracy of its results with the reason, and
// the calls that it refuses. The table is a library, so that a backend outside this project can use
// it: see main.cpp.
#pragma once
#include <functional>
#include <string>
#include <vector>

#include "tinygrad/autograd.h"
#include "tinygrad/ops.h"

namespace op_table {

using namespace tinygrad;

/// A Kind states how the values of an input are made.
enum class Kind {
  any,  ///< in (-2, 2), at least 0.1 away from every multiple of 1/2, where relu, clamp, round ...
        ///< have their kinks
  positive,  ///< in (0.5, 2)
  unit,      ///< in (-0.9, 0.9), at least 0.05 away from 0
  distinct,  ///< no two equal, nor equal to those of another input: for maxima
  index,     ///< int64 in [0, below)
  boolean,
};
struct Input {
  Shape shape;
  Kind kind = Kind::any;
  std::int64_t below = 0;
};
/// Returns whether the input has the row's dtype and may have a gradient.
inline bool is_value(const Input& input) {
  return input.kind != Kind::index && input.kind != Kind::boolean;
}

/// The dtypes that the op accepts for its values.
enum Dtypes : unsigned {
  floats = 1,
  integers = 2,
  booleans = 4,
  storage = 8,  ///< dtypes of other programs' files: moved and compared, not computed with
  numbers = floats | integers,
  everything = floats | integers | booleans,
  any_dtype = everything | storage
};

struct BadCall {
  std::string message;         ///< the whole of it, without the last line, which names the caller's
  std::function<void()> call;  ///< tensors are made on the default device
  bool names_line = true;
};

/// Why a row has no values from PyTorch 1.13 in tests/golden.
inline constexpr const char* by_opinfo = "tests/opinfo compares it with PyTorch";

/// A message whose second line has ^ at these columns.
std::string with_marks(const std::string& message, std::initializer_list<int> columns);

/// For more shapes of the same call: empty, 0-d, broadcast ...
using Shapes = std::vector<Shape>;

struct Row {
  std::string name = {};  ///< the function's, and what is special here: "sum_dims"
  std::function<Tensors(const Tensors&)> call = {};
  std::vector<Input> inputs = {};
  /// The largest allowed distance of an element from the true result, in units of the dtype's
  /// epsilon times max(1, |result|); if it is 0, the element must equal the true result, rounded to
  /// the dtype.
  double ulps = 0;
  const char* reason = "exact";  ///< of ulps
  unsigned dtypes = floats;
  std::vector<Shapes> also = {};
  Shapes large = {};                ///< large enough for several threads
  const char* no_golden = nullptr;  ///< why there is no value from PyTorch
  bool differentiable = true;       ///< false: its results are integers or bools
  bool own_numbers = false;         ///< draws other random values for other dtypes
  std::vector<BadCall> bad = {};
  std::string family = {};  ///< set by table()
};

/// A LongRow is the call of an op that adds up very many elements, on the default device: too many
/// for the checks of other rows.
struct LongRow {
  std::string name;
  std::function<Tensor()> call;
  double expected;  ///< every element of the result
  double ulps = 0;  ///< as in Row
  const char* reason = "exact";
};
/// The rows for sums of about `count` elements, a multiple of 5000.
std::vector<LongRow> long_rows(std::int64_t count = 20'000'000);

/// Gradients are sums and products of values as exact as the row states.
inline double gradient_ulps(const Row& row) { return 4 * (row.ulps + 2); }

/// A row of a function that moves the elements of a single input and takes every dtype.
Row moved(const char* name, Shape x, std::function<Tensors(const Tensor&)> f,
          std::vector<BadCall> bad, std::vector<Shapes> also = {});

std::vector<Row> create_rows();
std::vector<Row> diagonal_rows();
std::vector<Row> mask_rows();
std::vector<Row> rearrange_rows();
std::vector<Row> split_rows();
std::vector<Row> elementwise_rows();
std::vector<Row> math_rows();
std::vector<Row> logic_rows();
std::vector<Row> activation_rows();
std::vector<Row> reduce_rows();
std::vector<Row> matmul_rows();
std::vector<Row> product_rows();
std::vector<Row> attention_rows();
std::vector<Row> softmax_rows();
std::vector<Row> loss_rows();
std::vector<Row> conv_rows();
std::vector<Row> pool_rows();
std::vector<Row> norm_rows();
std::vector<Row> index_rows();
std::vector<Row> views_rows();
std::vector<Row> image_rows();
std::vector<Row> join_rows();
std::vector<Row> pad_rows();
std::vector<Row> fold_rows();
std::vector<Row> grid_rows();
std::vector<Row> segment_rows();
std::vector<Row> special_rows();
std::vector<Row> linalg_rows();
std::vector<Row> random_rows();
std::vector<Row> scan_rows();
std::vector<Row> sort_rows();
std::vector<Row> statistics_rows();
std::vector<Row> unique_rows();
/// All of them.
const std::vector<Row>& table();

// ------------------------------------------------------------ values

/// The shapes of the row's inputs, then those of `also`.
std::vector<Shapes> cases(const Row& row);
/// Those that the row may be called with.
std::vector<DType> dtypes_of(const Row& row);
/// The row's inputs for these shapes: the same values on every device, and rounded in every dtype.
Tensors make_inputs(const Row& row, const Shapes& shapes, DType dtype, const Device& device);
/// Values in [0.5, 1.5): the gradient of an output, for the backward pass.
Tensor sent_back(const Tensor& output, std::uint64_t number);

/// The same values under other strides. `broadcast` repeats the first slice of a dimension, so
/// values change there too.
enum class Layout { dense, transposed, sliced, broadcast };
const char* to_string(Layout layout);
Tensor laid_out(const Tensor& x, Layout layout);
Tensors laid_out(const Row& row, const Tensors& inputs, Layout layout);

struct Results {
  Tensors outputs;
  Tensors gradients;  ///< of the inputs; undefined if no gradient flows
};
/// Calls the row, and computes the gradients if it has some and they are requested.
Results run(const Row& row, const Tensors& inputs, bool with_gradients);

// ------------------------------------------------------------ comparison

/// The distance from 1 to the next number; 0 for integers.
double epsilon(DType dtype);
/// Describes the error of `found`; empty if there is none. `expected` may have more precision, and
/// be on another device.
std::string difference(const Tensor& found, const Tensor& expected, double ulps);
/// Of lists, and of results and their gradients.
std::string difference(const Tensors& found, const Tensors& expected, double ulps);
std::string difference(const Row& row, const Results& found, const Results& expected,
                       double factor = 1);
/// Describes the error that the call throws by its kind and its message without the caller's line,
/// or else the dtypes and shapes of the call's results.
std::string outcome(const std::function<Tensors()>& call);

}  // namespace op_table
