// SPDX-License-Identifier: MIT
// Max and average pooling and their gradients. The kernels are compiled for each window: its size
// KH x KW, strides, padding and dilations are constants. x is [planes, height, width] and y is
// [planes, out_height, out_width]. A work-item computes one output element, or, with BY_ROWS, one
// output row in vectors.
#include "vectors.cl"

#define SIZES                                                                                \
  const index_t planes, const index_t height, const index_t width, const index_t out_height, \
      const index_t out_width
#ifdef BY_ROWS
#define FOR_EACH_OUTPUT(plane, row, column, rows, columns)                       \
  const index_t line = get_global_id(0), plane = line / rows, row = line % rows; \
  if (plane >= planes) return;                                                   \
  for (index_t column = 0; column < columns; column += WIDTH)
#else
#define FOR_EACH_OUTPUT(plane, row, column, rows, columns)                               \
  const index_t item = get_global_id(0), line = item / columns, column = item % columns; \
  const index_t plane = line / rows, row = line % rows;                                  \
  if (plane >= planes) return;
#endif

// The rows and columns of x in the window of an element of y. CHECK_ROWS and CHECK_COLUMNS are 1 if
// they may lie outside of x.
#define ROW_OF(out_row, i) ((out_row)*STRIDE_Y - PADDING_Y + (i)*DILATION_Y)
#define COLUMN_OF(out_column, j) ((out_column)*STRIDE_X - PADDING_X + (j)*DILATION_X)
#define IS_ROW(row) (!CHECK_ROWS || ((row) >= 0 && (row) < height))
#define IS_COLUMN(column) (!CHECK_COLUMNS || ((column) >= 0 && (column) < width))

#define WINDOW_SIZE ((T)KH * KW)
/// Adds to the sum over a window; those over large windows carry their rounding errors along.
#if KH * KW > 64
#define ADD(type, sum, value) ADD_COMPENSATED(type, sum, sum##_error, value)
#else
#define ADD(type, sum, value) sum += value;
#endif

/// The indices in a plane of one element of each of WIDTH adjacent windows. They are integers of
/// T's size, so that comparisons of them select among vectors of T.
typedef VEC(MASK(T)) Indices;
INLINE Indices indices_from(index_t first) {
  MASK(T) all[WIDTH];
  for (int lane = 0; lane < WIDTH; ++lane) all[lane] = first + lane * STRIDE_X;
  return VLOAD(all);
}
INLINE void store_indices(global long* index, index_t n, Indices indices) {
  long all[WIDTH];
  VSTORE(TO(long, indices), all);
  if (n >= WIDTH) VSTORE(VLOAD(all), index);
  else
    for (int lane = 0; lane < n; ++lane) index[lane] = all[lane];
}
INLINE Indices load_indices(global const long* index, index_t n) {
  MASK(T) values[WIDTH];
  for (int lane = 0; lane < WIDTH; ++lane) values[lane] = n >= WIDTH || lane < n ? index[lane] : -1;
  return VLOAD(values);
}
/// Loads one element of each of WIDTH adjacent windows from the row of x that begins at `first`.
/// The elements outside of the row are `fill`; those beyond the last of n windows are undefined.
/// `end` is the number of elements of x.
INLINE V load_columns(global const uchar* x, int x_dtype, index_t first, index_t column, index_t n,
                      index_t width, index_t end, T fill) {
  const bool inside = !CHECK_COLUMNS || (column >= 0 && column + (WIDTH - 1) * STRIDE_X < width);
  if (inside && first + column + WIDTH * STRIDE_X <= end) {
#if WIDTH == 1 || STRIDE_X == 1
    return LOADS(T, x, first + column);
#elif STRIDE_X == 2
    const V left = LOADS(T, x, first + column), right = LOADS(T, x, first + column + WIDTH);
    V all;
    all.lo = left.even, all.hi = right.even;
    return all;
#endif
  }
  T values[WIDTH];
  for (int lane = 0; lane < WIDTH; ++lane) {
    const index_t c = column + lane * STRIDE_X;
    values[lane] = lane < n && IS_COLUMN(c) ? LOAD(T, x, first + c) : fill;
  }
  return VLOAD(values);
}
#define LOAD_COLUMNS(x, row, column, n, fill)                                    \
  load_columns(x, x##_dtype, (plane * height + (row)) * width, column, n, width, \
               planes * height * width, fill)

#ifdef KERNEL_max_pool2d
/// Is true if b replaces the maximum a: NaN replaces any other value, and the first NaN stays.
#define REPLACES(b, a) (!((b) <= (a)) & ((a) == (a)))
kernel void max_pool2d(IN(x), OUT(y), OUT(index), SIZES) {
  OPEN(x);
  OPEN(y);
  OPEN(index);
  FOR_EACH_OUTPUT(plane, row, column, out_height, out_width) {
    const index_t n = out_width - column, to = line * out_width + column;
    V best = -INFINITY;
    Indices best_index = -1;
    for (int i = 0; i < KH; ++i)
      for (int j = 0; j < KW; ++j) {
        const index_t r = ROW_OF(row, i), c = COLUMN_OF(column, j);
        if (!IS_ROW(r)) continue;
        const V values = LOAD_COLUMNS(x, r, c, n, -INFINITY);
        const Indices columns = indices_from(c),
                      wins = IS_COLUMN(columns) & ((best_index < 0) | REPLACES(values, best));
        best = wins ? values : best,
        best_index = wins ? (MASK(T))(r * width) + columns : best_index;
      }
    store_vector(y, y_dtype, to, n, best);
    store_indices(AT(long, index) + to, n, best_index < 0 ? 0 : best_index);
  }
}
#endif

