// SPDX-License-Identifier: MIT
// Writes pages of small and large networks into a folder, for page.sh and for people who look:
//   trace_pages FOLDER
#include <tinygrad/tinygrad.h>
#include <tinygrad/trace/trace.h>

#include <cstdio>

#include "../../examples/mnist/nets.h"

namespace tg = tinygrad;

namespace {

std::string folder;

template <class Net, class Loss> void write(const char* name, Net& net, const Loss& loss) {
  tg::optim::SGD sgd(net.parameters(), {.lr = 0.01, .momentum = 0.9});
  const auto step = [&] {
    sgd.zero_grad();
    loss().backward();
    sgd.step();
  };
  step();  // so that the optimizer has its state
  tg::trace(step, {.title = name, .names = net.named_parameters()})
      .save_html(folder + "/" + name + ".html");
  std::printf("%s\n", name);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  folder = argv[1];
  tg::manual_seed(1);
  const tg::Tensor digits = tg::rand({16, 1, 28, 28}), labels = tg::randint(0, 10, {16});
  mnist::Mlp mlp;
  write("mlp", mlp, [&] { return cross_entropy(mlp(digits), labels); });
  mnist::Cnn cnn;
  write("cnn", cnn, [&] { return cross_entropy(cnn(digits), labels); });

  // About 2,000 nodes.
  tg::nn::TransformerEncoder gpt(
      32, 4, 30, {.dim_feedforward = 64, .activation = tg::gelu, .batch_first = true});
  const tg::Tensor text = tg::randn({2, 12, 32});
  write("gpt", gpt, [&] { return mean(square(gpt(text))); });
}
