// SPDX-License-Identifier: MIT
// Batch norm, y = (x - mean) rstd w + b for each channel, with rstd = 1 / sqrt(var + eps), and its
// derivative. Mean and variance take two passes, because the difference of mean square and squared
// mean loses all digits if the mean is large.
#include "rows.cl"

/// Element i of w; `otherwise` if w is null.
#define PARAMETER_AT(w, i, otherwise) (w ? LOAD(T, w, i) : (T)(otherwise))

// A line is a channel of x [images, channels, plane]. It consists of one contiguous row of `size`
// elements (LINES) in each image, and the rows are processed one after another. If a work-group
// would be longer than a row, all rows of a channel are processed as one of `size` elements (FLAT),
// so that no item of the group is idle.
#define CHANNEL const index_t images, const index_t channels, LINES
#ifdef FLAT
#define FIND_CHANNEL \
  FIND_LINE          \
  const index_t plane = size / images, elements = size;
#define FOR_EACH_IMAGE
#undef POSITION
#define POSITION(i) (((i) / plane * channels + line) * plane + (i) % plane)
#else
#define FIND_CHANNEL \
  FIND_LINE          \
  const index_t elements = images * size;
#define FOR_EACH_IMAGE                                                    \
  for (index_t first = line % channels * size, image = 0; image < images; \
       ++image, first += channels * size)
#endif

#ifdef KERNEL_batch_norm
LINE_KERNEL void batch_norm(IN(x), IN(w), IN(b), OUT(y), OUT(mean), OUT(rstd), const T eps,
                            CHANNEL) {
  DECLARE_SCRATCH FIND_CHANNEL OPEN(x);
  OPEN(w);
  OPEN(b);
  OPEN(y);
  OPEN(mean);
  OPEN(rstd);
  const T count = elements;
  TOTAL(sum)
  FOR_EACH_IMAGE FOR_EACH_BLOCK(i) {
    V part = 0;
    FOR_EACH_IN_BLOCK(i) part += LOAD_AT(x, i, 0);
    ADD_BLOCK(sum, part)
  }
  const T center = LINE_SUM(sum) / count;
  T scale = 1, variance;
  for (;;) {  // a second time if squares overflow
    TOTAL(squares)
    FOR_EACH_IMAGE FOR_EACH_BLOCK(i) {
      V part = 0;
      FOR_EACH_IN_BLOCK(i) {
        const V d = (LOAD_AT(x, i, center) - center) * scale;
        part += d * d;
      }
      ADD_BLOCK(squares, part)
    }
    variance = LINE_SUM(squares) / count;
    if (!isinf(variance) || scale != 1) break;
    scale = SMALL_SCALE;
  }
  const T inverse = scale / sqrt(variance + eps * scale * scale);
  const T weight = PARAMETER_AT(w, line, 1), bias = PARAMETER_AT(b, line, 0);
  FOR_EACH_IMAGE FOR_EACH(i) STORE_AT(y, i, (LOAD_AT(x, i, 0) - center) * inverse * weight + bias);
  if (ITEM > 0) return;
  STORE(T, mean, line, center);
  STORE(T, rstd, line, inverse);
}
#endif

#ifdef KERNEL_batch_norm_grad
/// dx = w rstd (dy - mean(dy) - x_hat mean(dy x_hat)) with x_hat = (x - mean) rstd.
LINE_KERNEL void batch_norm_grad(IN(dy), IN(x), IN(w), IN(mean), IN(rstd), OUT(dx), OUT(dw),
                                 OUT(db), CHANNEL) {
  DECLARE_SCRATCH FIND_CHANNEL OPEN(dy);
  OPEN(x);
  OPEN(w);
  OPEN(mean);
  OPEN(rstd);
  OPEN(dx);
  OPEN(dw);
  OPEN(db);
  const T count = elements, center = LOAD(T, mean, line), inverse = LOAD(T, rstd, line);
  TOTAL(sum)
  TOTAL(products)
  FOR_EACH_IMAGE FOR_EACH_BLOCK(i) {
    V part = 0, part_products = 0;
    FOR_EACH_IN_BLOCK(i) {
      const V d = LOAD_AT(dy, i, 0);
      part += d, part_products += d * ((LOAD_AT(x, i, 0) - center) * inverse);
    }
    ADD_BLOCK(sum, part)
    ADD_BLOCK(products, part_products)
  }
  const T total = LINE_SUM(sum), total_products = LINE_SUM(products);
  const T mean_dy = total / count, mean_products = total_products / count,
          scale = PARAMETER_AT(w, line, 1) * inverse;
  FOR_EACH_IMAGE FOR_EACH(i) STORE_AT(
      dx, i,
      scale *
          (LOAD_AT(dy, i, 0) - mean_dy - (LOAD_AT(x, i, 0) - center) * inverse * mean_products));
  if (ITEM > 0) return;
  if (dw) STORE(T, dw, line, total_products);
  if (db) STORE(T, db, line, total);
}
#endif