#ifdef KERNEL_avg_pool2d
kernel void avg_pool2d(IN(x), OUT(y), SIZES) {
  OPEN(x);
  OPEN(y);
  FOR_EACH_OUTPUT(plane, row, column, out_height, out_width) {
    const index_t n = out_width - column;
    V sum = 0, sum_error = 0;
    for (int i = 0; i < KH; ++i)
      for (int j = 0; j < KW; ++j) {
        const index_t r = ROW_OF(row, i), c = COLUMN_OF(column, j);
        if (IS_ROW(r)) ADD(V, sum, LOAD_COLUMNS(x, r, c, n, 0))
      }
    store_vector(y, y_dtype, line * out_width + column, n, sum / WINDOW_SIZE);
  }
}
#endif

// ------------------------------------------------------------ derivatives
#ifdef KERNEL_max_pool2d_grad
#define GRAD max_pool2d_grad
#define INDEX IN(index),
#define OPEN_INDEX OPEN(index);
/// The contribution of element `at` of dy to element `i` of x's plane; and a vector of such
/// contributions.
#define CONTRIBUTION(at, i) (CONST_AT(long, index)[at] == (i) ? LOAD(T, dy, at) : 0)
#define CONTRIBUTIONS(dy, selected, indices) ((selected) == (indices) ? (dy) : 0)
#define SELECTED(at, n) load_indices(CONST_AT(long, index) + at, n)
#endif
#ifdef KERNEL_avg_pool2d_grad
#define GRAD avg_pool2d_grad
#define INDEX
#define OPEN_INDEX
#define CONTRIBUTION(at, i) (LOAD(T, dy, at) / WINDOW_SIZE)
#define CONTRIBUTIONS(dy, selected, indices) ((dy) / WINDOW_SIZE)
#define SELECTED(at, n) 0
#endif

#if defined(GRAD) && defined(TILED)
/// Interleaves KW vectors.
INLINE void interleave(const V* columns, V* row) {
#if WIDTH == 1
  for (int j = 0; j < KW; ++j) row[j] = columns[j];
#elif KW == 2
  row[0].even = columns[0].lo, row[0].odd = columns[1].lo;
  row[1].even = columns[0].hi, row[1].odd = columns[1].hi;
#else
  T from[KW][WIDTH], all[WIDTH * KW];
  for (int j = 0; j < KW; ++j) VSTORE(columns[j], from[j]);
  for (int i = 0; i < WIDTH * KW; ++i) all[i] = from[i % KW][i / KW];
  for (int j = 0; j < KW; ++j) row[j] = VLOAD(all + j * WIDTH);
#endif
}
/// For windows that tile x without overlap: each window writes the elements that it covers. The
/// last windows of rows and columns write zeros to the elements that no window covers.
kernel void GRAD(IN(dy), INDEX OUT(dx), SIZES) {
  OPEN(dy);
  OPEN_INDEX
  OPEN(dx);
  FOR_EACH_OUTPUT(plane, row, column, out_height, out_width) {
    const index_t n = min((index_t)WIDTH, out_width - column), at = line * out_width + column,
                  first = row * KH * width + column * KW;
    const V dy_values = load_vector(dy, dy_dtype, at, n, 0);
    const Indices selected = SELECTED(at, n), indices = indices_from(first);
    for (int i = 0; i < KH; ++i) {
      V columns[KW], covered[KW];
      for (int j = 0; j < KW; ++j)
        columns[j] = CONTRIBUTIONS(dy_values, selected, indices + (MASK(T))(i * width + j));
      interleave(columns, covered);
      for (int j = 0; j < KW && j * WIDTH < n * KW; ++j)
        store_vector(dx, dx_dtype, plane * height * width + first + i * width + j * WIDTH,
                     n * KW - j * WIDTH, covered[j]);
    }
  }
#ifndef BY_ROWS
  if (column < out_width - 1) return;
#endif
  const index_t end = row == out_height - 1 ? height : (row + 1) * KH;
  for (index_t r = row * KH; r < end; ++r)
    for (index_t c = r < out_height * KH ? out_width * KW : 0; c < width; ++c)
      STORE(T, dx, (plane * height + r) * width + c, 0);
}
#elif defined(GRAD)
/// For all other windows: each element of x sums the contributions of the windows that contain it,
/// in the order of dy.
#define IS_WINDOW(n, stride, out_size) \
  ((n) >= 0 && (n) % (stride) == 0 && (n) / (stride) < (out_size))
kernel void GRAD(IN(dy), INDEX OUT(dx), SIZES) {
  OPEN(dy);
  OPEN_INDEX
  OPEN(dx);
  FOR_EACH_OUTPUT(plane, row, column, height, width) {
    T sum = 0, sum_error = 0;
    for (int i = KH - 1; i >= 0; --i)
      for (int j = KW - 1; j >= 0; --j) {
        const index_t up = row + PADDING_Y - i * DILATION_Y,
                      left = column + PADDING_X - j * DILATION_X;
        if (!IS_WINDOW(up, STRIDE_Y, out_height) || !IS_WINDOW(left, STRIDE_X, out_width)) continue;
        const index_t at = (plane * out_height + up / STRIDE_Y) * out_width + left / STRIDE_X;
        ADD(T, sum, CONTRIBUTION(at, row * width + column))
      }
    STORE(T, dx, line * width + column, sum);
  }
}
#endif
