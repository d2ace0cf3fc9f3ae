// SPDX-License-Identifier: MIT
// Instantiates the templates of the public headers, for warnings.sh. Every public header is
// included before this file.
#include <ostream>

namespace tg = tinygrad;

struct Net : tg::nn::Module {
  tg::nn::Sequential body =
      add("body", tg::nn::Sequential(tg::nn::Linear(2, 3), tg::nn::Softplus()));
  tg::Tensor scale = add("scale", tg::ones({3}));
  tg::Tensor operator()(tg::In x) {
    return run(x.location, [&] { return body(*x) * scale; });
  }
};

tg::Tensor cube(tg::In x) {
  return tg::apply(
      {.name = "cube",
       .inputs = {x},
       .formula = [](const tg::Tensors& in) { return in[0] * in[0] * in[0]; },
       .keep = {tg::Keep::input(0)},
       .derivatives = {[](tg::Dy dy, tg::Saved s) { return dy * 3 * tg::square(s.input(0)); }}});
}

void use(Net& net, std::ostream& out) {
  const std::vector<float> values(6);
  tg::Tensor x = tg::from_vector(values, {values.size() / 3, 3}), y = tg::tensor({{1, 2}, {3, 4}});
  x += 1, x -= 0.5, x *= y, x[0] = y[1];
  out << x << x.item<float>() << x.item<int>() << x.item<bool>() << x.item<std::uint8_t>();
  tg::from_vector(x.to_vector<bool>()), tg::tensor(x.to_vector<double>()), x.span<float>();
  tg::from_eigen(tg::as_matrix<float>(x)), tg::from_eigen(tg::as_vector<float>(x));
  tg::optim::AdamW optimizer(net.parameters(), {.lr = 0.1});
  tg::optim::CosineAnnealingLR schedule(optimizer, 10);
  auto step = tg::capture([&] {
    tg::Tensor loss = cube(net(x)).sum({0, 1}, tg::keepdim).mean();
    loss.backward();
    optimizer.step();
    return loss;
  });
  step();
  const auto augment = [](std::span<float> sample, const tg::Shape&, std::uint64_t, std::uint64_t) {
    sample[0] = 0;
  };
  for (auto [images, labels] :
       tg::data::DataLoader(tg::data::Dataset{x, y, {}, ""}, {.shuffle = true, .augment = augment}))
    tg::cross_entropy(images.flatten(1), labels, tg::Reduction::sum).backward();
  const auto pair = [](std::int64_t i) { return std::pair(tg::tensor(i), tg::tensor(2.)); };
  const tg::data::MapDataset pairs(10, pair);
  for (auto [a, b] : tg::data::Loader(tg::data::ConcatDataset(pairs, pairs))) out << a << b;
  const auto count = [](const std::vector<std::pair<tg::Tensor, tg::Tensor>>& list) {
    return tg::tensor(list.size());
  };
  for (auto& n : tg::data::Loader(tg::data::random_split(pairs, {.5, .5})[0], {}, count)) out << n;
}
