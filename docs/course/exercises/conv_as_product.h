// SPDX-License-Identifier: MIT
// Exercise of docs/course/en/cnn-or-dense.md: a convolution is a product of matrices.
//
// The image is [H, W], the kernel k x k, with `padding` zeros on each side. The result has
// H' = H + 2 padding - k + 1 rows and W' columns:
//     y[r, c] = Σ_ij image[r + i - padding, c + j - padding] kernel[i, j].
// Write the matrix of windows, [H' W', k k]: its row r W' + c holds, in column i k + j, what
// kernel[i, j] is multiplied by. The product with the kernel as a vector of k k elements is then y.
// 写出窗口矩阵：第 r W' + c 行、第 i k + j 列是 kernel[i, j] 要乘的像素，界外为 0。
#include "grader/exercise.h"

inline Matrix windows(const Matrix& image, int k, int padding) { not_begun(); }
