// SPDX-License-Identifier: MIT
// Softmax, log_softmax and their derivatives along the lines of an array (rows.cl):
//   softmax      y_i = exp(x_i - max x) / Σ_j exp(x_j - max x)
//   log_softmax  y_i = x_i - max x - log Σ_j exp(x_j - max x)
#include "rows.cl"

#ifdef KERNEL_softmax
LINE_KERNEL void softmax(IN(x), OUT(y), LINES) {
  DECLARE_SCRATCH FIND_LINE OPEN(x);
  OPEN(y);
  V maximum = -INFINITY;
  TOTAL(sum)
  FOR_EACH(i) {
    const V value = LOAD_AT(x, i, -INFINITY);
    maximum = MAX(maximum, value);
  }
  const LineValue row_max = LINE_MAX(maximum);
  FOR_EACH_BLOCK(i) {
    V part = 0;
    FOR_EACH_IN_BLOCK(i) {
      const V e = exp(LOAD_AT(x, i, -INFINITY) - row_max);
      if (IS_EXACT(y)) STORE_AT(y, i, e);
      part += e;
    }
    ADD_BLOCK(sum, part)
  }
  const LineValue scale = 1 / LINE_SUM(sum);
  FOR_EACH(i) {
    // The exponentials are read back from y unless they were rounded there.
    const V e = IS_EXACT(y) ? LOAD_AT(y, i, 0) : exp(LOAD_AT(x, i, 0) - row_max);
    STORE_AT(y, i, e * scale);
  }
}
#endif

#ifdef KERNEL_log_softmax
LINE_KERNEL void log_softmax(IN(x), OUT(y), LINES) {
  DECLARE_SCRATCH FIND_LINE OPEN(x);
  OPEN(y);
  V maximum = -INFINITY;
  TOTAL(sum)
  FOR_EACH(i) {
    const V value = LOAD_AT(x, i, -INFINITY);
    maximum = MAX(maximum, value);
  }
  const LineValue row_max = LINE_MAX(maximum);
  FOR_EACH_BLOCK(i) {
    V part = 0;
    FOR_EACH_IN_BLOCK(i) part += exp(LOAD_AT(x, i, -INFINITY) - row_max);
    ADD_BLOCK(sum, part)
  }
  const LineValue log_sum = log(LINE_SUM(sum));
  FOR_EACH(i) STORE_AT(y, i, LOAD_AT(x, i, 0) - row_max - log_sum);
}
#endif

// Both derivatives have the form dx = DERIVATIVE(dy, y, total), where total is the sum of
// SUMMAND(dy, y) over the line.
#ifdef KERNEL_softmax_grad
#define GRAD softmax_grad
#define SUMMAND(dy, y) ((dy) * (y))
#define DERIVATIVE(dy, y, total) ((y) * ((dy) - (total)))
#endif
#ifdef KERNEL_log_softmax_grad
#define GRAD log_softmax_grad
#define SUMMAND(dy, y) (dy)
#define DERIVATIVE(dy, y, total) ((dy)-exp(y) * (total))
#endif
#ifdef GRAD
LINE_KERNEL void GRAD(IN(dy), IN(y), OUT(dx), LINES) {
  DECLARE_SCRATCH FIND_LINE OPEN(dy);
  OPEN(y);
  OPEN(dx);
  TOTAL(sum)
  FOR_EACH_BLOCK(i) {
    V part = 0;
    FOR_EACH_IN_BLOCK(i) part += SUMMAND(LOAD_AT(dy, i, 0), LOAD_AT(y, i, 0));
    ADD_BLOCK(sum, part)
  }
  const LineValue total = LINE_SUM(sum);
  FOR_EACH(i) STORE_AT(dx, i, DERIVATIVE(LOAD_AT(dy, i, 0), LOAD_AT(y, i, 0), total));
}
#endif
