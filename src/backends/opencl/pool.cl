// Pooling, compiled for each window: KH x KW, its strides, padding and dilations are numbers here. x is [planes, height, width], y is
// [planes, out_height, out_width]. A work-item computes one element of what it goes over, or, with BY_ROWS, one row of it: a loop that
// compilers turn into vectors, where elements are stored as they are computed (PLAIN).
#include "prelude.cl"

#ifdef PLAIN
#define READ(x, i) (CONST_AT(T, x)[i])
#define WRITE(y, i, value) (AT(T, y)[i] = (value))
#else
#define READ(x, i) LOAD(T, x, i)
#define WRITE(y, i, value) STORE(T, y, i, value)
#endif

#define SIZES const index_t planes, const index_t height, const index_t width, const index_t out_height, const index_t out_width
#ifdef BY_ROWS
#define EACH_OF(plane, row, column, rows, columns)                               \
  const index_t line = get_global_id(0), plane = line / rows, row = line % rows; \
  if (plane >= planes) return;                                                   \
  for (index_t column = 0; column < columns; ++column)
#else
#define EACH_OF(plane, row, column, rows, columns)                                       \
  const index_t item = get_global_id(0), line = item / columns, column = item % columns; \
  const index_t plane = line / rows, row = line % rows;                                  \
  if (plane >= planes) return;
#endif

// The rows and columns of x in the window of an element of y; whether they are there, which without padding they always are.
#define ROW_OF(to, i) ((to) * STRIDE_Y - PADDING_Y + (i) * DILATION_Y)
#define COLUMN_OF(to, j) ((to) * STRIDE_X - PADDING_X + (j) * DILATION_X)
#define IS_INSIDE(row, column) ((PADDING_Y == 0 || ((row) >= 0 && (row) < height)) && (PADDING_X == 0 || ((column) >= 0 && (column) < width)))

#ifdef KERNEL_max_pool2d
/// Whether b replaces a as the largest: NaN beats numbers, and the first NaN stays.
#define BEATS(b, a) (!((b) <= (a)) & ((a) == (a)))
kernel void max_pool2d(IN(x), OUT(y), OUT(index), SIZES) {
  OPEN(x);
  OPEN(y);
  OPEN(index);
  EACH_OF(plane, row, column, out_height, out_width) {
    const index_t first = plane * height * width;
    T best = -INFINITY;
    index_t place = -1;
#pragma unroll
    for (int i = 0; i < KH; ++i) {
#pragma unroll
      for (int j = 0; j < KW; ++j) {
        const index_t r = ROW_OF(row, i), c = COLUMN_OF(column, j), here = r * width + c;
        if (!IS_INSIDE(r, c)) continue;
        const T value = READ(x, first + here);
        const int wins = (place < 0) | BEATS(value, best);
        best = wins ? value : best, place = wins ? here : place;
      }
    }
    const index_t to = line * out_width + column;
    WRITE(y, to, best);
    AT(long, index)[to] = max(place, (index_t)0);
  }
}
#endif

#ifdef KERNEL_avg_pool2d
kernel void avg_pool2d(IN(x), OUT(y), SIZES) {
  OPEN(x);
  OPEN(y);
  EACH_OF(plane, row, column, out_height, out_width) {
    T sum = 0;
#pragma unroll
    for (int i = 0; i < KH; ++i) {
#pragma unroll
      for (int j = 0; j < KW; ++j) {
        const index_t r = ROW_OF(row, i), c = COLUMN_OF(column, j);
        if (IS_INSIDE(r, c)) sum += READ(x, (plane * height + r) * width + c);
      }
    }
    WRITE(y, line * out_width + column, sum / (KH * KW));
  }
}
#endif

// ------------------------------------------------------------ derivatives
// SHARE: what element `place` of x's plane gets from element `at` of dy.
#ifdef KERNEL_max_pool2d_grad
#define GRAD max_pool2d_grad
#define INDEX IN(index),
#define OPEN_INDEX OPEN(index);
#define SHARE(at, place) (CONST_AT(long, index)[at] == (place) ? READ(dy, at) : 0)
#endif
#ifdef KERNEL_avg_pool2d_grad
#define GRAD avg_pool2d_grad
#define INDEX
#define OPEN_INDEX
#define SHARE(at, place) (READ(dy, at) / (KH * KW))
#endif

#if defined(GRAD) && defined(TILED)
/// Windows lie side by side: each writes the elements that it covers. The last ones write zeros to those that none covers.
kernel void GRAD(IN(dy), INDEX OUT(dx), SIZES) {
  OPEN(dy);
  OPEN_INDEX
  OPEN(dx);
  EACH_OF(plane, row, column, out_height, out_width) {
    const index_t at = line * out_width + column, place = row * KH * width + column * KW;
#pragma unroll
    for (int i = 0; i < KH; ++i) {
#pragma unroll
      for (int j = 0; j < KW; ++j) WRITE(dx, plane * height * width + place + i * width + j, SHARE(at, place + i * width + j));
    }
  }
#ifndef BY_ROWS
  if (column < out_width - 1) return;
#endif
  const index_t end = row == out_height - 1 ? height : (row + 1) * KH;
  for (index_t r = row * KH; r < end; ++r)
    for (index_t c = r < out_height * KH ? out_width * KW : 0; c < width; ++c) WRITE(dx, (plane * height + r) * width + c, 0);
}
#elif defined(GRAD)
/// Each element of x looks at the windows that it is in, in the order of dy.
#define IS_WINDOW(n, stride, out_size) ((n) >= 0 && (n) % (stride) == 0 && (n) / (stride) < (out_size))
kernel void GRAD(IN(dy), INDEX OUT(dx), SIZES) {
  OPEN(dy);
  OPEN_INDEX
  OPEN(dx);
  EACH_OF(plane, row, column, height, width) {
    T sum = 0;
    for (int i = KH - 1; i >= 0; --i)
      for (int j = KW - 1; j >= 0; --j) {
        const index_t up = row + PADDING_Y - i * DILATION_Y, left = column + PADDING_X - j * DILATION_X;
        if (!IS_WINDOW(up, STRIDE_Y, out_height) || !IS_WINDOW(left, STRIDE_X, out_width)) continue;
        const index_t at = (plane * out_height + up / STRIDE_Y) * out_width + left / STRIDE_X;
        sum += SHARE(at, row * width + column);
      }
    WRITE(dx, line * width + column, sum);
  }
}
#endif
