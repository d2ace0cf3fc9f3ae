// SPDX-License-Identifier: MIT
// Compares the class that tinygrad-onnx printed, in model.h, with the file that it was printed
// from.
//   printed_main MODEL.onnx WEIGHTS.safetensors [SIZE...]
// Sizes of the first input that the file leaves open are 2, or those given.
#include <tinygrad/onnx/load.h>

#include <cstdlib>
#include <iostream>

#include "model.h"

static tg::Tensor example(const tg::onnx::ValueInfo& info, int argc, char** argv) {
  tg::Shape shape;
  for (const auto& size : *info.shape) {
    const int given = 3 + shape.rank();
    shape.push_back(size.size && *size.size >= 0 ? *size.size
                    : given < argc               ? std::atoi(argv[given])
                                                 : 2);
  }
  if (tg::is_floating(*info.dtype)) return tg::randn(shape, {.dtype = info.dtype});
  return tg::randint(0, 10, shape, {.dtype = info.dtype});
}

/// The outputs of a model with up to three inputs.
template <class M> static tg::Tensors outputs(M& net, const tg::Tensors& x) {
  using T = const tg::Tensor&;
  if constexpr (std::is_invocable_v<M&, T, T, T>) return net(x[0], x[1], x[2]);
  else if constexpr (std::is_invocable_v<M&, T, T>) return net(x[0], x[1]);
  else return net(x[0]);
}

int main(int argc, char** argv) {
  const tg::NoGrad off;
  const auto file = tg::onnx::load(argv[1]);
  Model net;
  net.load_state_dict(tg::load(argv[2]));
  net.eval();
  tg::NamedTensors inputs;
  tg::Tensors all;
  for (const auto& info : file->inputs()) {
    all.push_back(example(info, argc, argv));
    inputs.emplace_back(info.name, all[all.size() - 1]);
  }
  const tg::NamedTensors expected = file->run(inputs);
  const tg::Tensors y = outputs(net, all);
  double worst = 0;
  for (std::size_t i = 0; i < y.size(); ++i) {
    const tg::Tensor a = y[i].to(tg::float64), b = expected[i].second.to(tg::float64);
    tg::require(a.shape() == b.shape(), argv[1], "the shapes differ: ", a.shape(), b.shape());
    worst = std::max(worst, (abs(a - b) / maximum(abs(b), 1)).max().item<double>());
  }
  std::cout << argv[1] << ": the largest difference is " << worst << "\n";
  return worst <= 1e-6 ? 0 : 1;
}
