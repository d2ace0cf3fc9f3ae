// SPDX-License-Identifier: MIT
// Makes the values that rows are called with, and the strides under which they are seen.
#include <algorithm>
#include <cmath>
#include <iterator>
#include <limits>

#include "op_table.h"
#include "support/fnv.h"
#include "tinygrad/random.h"

namespace op_table {
namespace {

/// Random numbers fixed by a row's name and an input's position.
struct Draw {
  std::uint64_t seed, call, next = 0;
  double operator()() { return philox_uniform64(seed, call, next++); }
  std::int64_t below(std::int64_t n) { return n > 0 ? std::int64_t((*this)() * double(n)) : 0; }
};

double value_of(Kind kind, Draw& draw, std::int64_t below) {
  switch (kind) {
    case Kind::positive: return 0.5 + 1.5 * draw();
    case Kind::unit: {
      const double u = draw() * 2 - 1;
      return u < 0 ? -0.05 + 0.85 * u : 0.05 + 0.85 * u;
    }
    case Kind::index: return double(draw.below(below));
    case Kind::boolean: return double(draw.below(2));
    default: return 0.5 * double(draw.below(8) - 4) + 0.1 + 0.3 * draw();
  }
}

/// Shuffled, 0.1 apart, each input's at a distance from the others'.
std::vector<double> distinct_values(std::size_t n, Draw& draw, std::size_t input) {
  std::vector<double> values(n);
  for (std::size_t i = 0; i < n; ++i)
    values[i] = 0.1 * (double(i) - double(n) / 2) + 0.03 * double(input) + 0.01;
  for (std::size_t i = n; i > 1; --i)
    std::swap(values[i - 1], values[std::size_t(draw.below(std::int64_t(i)))]);
  return values;
}

/// As integers, if the row is called with some: small values, not negative if the dtype or the kind
/// has no such.
double as_integer(double value, Kind kind, DType dtype) {
  if (kind == Kind::distinct) return std::round(value * 10);
  if (kind == Kind::positive) return std::ceil(value * 2);
  if (integer_range(dtype).least == 0) return std::fabs(std::round(value * 2));
  return std::round(value * 2);
}

}  // namespace

std::vector<Shapes> cases(const Row& row) {
  std::vector<Shapes> all(1);
  for (auto& input : row.inputs) all[0].push_back(input.shape);
  all.insert(all.end(), row.also.begin(), row.also.end());
  return all;
}

std::vector<DType> dtypes_of(const Row& row) {
  std::vector<DType> all;
  if (row.dtypes & floats) all.insert(all.end(), {float64, float32, float16, bfloat16});
  if (row.dtypes & integers) all.insert(all.end(), {int64, int32, uint8});
  if (row.dtypes & booleans) all.push_back(boolean);
  if (row.dtypes & storage)
    std::copy_if(std::begin(all_dtypes), std::end(all_dtypes), std::back_inserter(all), is_storage);
  return all;
}

Tensors make_inputs(const Row& row, const Shapes& shapes, DType dtype, const Device& device) {
  Tensors inputs;
  for (std::size_t i = 0; i < row.inputs.size(); ++i) {
    const Input& input = row.inputs[i];
    Draw draw{fnv(row.name), i};
    std::vector<double> values(std::size_t(shapes[i].count()));
    if (input.kind == Kind::distinct) values = distinct_values(values.size(), draw, i);
    else
      std::generate(values.begin(), values.end(),
                    [&] { return value_of(input.kind, draw, input.below); });
    const DType own = input.kind == Kind::index     ? DType::int64
                      : input.kind == Kind::boolean ? DType::boolean
                                                    : dtype;
    if (is_value(input) && !is_floating(own))
      std::for_each(values.begin(), values.end(),
                    [&](double& v) { v = as_integer(v, input.kind, own); });
    inputs.push_back(
        from_data(values.data(), DType::float64, shapes[i], {.dtype = own, .device = device}));
  }
  return inputs;
}

Tensor sent_back(const Tensor& output, std::uint64_t number) {
  std::vector<double> values(std::size_t(output.numel()));
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = 0.5 + philox_uniform64(99, number, i);
  return from_data(values.data(), DType::float64, output.shape(),
                   {.dtype = output.dtype(), .device = output.device()});
}

const char* to_string(Layout layout) {
  constexpr const char* names[] = {"dense", "transposed", "sliced", "broadcast"};
  return names[int(layout)];
}

namespace {

Tensor transposed(const Tensor& x) {
  Dims reversed;
  for (int i = x.dim(); i-- > 0;) reversed.push_back(i);
  return x.permute(reversed).clone().permute(reversed);
}
/// Every second element of a row, starting at the second: the elements between are NaN or another
/// value that must not be read.
Tensor sliced(const Tensor& x) {
  if (x.dim() == 0) return stack({full_like(x, 77), x}, 0).select(0, 1);
  const Tensor between = full_like(
      x, is_floating(x.dtype()) ? Scalar(std::numeric_limits<double>::quiet_NaN()) : Scalar(77));
  Shape twice = x.shape();
  twice[-1] *= 2;
  return reshape(stack({between, x}, x.dim()), twice).slice(-1, 1, INT64_MAX, 2);
}

}  // namespace

Tensor laid_out(const Tensor& x, Layout layout) {
  if (layout == Layout::transposed) return transposed(x);
  if (layout == Layout::sliced) return sliced(x);
  if (layout == Layout::broadcast && x.dim() > 0 && x.numel() > 0)
    return x.slice(0, 0, 1).clone().expand(x.shape());
  return x;
}

Tensors laid_out(const Row& row, const Tensors& inputs, Layout layout) {
  Tensors all;
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    const bool would_tie = layout == Layout::broadcast && row.inputs[i].kind == Kind::distinct;
    all.push_back(would_tie ? inputs[i] : laid_out(inputs[i], layout).detach());
  }
  return all;
}

Results run(const Row& row, const Tensors& inputs, bool with_gradients) {
  Tensors leaves, wanted, sent, carrying;
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    leaves.push_back(inputs[i].detach());
    if (!with_gradients || !is_value(row.inputs[i]) || !is_floating(inputs[i].dtype())) continue;
    wanted.push_back(leaves[i].requires_grad_());
  }
  Results results{row.call(leaves), {}};
  for (std::size_t i = 0; i < results.outputs.size(); ++i) {
    if (!results.outputs[i].requires_grad()) continue;
    carrying.push_back(results.outputs[i]);
    sent.push_back(sent_back(results.outputs[i], i));
  }
  if (!carrying.empty())
    results.gradients = grad(carrying, wanted, {.grad_outputs = sent, .allow_unused = true});
  return results;
}

}  // namespace op_table
