// Softmax, log_softmax and their derivatives, a line at a time.
#include "rows.cl"

#ifdef KERNEL_softmax
LINE_KERNEL void softmax(IN(x), OUT(y), LINES) {
  ROOM FIND_LINE OPEN(x);
  OPEN(y);
  V top = -INFINITY, sum = 0;
  EACH(i) {
    const V value = TAKE(x, i, -INFINITY);
    top = LARGER(top, value);
  }
  const Line highest = LINE_MAX(top);
  EACH_BLOCK(i) {
    V part = 0;
    EACH_OF_BLOCK(i) {
      const V e = exp(TAKE(x, i, -INFINITY) - highest);
      if (IS_EXACT(y)) PUT(y, i, e);
      part += e;
    }
    sum += part;
  }
  const Line scale = 1 / LINE_SUM(sum);
  EACH(i) {
    const V e =
        IS_EXACT(y)
            ? TAKE(y, i, 0)
            : exp(TAKE(x, i, 0) - highest);  // what it wrote itself, where nothing was rounded
    PUT(y, i, e * scale);
  }
}
#endif

#ifdef KERNEL_log_softmax
LINE_KERNEL void log_softmax(IN(x), OUT(y), LINES) {
  ROOM FIND_LINE OPEN(x);
  OPEN(y);
  V top = -INFINITY, sum = 0;
  EACH(i) {
    const V value = TAKE(x, i, -INFINITY);
    top = LARGER(top, value);
  }
  const Line highest = LINE_MAX(top);
  EACH_BLOCK(i) {
    V part = 0;
    EACH_OF_BLOCK(i) part += exp(TAKE(x, i, -INFINITY) - highest);
    sum += part;
  }
  const Line log_sum = log(LINE_SUM(sum));
  EACH(i) PUT(y, i, TAKE(x, i, 0) - highest - log_sum);
}
#endif

// dx = DERIVATIVE, where total is the sum of SUMMAND over the line.
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
  ROOM FIND_LINE OPEN(dy);
  OPEN(y);
  OPEN(dx);
  V sum = 0;
  EACH_BLOCK(i) {
    V part = 0;
    EACH_OF_BLOCK(i) part += SUMMAND(TAKE(dy, i, 0), TAKE(y, i, 0));
    sum += part;
  }
  const Line total = LINE_SUM(sum);
  EACH(i) PUT(dx, i, DERIVATIVE(TAKE(dy, i, 0), TAKE(y, i, 0), total));
}
#endif
