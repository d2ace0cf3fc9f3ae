// SPDX-License-Identifier: MIT
// Layer norm, y = (x - mean) rstd w + b for each row, with rstd = 1 / sqrt(var + eps), and its
// derivative. Mean and variance take two passes, because the difference of mean square and squared
// mean loses all digits if the mean is large.
#include "rows.cl"

/// Loads the vector of w [size] at index i; `otherwise` if w is null.
#define PARAMETER_AT(w, i, otherwise) \
  (w ? load_vector(w, w##_dtype, i, VALID_LANES(i), 0) : (V)(otherwise))

#ifdef KERNEL_layer_norm
LINE_KERNEL void layer_norm(IN(x), IN(w), IN(b), OUT(y), OUT(mean), OUT(rstd), const T eps, LINES) {
  DECLARE_SCRATCH FIND_LINE OPEN(x);
  OPEN(w);
  OPEN(b);
  OPEN(y);
  OPEN(mean);
  OPEN(rstd);
  TOTAL(sum)
  FOR_EACH_BLOCK(i) {
    V part = 0;
    FOR_EACH_IN_BLOCK(i) part += LOAD_AT(x, i, 0);
    ADD_BLOCK(sum, part)
  }
  const T center = LINE_SUM(sum) / size;
  T scale = 1, variance;
  for (;;) {  // a second time if squares overflow
    TOTAL(squares)
    FOR_EACH_BLOCK(i) {
      V part = 0;
      FOR_EACH_IN_BLOCK(i) {
        const V d = (LOAD_AT(x, i, center) - center) * scale;
        part += d * d;
      }
      ADD_BLOCK(squares, part)
    }
    variance = LINE_SUM(squares) / size;
    if (!isinf(variance) || scale != 1) break;
    scale = SMALL_SCALE;
  }
  const T inverse = scale / sqrt(variance + eps * scale * scale);
  FOR_EACH(i)
  STORE_AT(y, i,
           (LOAD_AT(x, i, 0) - center) * inverse * PARAMETER_AT(w, i, 1) + PARAMETER_AT(b, i, 0));
  if (ITEM > 0) return;
  STORE(T, mean, line, center);
  STORE(T, rstd, line, inverse);
}
#endif

#ifdef KERNEL_layer_norm_grad
/// dx = rstd (g - mean(g) - x_hat mean(g x_hat)) with g = dy w and x_hat = (x - mean) rstd.
LINE_KERNEL void layer_norm_grad(IN(dy), IN(x), IN(w), IN(mean), IN(rstd), OUT(dx), LINES) {
  DECLARE_SCRATCH FIND_LINE OPEN(dy);
  OPEN(x);
  OPEN(w);
  OPEN(mean);
  OPEN(rstd);
  OPEN(dx);
  const T center = LOAD(T, mean, line), inverse = LOAD(T, rstd, line);
  TOTAL(sum)
  TOTAL(products)
  FOR_EACH_BLOCK(i) {
    V part = 0, part_products = 0;
    FOR_EACH_IN_BLOCK(i) {
      const V g = LOAD_AT(dy, i, 0) * PARAMETER_AT(w, i, 1);
      part += g, part_products += g * ((LOAD_AT(x, i, 0) - center) * inverse);
    }
    ADD_BLOCK(sum, part)
    ADD_BLOCK(products, part_products)
  }
  const T mean_g = LINE_SUM(sum) / size, mean_products = LINE_SUM(products) / size;
  FOR_EACH(i) {
    const V g = LOAD_AT(dy, i, 0) * PARAMETER_AT(w, i, 1);
    STORE_AT(dx, i, inverse * (g - mean_g - (LOAD_AT(x, i, 0) - center) * inverse * mean_products));
  }
}
#endif

#ifdef KERNEL_layer_norm_parts
/// Partial sums of dw and db over chunks of `chunk_size` rows, [chunks, size]. Work-items: vectors
/// of columns; chunks.
kernel void layer_norm_parts(IN(dy), IN(x), IN(mean), IN(rstd), OUT(dw), OUT(db),
                             const index_t rows, const index_t chunk_size, const index_t size) {
  const index_t column = (index_t)get_global_id(0) * WIDTH, chunk = get_global_id(1),
                end = min(rows, (chunk + 1) * chunk_size);
  if (column >= size || chunk * chunk_size >= rows) return;
  OPEN(dy);
  OPEN(x);
  OPEN(mean);
  OPEN(rstd);
  OPEN(dw);
  OPEN(db);
  const index_t lanes = size - column;
  TOTAL(sum)
  TOTAL(products)
  for (index_t row = chunk * chunk_size; row < end;) {
    V part = 0, part_products = 0;
    for (int n = 0; n < BLOCK && row < end; ++n, ++row) {
      const V d = load_vector(dy, dy_dtype, row * size + column, lanes, 0),
              at = load_vector(x, x_dtype, row * size + column, lanes, 0);
      part += d, part_products += d * ((at - LOAD(T, mean, row)) * LOAD(T, rstd, row));
    }
    ADD_BLOCK(sum, part)
    ADD_BLOCK(products, part_products)
  }
  if (dw) store_vector(dw, dw_dtype, chunk * size + column, lanes, products);
  if (db) store_vector(db, db_dtype, chunk * size + column, lanes, sum);
}
#endif
