// Batch norm: mean and variance in two passes (the difference of mean square and squared mean loses
// all digits where the mean is large), and its derivative.
#include "rows.cl"

/// Number i of w where it is given.
#define GIVEN(w, i, otherwise) (w ? LOAD(T, w, i) : (T)(otherwise))

// A line is a channel of x [images, channels, plane]. Its rows, one of each image, are gone over
// one after another, LINES says how long they are; or, where a group would be longer than a row
// (FLAT), all of them as one, so that none of its items is idle.
#define CHANNEL const index_t images, const index_t channels, LINES
#ifdef FLAT
#define FIND_CHANNEL \
  FIND_LINE          \
  const index_t plane = size / images, numbers = size;
#define EACH_IMAGE
#undef PLACE
#define PLACE(i) (((i) / plane * channels + line) * plane + (i) % plane)
#else
#define FIND_CHANNEL \
  FIND_LINE          \
  const index_t numbers = images * size;
#define EACH_IMAGE                                                        \
  for (index_t first = line % channels * size, image = 0; image < images; \
       ++image, first += channels * size)
#endif

#ifdef KERNEL_batch_norm
LINE_KERNEL void batch_norm(IN(x), IN(w), IN(b), OUT(y), OUT(mean), OUT(rstd), const T eps,
                            CHANNEL) {
  ROOM FIND_CHANNEL OPEN(x);
  OPEN(w);
  OPEN(b);
  OPEN(y);
  OPEN(mean);
  OPEN(rstd);
  const T count = numbers;
  V sum = 0, squares = 0;
  EACH_IMAGE EACH_BLOCK(i) {
    V part = 0;
    EACH_OF_BLOCK(i) part += TAKE(x, i, 0);
    sum += part;
  }
  const T center = LINE_SUM(sum) / count;
  EACH_IMAGE EACH_BLOCK(i) {
    V part = 0;
    EACH_OF_BLOCK(i) {
      const V d = TAKE(x, i, center) - center;
      part += d * d;
    }
    squares += part;
  }
  const T inverse = 1 / sqrt(LINE_SUM(squares) / count + eps);
  const T weight = GIVEN(w, line, 1), bias = GIVEN(b, line, 0);
  EACH_IMAGE EACH(i) PUT(y, i, (TAKE(x, i, 0) - center) * inverse * weight + bias);
  if (ITEM > 0) return;
  STORE(T, mean, line, center);
  STORE(T, rstd, line, inverse);
}
#endif

#ifdef KERNEL_batch_norm_grad
/// dx = w rstd (dy - mean(dy) - normal mean(dy normal)).
LINE_KERNEL void batch_norm_grad(IN(dy), IN(x), IN(w), IN(mean), IN(rstd), OUT(dx), OUT(dw),
                                 OUT(db), CHANNEL) {
  ROOM FIND_CHANNEL OPEN(dy);
  OPEN(x);
  OPEN(w);
  OPEN(mean);
  OPEN(rstd);
  OPEN(dx);
  OPEN(dw);
  OPEN(db);
  const T count = numbers, center = LOAD(T, mean, line), inverse = LOAD(T, rstd, line);
  V sum = 0, products = 0;
  EACH_IMAGE EACH_BLOCK(i) {
    V part = 0, part_products = 0;
    EACH_OF_BLOCK(i) {
      const V d = TAKE(dy, i, 0);
      part += d, part_products += d * ((TAKE(x, i, 0) - center) * inverse);
    }
    sum += part, products += part_products;
  }
  const T total = LINE_SUM(sum), total_products = LINE_SUM(products);
  const T mean_dy = total / count, mean_products = total_products / count,
          scale = GIVEN(w, line, 1) * inverse;
  EACH_IMAGE EACH(i)
      PUT(dx, i,
          scale * (TAKE(dy, i, 0) - mean_dy - (TAKE(x, i, 0) - center) * inverse * mean_products));
  if (ITEM > 0) return;
  if (dw) STORE(T, dw, line, total_products);
  if (db) STORE(T, db, line, total);
}
#endif
