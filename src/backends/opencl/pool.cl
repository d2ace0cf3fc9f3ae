// Pooling, compiled for each window: KH x KW, its strides, padding and dilations are numbers here. x is [planes, height, width], y is
// [planes, out_height, out_width]. A work-item computes one element of what it writes, or, with BY_ROWS, one row of it.
#include "prelude.cl"

#define SIZES const index_t planes, const index_t height, const index_t width, const index_t out_height, const index_t out_width
#ifdef BY_ROWS
#define EACH_OF(plane, row, column, rows, columns)                             \
  const index_t line = get_global_id(0), plane = line / rows, row = line % rows; \
  if (plane >= planes) return;                                                   \
  for (index_t column = 0; column < columns; ++column)
#else
#define EACH_OF(plane, row, column, rows, columns)                                         \
  const index_t item = get_global_id(0), line = item / columns, column = item % columns;   \
  const index_t plane = line / rows, row = line % rows;                                    \
  if (plane >= planes) return;
#endif

// The rows (and columns) of x in the window of row `to` of y, and the windows that row `from` of x is in: number i of KH.
#define INSIDE(n, size) ((n) >= 0 && (n) < (size))
#define ROW_OF(to, i) ((to) * STRIDE_Y - PADDING_Y + (i) * DILATION_Y)
#define COLUMN_OF(to, i) ((to) * STRIDE_X - PADDING_X + (i) * DILATION_X)
#define WINDOW_OF(n, stride, out_size) ((n) >= 0 && (n) % (stride) == 0 && (n) / (stride) < (out_size))
#define UP(from, i) ((from) + PADDING_Y - (i) * DILATION_Y)
#define LEFT(from, i) ((from) + PADDING_X - (i) * DILATION_X)

#ifdef KERNEL_max_pool2d
/// Whether b replaces a as the largest: NaN beats numbers, and the first NaN stays.
#define BEATS(b, a) (!((b) <= (a)) && (a) == (a))
kernel void max_pool2d(IN(x), OUT(y), OUT(index), SIZES) {
  OPEN(x);
  OPEN(y);
  OPEN(index);
  EACH_OF(plane, row, column, out_height, out_width) {
    const index_t first = plane * height * width;
    T best = -INFINITY;
    index_t place = -1;
    for (int i = 0; i < KH; ++i)
      for (int j = 0; j < KW; ++j) {
        const index_t r = ROW_OF(row, i), c = COLUMN_OF(column, j);
        if (!INSIDE(r, height) || !INSIDE(c, width)) continue;
        const T value = LOAD(T, x, first + r * width + c);
        if (place < 0 || BEATS(value, best)) best = value, place = r * width + c;
      }
    const index_t to = line * out_width + column;
    STORE(T, y, to, best);
    AT(long, index)[to] = max(place, (index_t)0);
  }
}
#endif

#ifdef KERNEL_max_pool2d_grad
/// Each element of x looks at the windows that it is in, in the order of dy.
kernel void max_pool2d_grad(IN(dy), IN(index), OUT(dx), SIZES) {
  OPEN(dy);
  OPEN(index);
  OPEN(dx);
  EACH_OF(plane, row, column, height, width) {
    T sum = 0;
    for (int i = KH - 1; i >= 0; --i)
      for (int j = KW - 1; j >= 0; --j) {
        const index_t up = UP(row, i), left = LEFT(column, j);
        if (!WINDOW_OF(up, STRIDE_Y, out_height) || !WINDOW_OF(left, STRIDE_X, out_width)) continue;
        const index_t at = (plane * out_height + up / STRIDE_Y) * out_width + left / STRIDE_X;
        if (CONST_AT(long, index)[at] == row * width + column) sum += LOAD(T, dy, at);
      }
    STORE(T, dx, line * width + column, sum);
  }
}
#endif

#ifdef KERNEL_avg_pool2d
kernel void avg_pool2d(IN(x), OUT(y), SIZES) {
  OPEN(x);
  OPEN(y);
  EACH_OF(plane, row, column, out_height, out_width) {
    T sum = 0;
    for (int i = 0; i < KH; ++i)
      for (int j = 0; j < KW; ++j) {
        const index_t r = ROW_OF(row, i), c = COLUMN_OF(column, j);
        if (INSIDE(r, height) && INSIDE(c, width)) sum += LOAD(T, x, (plane * height + r) * width + c);
      }
    STORE(T, y, line * out_width + column, sum / (KH * KW));
  }
}
#endif

#ifdef KERNEL_avg_pool2d_grad
kernel void avg_pool2d_grad(IN(dy), OUT(dx), SIZES) {
  OPEN(dy);
  OPEN(dx);
  EACH_OF(plane, row, column, height, width) {
    T sum = 0;
    for (int i = KH - 1; i >= 0; --i)
      for (int j = KW - 1; j >= 0; --j) {
        const index_t up = UP(row, i), left = LEFT(column, j);
        if (!WINDOW_OF(up, STRIDE_Y, out_height) || !WINDOW_OF(left, STRIDE_X, out_width)) continue;
        sum += LOAD(T, dy, (plane * out_height + up / STRIDE_Y) * out_width + left / STRIDE_X) / (KH * KW);
      }
    STORE(T, dx, line * width + column, sum);
  }
}
#endif
