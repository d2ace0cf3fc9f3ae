// SPDX-License-Identifier: MIT
// Exercise of docs/course/en/kernel-ladder.md: a tiled product of matrices.
//
// a is [m, k], b is [k, n], c is [m, n], all row-major: c[i, j] = Σ_p a[i, p] b[p, j]. What c holds
// before does not count. Begin with three loops, which is right and slow. Then compute c in tiles,
// say 4 x 16: an array float tile[4][16] stays in registers while p runs from 0 to k, so that each
// element of a that is loaded is used 16 times and each of b 4 times. m and n need not be multiples
// of the tile. The grade is for the numbers; your share of the answer's speed is printed.
// 先写三重循环（对但慢），再按 4 x 16 的分块计算：分块在 p 循环时留在寄存器里。m、n 不一定整除。
#include "grader/exercise.h"

inline void multiply(const float* a, const float* b, float* c, int m, int k, int n) { not_begun(); }
