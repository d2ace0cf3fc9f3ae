// SPDX-License-Identifier: MIT
// Brings the operands of an elementwise call to its loop: in place or through buffers, in parts.
#pragma once
#include "backends/cpu/entries.h"
#include "backends/cpu/layout.h"

namespace tinygrad::cpu {
namespace {

constexpr int max_inputs = max_operands - 1;

/// The arguments of a loop: `count` elements, a multiple of the vector's lanes. An input with step
/// 0 is one vector, read again and again.
struct Run {
  const void* in[max_inputs];
  std::int64_t step[max_inputs];
  void* out;
  std::int64_t count;
  ParamNumbers numbers;
};
using Loop = void (*)(const Run&);

template <class T> TINYGRAD_INLINE Vec<T> as_vector(Number n) {
  if constexpr (std::is_integral_v<T>) return n.integer;
  else return n.real;
}
template <class T> TINYGRAD_INLINE Vec<T> input(const Run& run, int k, std::int64_t i) {
  return load(static_cast<const T*>(run.in[k]) + i * run.step[k]);
}

/// The dtype that is stored as T, which it is computed in.
template <class T>
constexpr DType dtype_computed_in = std::is_same_v<T, float>    ? DType::float32
                                    : std::is_same_v<T, double> ? DType::float64
                                                                : DType::int64;

/// One call: out is operand 0 of the layout, the inputs, computed in T, are operands 1, 2, ...
template <class T> class ElementwiseLaunch {
 public:
  /// `written`: the dtype that the loop writes, T's or boolean. It is converted if out has another.
  ElementwiseLaunch(Loop loop, DType written, const ParamNumbers& numbers, const Array& out,
                    const ArrayOrNumber* const* inputs, int inputs_count)
      : loop_(loop), numbers_(numbers), out_(out), written_(written), count_(inputs_count) {
    for (int k = 0; k < count_; ++k) inputs_[k] = *inputs[k];
  }

  void run() {
    if (out_.count == 0) return;
    lay_out();
    for (int k = 0; k < count_; ++k)
      if (is_transposed(k)) return run_on_copy(k);
    in_place_ =
        layout_.inner() >= 2 * lanes<T> && out_.dtype == written_ && layout_.inner_stride(0) == 1;
    for (int k = 0; k < count_ && in_place_; ++k) in_place_ = is_number(k) || readable_in_place(k);
    if (layout_.count < 2 * grain) range(0, layout_.count);
    else
      parallel_ranges(layout_.count, grain,
                      [this](std::int64_t begin, std::int64_t end) { range(begin, end); });
  }

 private:
  bool is_number(int k) const { return !inputs_[k].array.data; }
  void lay_out() {
    const Array* arrays[max_operands] = {&out_};
    for (int k = 0; k < count_; ++k) arrays[k + 1] = is_number(k) ? nullptr : &inputs_[k].array;
    layout_ = make_layout(arrays, count_ + 1, true);
  }
  bool readable_in_place(int k) const {
    const std::int64_t stride = layout_.inner_stride(k + 1);
    return inputs_[k].array.dtype == dtype_computed_in<T> && (stride == 1 || stride == 0);
  }
  /// Returns whether input k is large, and contiguous along another dimension than out: row by row,
  /// each of its cache lines would be fetched many times.
  bool is_transposed(int k) const {
    if (is_number(k) || layout_.count < 4096) return false;
    bool elsewhere = false;
    for (int d = 0; d < layout_.rank - 1; ++d)
      elsewhere = elsewhere || layout_.strides[k + 1][d] == 1;
    const std::int64_t inner = layout_.inner_stride(k + 1);
    return elsewhere && inner != 0 && inner != 1;
  }
  /// Runs with a copy of input k in the order of iteration, which the copy kernel makes block by
  /// block.
  void run_on_copy(int k) {
    Array& x = inputs_[k].array;
    const Scratch<char> memory(layout_.count * bytes_of(x.dtype));
    Array from = {x.data, layout_.count, {}, {}, layout_.rank, x.dtype}, to = from, out = from;
    std::int64_t stride = 1;
    for (int d = layout_.rank - 1; d >= 0; stride *= layout_.shape[d--]) {
      from.shape[d] = to.shape[d] = out.shape[d] = layout_.shape[d];
      from.strides[d] = layout_.strides[k + 1][d], to.strides[d] = stride;
    }
    to.data = memory;
    TINYGRAD_ISA::copy(from, to);
    const ArrayOrNumber* inputs[max_inputs];
    ArrayOrNumber laid_out[max_inputs];
    for (int j = 0; j < count_; ++j) {
      laid_out[j] = inputs_[j], inputs[j] = &laid_out[j];
      if (!is_number(j)) laid_out[j].array = j == k ? to : in_order(inputs_[j].array, j + 1);
    }
    ElementwiseLaunch(loop_, written_, numbers_, in_order(out_, 0), inputs, count_).run();
  }
  /// Operand k of the layout as an array of the layout's shape.
  Array in_order(const Array& x, int k) const {
    Array y = {x.data, layout_.count, {}, {}, layout_.rank, x.dtype};
    for (int d = 0; d < layout_.rank; ++d)
      y.shape[d] = layout_.shape[d], y.strides[d] = layout_.strides[k][d];
    return y;
  }

  /// Elements begin ... end - 1 in the order of iteration: rows in place, their last vectors and
  /// everything else through buffers.
  void range(std::int64_t begin, std::int64_t end) const {
    for (std::int64_t row; begin < end; begin += row) {
      row = in_place_ ? min(end - begin, layout_.inner() - begin % layout_.inner())
                      : min<std::int64_t>(end - begin, chunk);
      const std::int64_t whole = in_place_ ? row / lanes<T> * lanes<T> : 0;
      if (whole > 0) direct(begin, whole);
      if (whole < row) buffered(begin + whole, row - whole);
    }
  }
  void direct(std::int64_t start, std::int64_t n) const {
    Vec<T> scalars[max_inputs];
    Run run = {.in = {}, .step = {}, .out = at(out_, 0, start), .count = n, .numbers = numbers_};
    for (int k = 0; k < count_; ++k) {
      const void* x = is_number(k) ? nullptr : at(inputs_[k].array, k + 1, start);
      run.step[k] = x ? layout_.inner_stride(k + 1) : 0;
      if (!x) scalars[k] = as_vector<T>(inputs_[k].number);
      else if (run.step[k] == 0) scalars[k] = *static_cast<const T*>(x);
      run.in[k] = run.step[k] ? x : &scalars[k];
    }
    loop_(run);
  }
  void buffered(std::int64_t start, std::int64_t n) const {
    alignas(64) T buffers[max_inputs][chunk], results[chunk];
    const std::int64_t padded = round_up(n, lanes<T>);
    Run run = {.in = {}, .step = {}, .out = results, .count = padded, .numbers = numbers_};
    for (int k = 0; k < count_; ++k) {
      run.in[k] = buffers[k], run.step[k] = is_number(k) ? 0 : 1;
      if (is_number(k)) store(buffers[k], as_vector<T>(inputs_[k].number));
      else read(inputs_[k].array, layout_, k + 1, start, n, buffers[k]);
      for (std::int64_t i = n; i < padded && run.step[k]; ++i) buffers[k][i] = 1;
    }
    loop_(run);
    if (written_ == DType::boolean) scatter_elements(out_.data, 1, layout_, 0, start, n, results);
    else write(out_, layout_, 0, start, n, results);
  }
  void* at(const Array& x, int k, std::int64_t start) const {
    return static_cast<char*>(x.data) + IndexIterator(layout_, k, start).offset * bytes_of(x.dtype);
  }

  Loop loop_;
  ParamNumbers numbers_;
  Array out_;
  DType written_;
  int count_;
  ArrayOrNumber inputs_[max_inputs];
  bool in_place_ = false;
  Layout layout_;
};

}  // namespace
}  // namespace tinygrad::cpu
