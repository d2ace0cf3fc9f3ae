// SPDX-License-Identifier: MIT
// Answer: each pixel is copied into up to k k rows; what lies outside the image stays 0.
inline Matrix windows(const Matrix& image, int k, int padding) {
  const int rows = image.rows + 2 * padding - k + 1, columns = image.columns + 2 * padding - k + 1;
  Matrix out(rows * columns, k * k);
  for (int row = 0; row < rows * columns; ++row)
    for (int column = 0; column < k * k; ++column) {
      const int y = row / columns + column / k - padding, x = row % columns + column % k - padding;
      if (y >= 0 && y < image.rows && x >= 0 && x < image.columns) out(row, column) = image(y, x);
    }
  return out;
}
