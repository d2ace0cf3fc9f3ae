// SPDX-License-Identifier: MIT
// FP16 and FP32 mixed: what 16 bits can hold, which gradients underflow, what the scaled loss
// rescues, and how training ends in each precision.
#include <fmt/format.h>

#include "labs/digits.h"

namespace {

namespace tg = tinygrad;
using tg::Tensor;

void formats(lab::Lab& lab) {
  std::vector<lab::Row> rows;
  for (const tg::DType d : {tg::float32, tg::bfloat16, tg::float16}) {
    const auto in_dtype = [&](double v) { return tg::full({}, v, {.dtype = d}).item<double>(); };
    double tiny = 1, step = 1, large = 1;
    while (in_dtype(tiny / 2) > 0 && tiny > 1e-45) tiny /= 2;
    while (in_dtype(1 + step / 2) > 1) step /= 2;
    while (std::isfinite(in_dtype(large * 2)) && large < 1e38) large *= 2;
    rows.push_back({to_string(d), tiny, large, step});
  }
  lab.table("formats",
            {{"dtype"},
             {"smallest above 0", "{:.1e}"},
             {"largest power of 2", "{:.1e}"},
             {"1 + step is not 1", "{:.1e}"}},
            rows);
  lab.claim(
      "float16 ends at 6e-8, bfloat16 reaches as far as float32 with a hundredth of its steps",
      std::get<double>(rows[2][1]) > 1e-8 && std::get<double>(rows[1][1]) < 1e-38);
}

/// How many of the gradients' exponents lie at each power of two.
std::vector<double> histogram(const std::vector<double>& values, int low, int high) {
  std::vector<double> counts(std::size_t(high - low + 1));
  for (const double v : values)
    if (v != 0)
      ++counts[std::size_t(std::clamp(int(std::floor(std::log2(std::fabs(v)))), low, high) - low)];
  for (double& c : counts) c = 100 * c / double(values.size());
  return counts;
}

/// The gradients by the activations of a trained net, in float32: what float16 would lose.
void underflow(lab::Lab& lab, const lab::Digits& data) {
  lab::Net net = lab::cnn();
  tg::optim::Adam adam(net.parameters(), {.lr = 1e-3});
  lab::train([&](const Tensor& x) { return net(x); }, adam, data.train, {.seed = lab.seed()});
  const Tensor x = narrow(data.train.x, 0, 0, 256), y = narrow(data.train.y, 0, 0, 256);
  const Tensor input = x.detach().requires_grad_();
  const auto g = tg::grad(cross_entropy(net(input), y), input)[0].to_vector<double>();
  const auto lost = [&](tg::DType d, double scale) {
    std::size_t n = 0, all = 0;
    const auto rounded =
        (tg::from_vector(g, {std::int64_t(g.size())}) * scale).to(d).to_vector<double>();
    for (std::size_t i = 0; i < g.size(); ++i) all += g[i] != 0, n += g[i] != 0 && rounded[i] == 0;
    return 100 * double(n) / double(all);
  };
  const double plain = lost(tg::float16, 1), scaled = lost(tg::float16, 65536),
               brain = lost(tg::bfloat16, 1);
  lab.table(
      "underflow", {{"gradients become 0 in"}, {"%", "{:.2f}", lab::any}},
      {{"float16", plain}, {"float16 with the loss times 65536", scaled}, {"bfloat16", brain}});
  plot::Series s{{"gradients, float32", "梯度（float32）"}, {}, {}};
  const auto counts = histogram(g, -50, 0);
  for (int e = -50; e <= 0; ++e) s.x.push_back(e), s.y.push_back(counts[std::size_t(e + 50)]);
  const double top = *std::max_element(s.y.begin(), s.y.end());
  const auto limit = [&](double e, const plot::Text& name) {
    return plot::Series{name, {e, e}, {0, top}, {}, plot::Style::dashed};
  };
  lab.picture("exponents",
              {{.title = {"Gradients of a trained CNN by their power of two",
                          "训练后 CNN 的梯度按 2 的幂分布"},
                .x = {"exponent", "指数"},
                .y = {"share of the gradients, %", "梯度占比，%"},
                .series = {s, limit(-24, {"float16 ends", "float16 的下限"}),
                           limit(-40, {"with the loss times 2^16", "损失乘以 2^16 后"})}}});
  lab.claim("float16 loses gradients, the scaled loss rescues most of them, bfloat16 needs none",
            plain > 4 * scaled && brain <= scaled);
}

/// The accuracy after training in each precision.
void training(lab::Lab& lab, const lab::Digits& data) {
  std::vector<lab::Row> rows;
  std::vector<double> all;
  const struct {
    const char* name;
    tg::DType dtype;
    bool scaled;
  } ways[] = {{"float32", tg::float32, false},
              {"float16", tg::float16, false},
              {"float16 with scaled loss", tg::float16, true},
              {"bfloat16", tg::bfloat16, false}};
  for (auto& way : ways) {
    std::vector<double> accuracies, skipped;
    for (const std::uint64_t seed : lab.seeds()) {
      tg::manual_seed(seed);
      lab::Net net = lab::cnn(8);
      tg::optim::SGD sgd(net.parameters(), {.lr = 0.05, .momentum = 0.9});
      tg::GradScaler scaler({.scale = way.scaled ? 65536. : 1.});
      const auto run = [&](const Tensor& x) {
        const tg::Autocast cast(way.dtype);
        return net(x);
      };
      for (auto [x, y] : tg::data::DataLoader(data.train, {.batch_size = 64, .shuffle = true})) {
        sgd.zero_grad();
        const Tensor loss = cross_entropy(run(x), y);
        (way.scaled ? scaler.scale(loss) : loss).backward();
        if (way.scaled) scaler.step(sgd);
        else sgd.step();
      }
      accuracies.push_back(lab::accuracy(run, data.test));
      skipped.push_back(double(scaler.skips()));
    }
    const lab::Mean m = lab::mean_of(accuracies);
    all.push_back(m.mean);
    rows.push_back({way.name, m.mean, m.spread, lab::mean_of(skipped).mean});
  }
  lab.table("training",
            {{"products in"},
             {"accuracy %", "{:.2f}", 0.6},
             lab::spread,
             {"steps skipped", "{:.1f}", lab::any}},
            rows);
  lab.claim("each precision reads digits about as well as float32",
            *std::min_element(all.begin(), all.end()) > all[0] - lab.choose(1.5, 5.));
}

}  // namespace

int main(int argc, char** argv) {
  return lab::run("precision", "FP16 and FP32 mixed: what is that?", argc, argv, [](lab::Lab& lab) {
    formats(lab);
    const auto data = lab::digits(lab, lab.choose(20000, 3200), lab.choose(10000, 1000));
    underflow(lab, data);
    training(lab, data);
  });
}
