// Layer norm: mean and variance in two passes (the difference of mean square and squared mean loses
// all digits where the mean is large), and its derivative.
#include "rows.cl"

/// The vector of w [size] at i of a row; 1 or 0 where it is not given.
#define ALONG(w, i, otherwise) (w ? take(w, w##_dtype, i, LANES(i), 0) : (V)(otherwise))

#ifdef KERNEL_layer_norm
LINE_KERNEL void layer_norm(IN(x), IN(w), IN(b), OUT(y), OUT(mean), OUT(rstd), const T eps, LINES) {
  ROOM FIND_LINE OPEN(x);
  OPEN(w);
  OPEN(b);
  OPEN(y);
  OPEN(mean);
  OPEN(rstd);
  V sum = 0, squares = 0;
  EACH_BLOCK(i) {
    V part = 0;
    EACH_OF_BLOCK(i) part += TAKE(x, i, 0);
    sum += part;
  }
  const T center = LINE_SUM(sum) / size;
  EACH_BLOCK(i) {
    V part = 0;
    EACH_OF_BLOCK(i) {
      const V d = TAKE(x, i, center) - center;
      part += d * d;
    }
    squares += part;
  }
  const T inverse = 1 / sqrt(LINE_SUM(squares) / size + eps);
  EACH(i) PUT(y, i, (TAKE(x, i, 0) - center) * inverse * ALONG(w, i, 1) + ALONG(b, i, 0));
  if (ITEM > 0) return;
  STORE(T, mean, line, center);
  STORE(T, rstd, line, inverse);
}
#endif

#ifdef KERNEL_layer_norm_grad
/// dx = rstd (g - mean(g) - normal mean(g normal)), g = dy w.
LINE_KERNEL void layer_norm_grad(IN(dy), IN(x), IN(w), IN(mean), IN(rstd), OUT(dx), LINES) {
  ROOM FIND_LINE OPEN(dy);
  OPEN(x);
  OPEN(w);
  OPEN(mean);
  OPEN(rstd);
  OPEN(dx);
  const T center = LOAD(T, mean, line), inverse = LOAD(T, rstd, line);
  V sum = 0, products = 0;
  EACH_BLOCK(i) {
    V part = 0, part_products = 0;
    EACH_OF_BLOCK(i) {
      const V g = TAKE(dy, i, 0) * ALONG(w, i, 1);
      part += g, part_products += g * ((TAKE(x, i, 0) - center) * inverse);
    }
    sum += part, products += part_products;
  }
  const T mean_g = LINE_SUM(sum) / size, mean_products = LINE_SUM(products) / size;
  EACH(i) {
    const V g = TAKE(dy, i, 0) * ALONG(w, i, 1);
    PUT(dx, i, inverse * (g - mean_g - (TAKE(x, i, 0) - center) * inverse * mean_products));
  }
}
#endif

#ifdef KERNEL_layer_norm_parts
/// Of dw and db, the sums over pieces of `piece` rows: [pieces, size]. Items: vectors of columns;
/// pieces.
kernel void layer_norm_parts(IN(dy), IN(x), IN(mean), IN(rstd), OUT(dw), OUT(db),
                             const index_t rows, const index_t piece, const index_t size) {
  const index_t column = (index_t)get_global_id(0) * WIDTH, number = get_global_id(1),
                end = min(rows, (number + 1) * piece);
  if (column >= size || number * piece >= rows) return;
  OPEN(dy);
  OPEN(x);
  OPEN(mean);
  OPEN(rstd);
  OPEN(dw);
  OPEN(db);
  const index_t lanes = size - column;
  V sum = 0, products = 0;
  for (index_t row = number * piece; row < end;) {
    V part = 0, part_products = 0;
    for (int n = 0; n < BLOCK && row < end; ++n, ++row) {
      const V d = take(dy, dy_dtype, row * size + column, lanes, 0),
              at = take(x, x_dtype, row * size + column, lanes, 0);
      part += d, part_products += d * ((at - LOAD(T, mean, row)) * LOAD(T, rstd, row));
    }
    sum += part, products += part_products;
  }
  if (dw) put(dw, dw_dtype, number * size + column, lanes, products);
  if (db) put(db, db_dtype, number * size + column, lanes, sum);
}
#endif
