// SPDX-License-Identifier: MIT
// The product must be what each pixel adds to each result.
inline void grade(Grade& g) {
  constexpr int h = 4, w = 6, k = 3;
  Matrix image(h, w), kernel(k, k);
  image.values = sample(h * w, 1), kernel.values = sample(k * k, 2);
  for (const int padding : {0, 1}) {
    Matrix y(h + 2 * padding - k + 1, w + 2 * padding - k + 1);
    for (int from = 0; from < h * w * k * k; ++from) {
      const int row = from / (k * k) / w, column = from / (k * k) % w, i = from % (k * k) / k,
                j = from % k;
      const int r = row - i + padding, c = column - j + padding;
      if (r >= 0 && r < y.rows && c >= 0 && c < y.columns)
        y(r, c) += image(row, column) * kernel(i, j);
    }
    const Matrix all = windows(image, k, padding);
    Matrix given(all.rows, 1), expected(int(y.values.size()), 1);
    expected.values = y.values;
    for (int row = 0; row < all.rows; ++row)
      for (int i = 0; i < k * k; ++i) given(row, 0) += all(row, i) * kernel.values[std::size_t(i)];
    g.expect(padding ? Text{"windows times kernel, padding 1", "窗口乘卷积核，padding 为 1"}
                     : Text{"windows times kernel, padding 0", "窗口乘卷积核，padding 为 0"},
             given, expected);
  }
}
