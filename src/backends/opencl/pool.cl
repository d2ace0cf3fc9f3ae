// Pooling, compiled for each window: KH x KW, its strides, padding and dilations are numbers here.
// x is [planes, height, width], y is [planes, out_height, out_width]. A work-item computes one
// element of what it goes over, or, with BY_ROWS, one row of it in vectors.
#include "vectors.cl"

#define SIZES                                                                                \
  const index_t planes, const index_t height, const index_t width, const index_t out_height, \
      const index_t out_width
#ifdef BY_ROWS
#define EACH_OF(plane, row, column, rows, columns)                               \
  const index_t line = get_global_id(0), plane = line / rows, row = line % rows; \
  if (plane >= planes) return;                                                   \
  for (index_t column = 0; column < columns; column += WIDTH)
#else
#define EACH_OF(plane, row, column, rows, columns)                                       \
  const index_t item = get_global_id(0), line = item / columns, column = item % columns; \
  const index_t plane = line / rows, row = line % rows;                                  \
  if (plane >= planes) return;
#endif

// The rows and columns of x in the window of an element of y. Without padding they are always
// there.
#define ROW_OF(to, i) ((to)*STRIDE_Y - PADDING_Y + (i)*DILATION_Y)
#define COLUMN_OF(to, j) ((to)*STRIDE_X - PADDING_X + (j)*DILATION_X)
#define IS_ROW(row) (PADDING_Y == 0 || ((row) >= 0 && (row) < height))
#define IS_COLUMN(column) (PADDING_X == 0 || ((column) >= 0 && (column) < width))

/// Places in a plane, whole numbers of T's size so that they choose among vectors of T: of WIDTH
/// neighbouring windows, from the first on.
typedef VEC(MASK(T)) Places;
INLINE Places places_from(index_t first) {
  MASK(T) all[WIDTH];
  for (int lane = 0; lane < WIDTH; ++lane) all[lane] = first + lane * STRIDE_X;
  return VLOAD(all);
}
INLINE void put_index(global long* index, index_t n, Places places) {
  long all[WIDTH];
  VSTORE(TO(long, places), all);
  if (n >= WIDTH) VSTORE(VLOAD(all), index);
  else
    for (int lane = 0; lane < n; ++lane) index[lane] = all[lane];
}
INLINE Places take_index(global const long* index, index_t n) {
  MASK(T) some[WIDTH];
  for (int lane = 0; lane < WIDTH; ++lane) some[lane] = n >= WIDTH || lane < n ? index[lane] : -1;
  return VLOAD(some);
}
/// The elements of WIDTH neighbouring windows in the row of x that begins at `first`: `rest` beyond
/// its ends, anything beyond the last of n windows. `end`: where x ends.
INLINE V take_columns(global const uchar* x, int x_dtype, index_t first, index_t column, index_t n,
                      index_t width, index_t end, T rest) {
  const bool inside = PADDING_X == 0 || (column >= 0 && column + (WIDTH - 1) * STRIDE_X < width);
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
  T some[WIDTH];
  for (int lane = 0; lane < WIDTH; ++lane) {
    const index_t c = column + lane * STRIDE_X;
    some[lane] = lane < n && IS_COLUMN(c) ? LOAD(T, x, first + c) : rest;
  }
  return VLOAD(some);
}
#define TAKE_COLUMNS(x, row, column, n, rest)                                    \
  take_columns(x, x##_dtype, (plane * height + (row)) * width, column, n, width, \
               planes * height * width, rest)

#ifdef KERNEL_max_pool2d
/// Whether b replaces a as the largest: NaN beats numbers, and the first NaN stays.
#define BEATS(b, a) (!((b) <= (a)) & ((a) == (a)))
kernel void max_pool2d(IN(x), OUT(y), OUT(index), SIZES) {
  OPEN(x);
  OPEN(y);
  OPEN(index);
  EACH_OF(plane, row, column, out_height, out_width) {
    const index_t n = out_width - column, to = line * out_width + column;
    V best = -INFINITY;
    Places place = -1;
    for (int i = 0; i < KH; ++i)
      for (int j = 0; j < KW; ++j) {
        const index_t r = ROW_OF(row, i), c = COLUMN_OF(column, j);
        if (!IS_ROW(r)) continue;
        const V values = TAKE_COLUMNS(x, r, c, n, -INFINITY);
        const Places columns = places_from(c),
                     wins = IS_COLUMN(columns) & ((place < 0) | BEATS(values, best));
        best = wins ? values : best, place = wins ? (MASK(T))(r * width) + columns : place;
      }
    put(y, y_dtype, to, n, best);
    put_index(AT(long, index) + to, n, place < 0 ? 0 : place);
  }
}
#endif

