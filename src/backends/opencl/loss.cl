// SPDX-License-Identifier: MIT
// Cross entropy of rows of logits x with class indices as targets, and its derivative:
//   lse_n = log Σ_c exp(x_nc),  loss = mean over n of lse_n - x_n,target(n).
#include "rows.cl"

#ifdef KERNEL_cross_entropy
/// lse = logsumexp of each row; losses = lse minus the logit of the target. The loss of a row is
/// NaN if its target is not in [0, classes).
LINE_KERNEL void cross_entropy(IN(x), IN(target), const index_t target_step, OUT(lse), OUT(losses),
                               LINES) {
  DECLARE_SCRATCH FIND_LINE OPEN(x);
  OPEN(target);
  OPEN(lse);
  OPEN(losses);
  V maximum = -INFINITY;
  TOTAL(sum)
  FOR_EACH(i) {
    const V value = LOAD_AT(x, i, -INFINITY);
    maximum = MAX(maximum, value);
  }
  T row_max = LINE_MAX(maximum);
  // An infinite maximum is not subtracted (inf - inf would be NaN); exp and log give the result.
  if (isinf(row_max)) row_max = 0;
  FOR_EACH_BLOCK(i) {
    V part = 0;
    FOR_EACH_IN_BLOCK(i) part += exp(LOAD_AT(x, i, -INFINITY) - row_max);
    ADD_BLOCK(sum, part)
  }
  const T total = row_max + log(LINE_SUM(sum));
  if (ITEM > 0) return;
  const long label = CONST_AT(long, target)[line * target_step];
  STORE(T, lse, line, total);
  STORE(T, losses, line,
        label >= 0 && label < size ? total - LOAD(T, x, first + (index_t)label) : (T)NAN);
}
#endif

#ifdef KERNEL_mean
/// y = the mean of one line: of the losses of all rows.
LINE_KERNEL void mean(IN(x), OUT(y), LINES) {
  DECLARE_SCRATCH FIND_LINE OPEN(x);
  OPEN(y);
  TOTAL(sum)
  FOR_EACH_BLOCK(i) {
    V part = 0;
    FOR_EACH_IN_BLOCK(i) part += LOAD_AT(x, i, 0);
    ADD_BLOCK(sum, part)
  }
  const T total = LINE_SUM(sum);
  if (ITEM == 0) STORE(T, y, 0, total / size);
}
#endif

#ifdef KERNEL_cross_entropy_grad
/// dx = (softmax(x) - one_hot(target)) dy / N. If a target is not in [0, classes), its one_hot row
/// is zero.
LINE_KERNEL void cross_entropy_grad(IN(dy), IN(x), IN(target), const index_t target_step, IN(lse),
                                    OUT(dx), LINES) {
  FIND_LINE
  OPEN(dy);
  OPEN(x);
  OPEN(target);
  OPEN(lse);
  OPEN(dx);
  const T scale = LOAD(T, dy, 0) / lines, total = LOAD(T, lse, line);
  const long label = CONST_AT(long, target)[line * target_step];
  FOR_EACH(i) {
    V values = exp(LOAD_AT(x, i, 0) - total) * scale;
    if (label >= i && label < i + WIDTH) {
      T lanes[WIDTH];
      VSTORE(values, lanes);
      lanes[label - i] -= scale;
      values = VLOAD(lanes);
    }
    STORE_AT(dx, i, values);
  }
}
#endif
