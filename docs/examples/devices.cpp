// SPDX-License-Identifier: MIT
// Shows what moves to a device and what does not.
#include <tinygrad/tinygrad.h>

#include <iostream>

namespace tg = tinygrad;

int main() {
  const tg::Device device = tg::devices().back();  // a GPU if there is one
  tg::nn::Linear net(3, 2);
  tg::optim::Adam adam(net.parameters());
  const tg::Tensor weight = net.weight;  // the same tensor

  net.to(device);
  std::cout << (net.weight.device() == device ? "the parameters moved" : "?") << "\n";
  std::cout << (weight.device() == device ? "and who held them sees it" : "?") << "\n";

  const tg::Tensor x = tg::ones({4, 3}, {.device = "cpu"});
  const tg::Tensor y = x.to(device);  // x stays where it is
  std::cout << x.device() << "\n";
  net(y).sum().backward();
  adam.step();  // its state is where the parameters are
  std::cout << (net.weight.grad().device() == device ? "gradients are there too" : "?") << "\n";

  // A file does not know the device: what is loaded is copied to where the module is.
  const tg::NamedTensors state = net.state_dict();
  tg::nn::Linear other(3, 2);
  other.load_state_dict(state);
  std::cout << other.weight.device() << "\n";
  std::cout << (tg::equal(other.weight, net.weight.to("cpu")) ? "equal" : "different") << "\n";
}
