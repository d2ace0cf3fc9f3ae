// SPDX-License-Identifier: MIT
// Answer: subtracting a row's largest score changes nothing but the range of exp; the gradient of
// both together is p - y.
inline Tensor probabilities(const Tensor& x) {
  const Tensor e = exp(x - amax(x, 1, tg::keepdim));
  return e / sum(e, 1, tg::keepdim);
}
inline Tensor loss(const Tensor& x, const Tensor& labels) {
  const Tensor low = x - amax(x, 1, tg::keepdim);  // log p would be -inf where p becomes 0
  return mean(log(sum(exp(low), 1)) - sum(one_hot(labels, x.size(1)) * low, 1));
}
inline Tensor gradient(const Tensor& x, const Tensor& labels) {
  return (probabilities(x) - one_hot(labels, x.size(1))) / double(x.size(0));
}
