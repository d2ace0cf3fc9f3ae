// SPDX-License-Identifier: MIT
// Answer: gradients are added, since a node may be used more than once, and are sent on when they
// are complete.
struct Node {
  double value, grad = 0;
  std::vector<std::shared_ptr<Node>> inputs = {};
  std::function<void(double grad)> send = [](double) {};
  bool listed = false;
};
using Ref = std::shared_ptr<Node>;
inline Ref leaf(double value) { return std::make_shared<Node>(Node{value}); }
inline Ref add(Ref a, Ref b) {
  const auto send = [a, b](double grad) { a->grad += grad, b->grad += grad; };
  return std::make_shared<Node>(Node{a->value + b->value, 0, {a, b}, send});
}
inline Ref multiply(Ref a, Ref b) {
  const auto send = [a, b](double grad) { a->grad += grad * b->value, b->grad += grad * a->value; };
  return std::make_shared<Node>(Node{a->value * b->value, 0, {a, b}, send});
}
inline Ref tanh(Ref a) {
  const double y = std::tanh(a->value);
  const auto send = [a, y](double grad) { a->grad += grad * (1 - y * y); };
  return std::make_shared<Node>(Node{y, 0, {a}, send});
}
inline void post_order(const Ref& node, std::vector<Ref>& order) {
  if (std::exchange(node->listed, true)) return;
  for (auto& in : node->inputs) post_order(in, order);
  order.push_back(node);
}
inline void backward(const Ref& loss) {
  std::vector<Ref> order;
  post_order(loss, order);
  loss->grad = 1;
  for (auto node = order.rbegin(); node != order.rend(); ++node) (*node)->send((*node)->grad);
}
