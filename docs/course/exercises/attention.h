// SPDX-License-Identifier: MIT
// Exercise of docs/course/en/softmax.md: attention of a text that is read from left to right.
//
// q, k and v are [T, D]: a query, a key and a value for each of T positions. Compute [T, D]:
//     scores[i, j] = q[i] · k[j] / √D,
//     row i of the result = Σ_j softmax_j(scores[i, j]) v[j],  where only j ≤ i take part:
// a position does not see those after it. masked_fill(x, mask, -INFINITY) writes -∞ where the mask
// is true, triu(x, 1) keeps what is right of the diagonal, and softmax(x, dim) may be used.
// 位置 i 只能看到 j ≤ i：把其余得分置为 -∞ 后再做 softmax。
#include "grader/exercise.h"

inline Tensor attention(const Tensor& q, const Tensor& k, const Tensor& v) { not_begun(); }
