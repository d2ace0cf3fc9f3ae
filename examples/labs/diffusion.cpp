// SPDX-License-Identifier: MIT
// Measures noise, samplers, guidance, latents, a U-Net and a DiT on points in a plane and on digits
// drawn by code.
#include <fmt/format.h>

#include <functional>

#include "common/cosine_schedule.h"
#include "labs/diffusion_plane.h"
#include "labs/diffusion_timeline.h"

namespace {

using namespace lab;

/// Digits drawn by code as values from -1 to 1, and a classifier that reads them.
struct Drawn {
  tg::data::Dataset train, test;
  Net reader = cnn(8);

  explicit Drawn(Lab& lab)
      : train(tg::vision::digits(lab.choose(20000, 2000), 1)),
        test(tg::vision::digits(lab.choose(1000, 100), 2)) {
    for (auto* part : {&train, &test}) part->x = 2 * part->x.to(tg::float32) - 1;
    tg::optim::Adam adam(reader.parameters(), {.lr = 2e-3});
    lab::train([&](const Tensor& x) { return reader(x); }, adam, train,
               {.epochs = lab.choose(3, 2)});
  }
  /// The percentage of the images x that are read as the labels of the test set.
  double read(const Tensor& x) {
    return accuracy([&](const Tensor& image) { return reader(image); }, {x, test.y, {}, {}});
  }
};

/// A net that was trained, and what it drew.
struct Result {
  double parameters = 0, work = 0, right = 0, apart = 0;
  std::vector<double> losses;
  Tensor drawn;
};
template <class N>
Result study(N net, Drawn& d, const Tensor& x, int steps, std::int64_t batch,
             const std::function<Tensor(const Tensor&)>& decode) {
  models::DDIMScheduler s(common::cosine_schedule());
  Result r;
  for (auto& p : net.parameters()) r.parameters += double(p.numel());
  const Tensor one = narrow(x, 0, 0, 1), label = narrow(d.train.y, 0, 0, 1);
  r.work = multiply_adds([&] { net(one, label, label); });
  r.losses = fit(net, s, x, d.train.y, 10, steps, 2e-3, batch);
  tg::Shape shape = x.shape();
  shape[0] = d.test.size();
  r.drawn = decode(draw(net, s, d.test.y, shape, 10, 20, 2));
  r.right = d.read(r.drawn), r.apart = distance(r.drawn, d.test.x);
  return r;
}

/// A linear autoencoder: 784 pixels as a few values, whose mean is 0 and whose spread is 1.
struct Latents {
  nn::Linear encode, decode;
  Tensor mean, spread;

  Latents(Lab& lab, const Tensor& images, int size) : encode(784, size), decode(size, 784) {
    std::vector<Tensor> parameters = encode.parameters();
    for (auto& p : decode.parameters()) parameters.push_back(p);
    tg::optim::Adam adam(parameters, {.lr = 2e-3});
    const Tensor x = images.flatten(1);
    for (int step = 0, steps = lab.choose(2000, 200); step < steps; ++step) {
      const Tensor some = x.index_select(0, tg::randint(0, x.size(0), {128}));
      adam.zero_grad();
      mse_loss(decode(encode(some)), some).backward();
      adam.step();
    }
    const tg::NoGrad off;
    const Tensor z = encode(x);
    mean = z.mean(0, true), spread = sqrt(square(z - mean).mean(0, true));
  }
  Tensor to(const Tensor& images) { return (encode(images.flatten(1)) - mean) / spread; }
  Tensor from(const Tensor& z) { return decode(z * spread + mean).reshape({z.size(0), 1, 28, 28}); }
};

const Column work_column{"million multiply-adds", "{:.2f}"},
    right_column{"read as asked %", "{:.1f}", 6}, apart_column{"distance", "{:.3f}", 0.04};

void latents(Lab& lab, Drawn& d) {
  constexpr int size = 32;
  Latents l(lab, d.train.x, size);
  const Tensor z = l.to(d.train.x).detach(), again = l.from(l.to(d.test.x)).detach();
  const int steps = lab.choose(4000, 250);
  const auto pixels =
      study(DenseNet(784, 128, 10), d, d.train.x, steps, 128, [](const Tensor& x) { return x; });
  const auto latent = study(DenseNet(size, 273, 10), d, z, steps, 128,
                            [&](const Tensor& x) { return l.from(x).detach(); });
  lab.table("latents", {{"what"}, {"values"}, work_column, right_column, apart_column},
            {{"test digits", 784., 0., d.read(d.test.x),
              distance(d.train.x.narrow(0, 0, d.test.size()), d.test.x)},
             {"encoded and decoded", double(size), 0., d.read(again), distance(again, d.test.x)},
             {"drawn in pixels", 784., pixels.work / 1e6, pixels.right, pixels.apart},
             {"drawn in latents", double(size), latent.work / 1e6, latent.right, latent.apart}});
  lab.claim("both nets compute about the same", std::fabs(pixels.work / latent.work - 1) < 0.1);
  lab.claim("at equal compute, digits drawn in latents are read more often",
            latent.right > pixels.right);
}

void architectures(Lab& lab, Drawn& d) {
  const auto plain = [](const Tensor& x) { return x; };
  const int steps = lab.choose(600, 20);
  const std::int64_t batch = lab.choose(64, 32);
  const Result all[] = {study(DenseNet(784, 850, 10), d, d.train.x, steps, batch, plain),
                        study(SmallUNet(8, 10), d, d.train.x, steps, batch, plain),
                        study(SmallDiT(40, 10), d, d.train.x, steps, batch, plain)};
  const plot::Text names[] = {{"dense", "全连接"}, "U-Net", "DiT"};
  std::vector<Row> rows;
  plot::Chart chart{.x = {"steps", "步数"}, .y = {"training loss", "训练损失"}};
  for (std::size_t i = 0; i < 3; ++i) {
    rows.push_back({names[i].en, all[i].parameters, all[i].work / 1e6, all[i].losses.back(),
                    all[i].right, all[i].apart});
    plot::Series s{names[i], {}, all[i].losses};
    for (int k = 1; k <= 8; ++k) s.x.push_back(steps * k / 8.);
    chart.series.push_back(s);
  }
  lab.table("architectures",
            {{"net"},
             {"parameters", "{:.0f}"},
             work_column,
             {"loss", "{:.4f}", 0.01},
             right_column,
             apart_column},
            rows);
  lab.picture("architectures", {chart});
  for (std::size_t i = 1; i < 3; ++i)
    lab.claim(fmt::format("the {} computes about as much as the dense net", names[i].en),
              std::fabs(all[i].work / all[0].work - 1) < 0.1);
  lab.claim(
      "the U-Net has the lowest loss of the three",
      all[1].losses.back() < all[0].losses.back() && all[1].losses.back() < all[2].losses.back());
}

void run(Lab& lab) {
  timeline(lab);
  plane(lab);
  Drawn drawn(lab);
  latents(lab, drawn);
  architectures(lab, drawn);
}

}  // namespace

int main(int argc, char** argv) {
  return lab::run("diffusion", "What are a latent, a U-Net, a DiT and guidance?", argc, argv, run);
}
