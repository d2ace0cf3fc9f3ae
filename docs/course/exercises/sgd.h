// SPDX-License-Identifier: MIT
// Exercise of docs/course/en/learning-rate.md: SGD with momentum.
//
// One step: w are the weights, g their gradient, m the momentum, which is 0 before the first step
// and is kept from step to step. Each element becomes
//     m ← momentum m + g,    w ← w - lr m,
// as in PyTorch: lr is not part of m, so that a schedule may change it.
// 动量 m 逐步保留；lr 不乘进 m，这样学习率可以随时改变。
#include "grader/exercise.h"

inline void step(Values& w, Values& m, const Values& g, double lr, double momentum) { not_begun(); }