#ifdef KERNEL_avg_pool2d
kernel void avg_pool2d(IN(x), OUT(y), SIZES) {
  OPEN(x);
  OPEN(y);
  EACH_OF(plane, row, column, out_height, out_width) {
    const index_t n = out_width - column;
    V sum = 0;
    for (int i = 0; i < KH; ++i)
      for (int j = 0; j < KW; ++j) {
        const index_t r = ROW_OF(row, i), c = COLUMN_OF(column, j);
        if (IS_ROW(r)) sum += TAKE_COLUMNS(x, r, c, n, 0);
      }
    put(y, y_dtype, line * out_width + column, n, sum / (KH * KW));
  }
}
#endif

// ------------------------------------------------------------ derivatives
#ifdef KERNEL_max_pool2d_grad
#define GRAD max_pool2d_grad
#define INDEX IN(index),
#define OPEN_INDEX OPEN(index);
/// What element `place` of x's plane gets from element `at` of dy; and vectors of that.
#define SHARE(at, place) (CONST_AT(long, index)[at] == (place) ? LOAD(T, dy, at) : 0)
#define SHARES(given, named, places) ((named) == (places) ? (given) : 0)
#define NAMED(at, n) take_index(CONST_AT(long, index) + at, n)
#endif
#ifdef KERNEL_avg_pool2d_grad
#define GRAD avg_pool2d_grad
#define INDEX
#define OPEN_INDEX
#define SHARE(at, place) (LOAD(T, dy, at) / (KH * KW))
#define SHARES(given, named, places) ((given) / (KH * KW))
#define NAMED(at, n) 0
#endif

#if defined(GRAD) && defined(TILED)
/// From KW vectors, one of each by turns.
INLINE void interleave(const V* shares, V* row) {
#if WIDTH == 1
  for (int j = 0; j < KW; ++j) row[j] = shares[j];
#elif KW == 2
  row[0].even = shares[0].lo, row[0].odd = shares[1].lo;
  row[1].even = shares[0].hi, row[1].odd = shares[1].hi;
#else
  T from[KW][WIDTH], all[WIDTH * KW];
  for (int j = 0; j < KW; ++j) VSTORE(shares[j], from[j]);
  for (int i = 0; i < WIDTH * KW; ++i) all[i] = from[i % KW][i / KW];
  for (int j = 0; j < KW; ++j) row[j] = VLOAD(all + j * WIDTH);
#endif
}
/// Windows lie side by side: each writes the elements that it covers. The last ones write zeros to
/// those that none covers.
kernel void GRAD(IN(dy), INDEX OUT(dx), SIZES) {
  OPEN(dy);
  OPEN_INDEX
  OPEN(dx);
  EACH_OF(plane, row, column, out_height, out_width) {
    const index_t n = min((index_t)WIDTH, out_width - column), at = line * out_width + column,
                  first = row * KH * width + column * KW;
    const V given = take(dy, dy_dtype, at, n, 0);
    const Places named = NAMED(at, n), places = places_from(first);
    for (int i = 0; i < KH; ++i) {
      V shares[KW], covered[KW];
      for (int j = 0; j < KW; ++j)
        shares[j] = SHARES(given, named, places + (MASK(T))(i * width + j));
      interleave(shares, covered);
      for (int j = 0; j < KW && j * WIDTH < n * KW; ++j)
        put(dx, dx_dtype, plane * height * width + first + i * width + j * WIDTH,
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
/// Each element of x looks at the windows that it is in, in the order of dy.
#define IS_WINDOW(n, stride, out_size) \
  ((n) >= 0 && (n) % (stride) == 0 && (n) / (stride) < (out_size))
kernel void GRAD(IN(dy), INDEX OUT(dx), SIZES) {
  OPEN(dy);
  OPEN_INDEX
  OPEN(dx);
  EACH_OF(plane, row, column, height, width) {
    T sum = 0;
    for (int i = KH - 1; i >= 0; --i)
      for (int j = KW - 1; j >= 0; --j) {
        const index_t up = row + PADDING_Y - i * DILATION_Y,
                      left = column + PADDING_X - j * DILATION_X;
        if (!IS_WINDOW(up, STRIDE_Y, out_height) || !IS_WINDOW(left, STRIDE_X, out_width)) continue;
        const index_t at = (plane * out_height + up / STRIDE_Y) * out_width + left / STRIDE_X;
        sum += SHARE(at, row * width + column);
      }
    STORE(T, dx, line * width + column, sum);
  }
}
#endif
