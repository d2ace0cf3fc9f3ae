// SPDX-License-Identifier: MIT
// Answer: tiles whose sizes the compiler knows; at the edges, tiles of one element.
template <int rows, int columns>
void multiply_tile(const float* a, const float* b, float* c, int k, int n) {
  float tile[rows][columns] = {};
  for (int p = 0; p < k; ++p)
    for (int i = 0; i < rows; ++i)
      for (int j = 0; j < columns; ++j) tile[i][j] += a[i * k + p] * b[p * n + j];
  for (int i = 0; i < rows; ++i) std::copy_n(tile[i], columns, c + i * n);
}
inline void multiply(const float* a, const float* b, float* c, int m, int k, int n) {
  for (int i = 0; i < m; i += 4)
    for (int j = 0; j < n; j += 16) {
      const int rows = std::min(4, m - i), columns = std::min(16, n - j);
      if (rows == 4 && columns == 16) {
        multiply_tile<4, 16>(a + i * k, b + j, c + i * n + j, k, n);
        continue;
      }
      for (int e = 0; e < rows * columns; ++e) {
        const int row = i + e / columns, column = j + e % columns;
        multiply_tile<1, 1>(a + row * k, b + column, c + row * n + column, k, n);
      }
    }
}
