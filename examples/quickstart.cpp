// Tensors, gradients, a network: the first page of tinygrad for C++.
#include <tinygrad/tinygrad.h>

#include <iostream>

namespace tg = tinygrad;

/// Two inputs, a hidden layer, two classes.
struct Net : tg::nn::Module {
  tg::nn::Linear fc1 = add("fc1", tg::nn::Linear(2, 16));
  tg::nn::Linear fc2 = add("fc2", tg::nn::Linear(16, 2));

  tg::Tensor forward(const tg::Tensor& x) override { return fc2(tg::relu(fc1(x))); }
};

int main() {
  tg::manual_seed(1);

  // Tensors are handles on memory; views share it; shapes broadcast as in NumPy.
  tg::Tensor a = tg::tensor({{1., 2., 3.}, {4., 5., 6.}});
  std::cout << a.t() << "\n" << a + tg::tensor({10., 20., 30.}) << "\n";

  // What is computed from a tensor that requires a gradient is recorded; backward() walks it back.
  tg::Tensor x = tg::tensor({0.5, 1., 2.}).requires_grad_();
  tg::Tensor y = tg::sum(tg::exp(x) * x);
  y.backward();
  std::cout << "dy/dx = (1 + x) exp(x) = " << x.grad() << "\n";

  // Derivatives of derivatives, to any order.
  tg::Tensor z = tg::sum(x * x * x);
  tg::Tensor dz = tg::grad(z, x, {.create_graph = true})[0];
  std::cout << "d²z/dx² = 6 x = " << tg::grad(tg::sum(dz), x)[0] << "\n";

  // A network learns in which quadrants a point lies: is x0 x1 > 0?
  Net net;
  std::cout << to_string(net) << "\n";
  tg::optim::Adam adam(net.parameters(), {.lr = 0.01});
  for (int step = 0; step <= 300; ++step) {
    tg::Tensor points = tg::randn({128, 2});
    tg::Tensor labels = (points.select(1, 0) * points.select(1, 1) > 0).to(tg::int64);
    adam.zero_grad();
    tg::Tensor scores = net(points), loss = tg::cross_entropy(scores, labels);
    loss.backward();
    adam.step();
    if (step % 100 == 0)
      std::cout << "step " << step << ": loss " << loss.item<float>() << ", accuracy "
                << (scores.argmax(1) == labels).to(tg::float32).mean().item<float>() << "\n";
  }

  // What was learned goes to a file that PyTorch can read, and comes back.
  tg::save(net.state_dict(), "quickstart.safetensors");
  net.load_state_dict(tg::load("quickstart.safetensors"));
}
