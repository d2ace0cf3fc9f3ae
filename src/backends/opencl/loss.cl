// Cross entropy of rows of logits, and its derivative.
#include "rows.cl"

#ifdef KERNEL_cross_entropy
/// lse = logsumexp of each row, losses = lse less the target's logit; NaN for a target that is no
/// class.
LINE_KERNEL void cross_entropy(IN(x), IN(target), const index_t target_step, OUT(lse), OUT(losses),
                               LINES) {
  ROOM FIND_LINE OPEN(x);
  OPEN(target);
  OPEN(lse);
  OPEN(losses);
  V top = -INFINITY, sum = 0;
  EACH(i) {
    const V value = TAKE(x, i, -INFINITY);
    top = LARGER(top, value);
  }
  T highest = LINE_MAX(top);
  if (isinf(highest)) highest = 0;  // infinities go through exp and log
  EACH_BLOCK(i) {
    V part = 0;
    EACH_OF_BLOCK(i) part += exp(TAKE(x, i, -INFINITY) - highest);
    sum += part;
  }
  const T total = highest + log(LINE_SUM(sum));
  if (ITEM > 0) return;
  const long named = CONST_AT(long, target)[line * target_step];
  STORE(T, lse, line, total);
  STORE(T, losses, line,
        named >= 0 && named < size ? total - LOAD(T, x, first + (index_t)named) : (T)NAN);
}
#endif

#ifdef KERNEL_mean
/// y = the mean of one line.
LINE_KERNEL void mean(IN(x), OUT(y), LINES) {
  ROOM FIND_LINE OPEN(x);
  OPEN(y);
  V sum = 0;
  EACH_BLOCK(i) {
    V part = 0;
    EACH_OF_BLOCK(i) part += TAKE(x, i, 0);
    sum += part;
  }
  const T total = LINE_SUM(sum);
  if (ITEM == 0) STORE(T, y, 0, total / size);
}
#endif

#ifdef KERNEL_cross_entropy_grad
/// dx = (softmax(x) - one_hot(target)) dy / N. A target that is no class names no element.
LINE_KERNEL void cross_entropy_grad(IN(dy), IN(x), IN(target), const index_t target_step, IN(lse),
                                    OUT(dx), LINES) {
  FIND_LINE
  OPEN(dy);
  OPEN(x);
  OPEN(target);
  OPEN(lse);
  OPEN(dx);
  const T share = LOAD(T, dy, 0) / lines, total = LOAD(T, lse, line);
  const long named = CONST_AT(long, target)[line * target_step];
  EACH(i) {
    V values = exp(TAKE(x, i, 0) - total) * share;
    if (named >= i && named < i + WIDTH) {
      T some[WIDTH];
      VSTORE(values, some);
      some[named - i] -= share;
      values = VLOAD(some);
    }
    PUT(dx, i, values);
  }
}
#endif
