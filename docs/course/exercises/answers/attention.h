// SPDX-License-Identifier: MIT
// Answer: exp(-∞) is 0, so that a masked position neither gets a weight nor counts in the sum.
inline Tensor attention(const Tensor& q, const Tensor& k, const Tensor& v) {
  const Tensor scores = matmul(q, k.t()) / std::sqrt(double(q.size(1)));
  const Tensor later = triu(ones_like(scores), 1) > 0;
  return matmul(softmax(masked_fill(scores, later, -INFINITY), 1), v);
}
