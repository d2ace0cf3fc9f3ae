// SPDX-License-Identifier: MIT
// Exercise of docs/course/en/learning-rate.md: Adam.
//
// One step, t = 1, 2, ...: w are the weights, g their gradient; m and v are 0 before the first step
// and are kept. Each element becomes
//     m ← β1 m + (1 - β1) g,              v ← β2 v + (1 - β2) g²,
//     w ← w - lr m̂ / (√v̂ + eps)  with  m̂ = m / (1 - β1^t),  v̂ = v / (1 - β2^t).
// m̂、v̂ 校正从 0 开始的偏差；注意 eps 在根号外面。
#include "grader/exercise.h"

struct Adam {
  double lr, beta1, beta2, eps;
};

inline void step(Values& w, Values& m, Values& v, const Values& g, int t, Adam o) { not_begun(); }
