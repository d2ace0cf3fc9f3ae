// SPDX-License-Identifier: MIT
// A map from an image to an image is a tensor of rank 4. Flattening loses nothing but the view;
// what a convolution adds are constraints, one at a time: only near pixels, and the same weights
// for all.
#include <fmt/format.h>

#include <functional>

#include "labs/digits.h"
#include "labs/image_maps.h"

namespace {

namespace tg = tinygrad;
using tg::Tensor;

/// y[k, l] = Σ_ij x[i, j] W[i, j, k, l] + b[k, l] by Dense, and by flatten, Linear and unflatten.
void same_function(lab::Lab& lab) {
  tg::nn::Dense dense({14, 14}, {10, 12});
  tg::nn::Linear linear(14 * 14, 10 * 12);
  tg::nn::Flatten flat(1);
  {
    const tg::NoGrad off;
    linear.weight.copy_(reshape(dense.weight, {196, 120}).t());
    linear.bias.copy_(reshape(dense.bias, {120}));
  }
  const Tensor x = tg::randn({32, 14, 14});
  const Tensor y4 = dense(x), y2 = tg::unflatten(linear(flat(x)), 1, {10, 12});
  const Tensor sum = tg::einsum("bij,ijkl->bkl", {x, dense.weight}) + dense.bias;
  const auto apart = [&](const Tensor& other) { return max(abs(y4 - other)).item<double>(); };
  lab.table("same_function", {{"computed as"}, {"largest difference", "{:.1e}", 1e-5}},
            {{"flatten - Linear - unflatten", apart(y2)},
             {"the sum with four indices (einsum)", apart(sum)}});
  lab.claim("Dense with a weight of rank 4 is flatten, Linear, unflatten, bit for bit",
            tg::equal(y4, y2));
  const Tensor v = tg::randn({5}), rows = tg::randn({7, 5}), w = tg::randn({5, 3});
  lab.claim("a vector times one constant is a layer with the weight c I",
            tg::allclose(v * 2.5, matmul(v, 2.5 * tg::eye(5))));
  lab.claim("a matrix of samples times one matrix is the layer, sample by sample",
            tg::allclose(matmul(rows, w).select(0, 3), matmul(rows.select(0, 3), w)));
}

/// Takes noise from images: the mean squared error of each map, on new images and at twice the
/// size.
void constraints(lab::Lab& lab) {
  const lab::Digits data = lab::digits(lab, lab.choose(20000, 2000), 1000);
  const auto small = [](const Tensor& x) { return avg_pool2d(x, 2); };  // 14 x 14
  const auto noisy = [](const Tensor& x) { return x + 0.4 * tg::randn_like(x); };
  const auto error = [&](const lab::Map& map, const Tensor& clean, auto resize) {
    const tg::NoGrad off;
    const Tensor seen = noisy(clean);
    return mse_loss(resize(map, seen), clean).template item<double>();
  };
  std::vector<lab::Row> rows;
  std::vector<std::vector<double>> errors(3), large(3);
  std::vector<double> counts(3);
  for (const std::uint64_t seed : lab.seeds()) {
    tg::manual_seed(seed);
    tg::nn::Dense dense({1, 14, 14}, {1, 14, 14});
    const Tensor local = (0.2 * tg::randn({25, 14, 14})).requires_grad_();
    tg::nn::Conv2d conv(1, 1, 5, {.padding = 2});
    const std::vector<lab::Map> maps{
        {"dense with 4 indices", "", [&](const Tensor& x) { return dense(x); }, dense.parameters()},
        {"locally connected",
         "",
         [&](const Tensor& x) { return lab::locally_connected(x, local); },
         {local}},
        {"convolution", "", [&](const Tensor& x) { return conv(x); }, conv.parameters(), true}};
    for (std::size_t i = 0; i < maps.size(); ++i) {
      tg::optim::Adam adam(maps[i].parameters, {.lr = 3e-3});
      for (int epoch = 0; epoch < lab.choose(6, 3); ++epoch)
        for (auto [x, y] : tg::data::DataLoader(data.train, {.batch_size = 64, .shuffle = true})) {
          const Tensor clean = small(x);
          adam.zero_grad();
          mse_loss(maps[i].run(noisy(clean)), clean).backward();
          adam.step();
        }
      // At 28 x 28 a map of fixed size sees the image at half its size, and is enlarged again.
      const auto at_14 = [](const lab::Map& m, const Tensor& x) { return m.run(x); };
      const auto at_28 = [&](const lab::Map& m, const Tensor& x) {
        return m.any_size ? m.run(x) : tg::interpolate(m.run(small(x)), {.scale_factor = {2}});
      };
      errors[i].push_back(error(maps[i], small(data.test.x), at_14));
      large[i].push_back(error(maps[i], data.test.x, at_28));
      counts[i] = 0;
      for (auto& p : maps[i].parameters) counts[i] += double(p.numel());
    }
  }
  const char* names[] = {"dense with 4 indices", "locally connected", "convolution"};
  for (std::size_t i = 0; i < 3; ++i)
    rows.push_back(
        {names[i], counts[i], lab::mean_of(errors[i]).mean, lab::mean_of(large[i]).mean});
  lab.table("constraints",
            {{"map"},
             {"parameters", "{:.0f}"},
             {"error at 14 x 14", "{:.4f}", 0.003},
             {"error at 28 x 28", "{:.4f}", 0.006}},
            rows);
  lab.claim("each constraint takes parameters away",
            counts[0] > counts[1] && counts[1] > counts[2]);
  lab.claim(
      "only the convolution runs at another size as it is, and is better there than the dense "
      "map between two changes of size",
      lab::mean_of(large[2]).mean < lab::mean_of(large[0]).mean);
}

/// One fixed shuffle of the pixels within blocks of b x b (28: of all).
Tensor shuffled(const Tensor& x, int b) {
  const Tensor order = argsort(tg::rand({b * b}));
  const Tensor blocks = tg::unfold(x, {b, b}, {.stride = b});  // [N, b², blocks]
  return tg::fold(index_select(blocks, 1, order), {28, 28}, {b, b}, {.stride = b});
}

void shuffles(lab::Lab& lab) {
  const lab::Digits data = lab::digits(lab, lab.choose(20000, 2000), lab.choose(10000, 1000));
  std::vector<lab::Row> rows;
  std::vector<lab::Mean> dense, cnn;
  plot::Chart chart{
      .title = {"Accuracy after a fixed shuffle of the pixels", "固定打乱像素后的正确率"},
      .x = {"pixels are shuffled within blocks of this size", "在此大小的块内打乱像素"},
      .y = {"accuracy, %", "正确率，%"}};
  for (const int b : {1, 2, 4, 7, 28}) {
    tg::manual_seed(lab.seed());
    lab::Digits now = data;
    const tg::Generator same = tg::generator();
    now.train.x = shuffled(data.train.x, b), tg::generator() = same;
    now.test.x = shuffled(data.test.x, b);
    const lab::TrainOptions options{.epochs = lab.choose(3, 2)};
    const lab::Mean d = lab::learn(
                        lab, now, [] { return lab::mlp(); }, options),
                    c = lab::learn(
                        lab, now, [] { return lab::cnn(); }, options);
    const plot::Text name = b == 1    ? plot::Text("none", "不打乱")
                            : b == 28 ? plot::Text("all", "全部")
                                      : plot::Text(fmt::format("{0} x {0}", b));
    rows.push_back({name.en, d.mean, d.spread, c.mean, c.spread});
    chart.categories.push_back(name);
    dense.push_back(d), cnn.push_back(c);
  }
  chart.series = {lab::series({"dense net", "全连接网络"}, {}, dense), lab::series("CNN", {}, cnn)};
  lab.table("shuffles",
            {{"shuffled"},
             {"dense %", "{:.2f}", 0.7},
             lab::spread,
             {"CNN %", "{:.2f}", 0.7},
             lab::spread},
            rows);
  lab.picture("shuffles", {chart});
  lab.claim("the shuffle of all pixels costs the CNN more than the dense net",
            cnn[0].mean - cnn[4].mean > dense[0].mean - dense[4].mean);
}

}  // namespace

int main(int argc, char** argv) {
  return lab::run("dense4d", "A map between images is a 4-D tensor; what does flattening lose?",
                  argc, argv, [](lab::Lab& lab) {
                    same_function(lab);
                    constraints(lab);
                    shuffles(lab);
                  });
}
