// SPDX-License-Identifier: MIT
// When are x, y the variables, and when a, b? One graph, differentiated by its weights (training)
// and by its input: what the net looks at, a picture that deceives it, and one that pleases it.
#include <fmt/format.h>

#include "labs/digits.h"

namespace {

namespace tg = tinygrad;
using tg::Tensor;

struct Net : tg::nn::Module {
  tg::nn::Conv2d conv1 = add("conv1", tg::nn::Conv2d(1, 16, 3, {.padding = 1}));
  tg::nn::Conv2d conv2 = add("conv2", tg::nn::Conv2d(16, 32, 3, {.padding = 1}));
  tg::nn::Linear fc = add("fc", tg::nn::Linear(32 * 7 * 7, 10));
  Tensor forward(const Tensor& x) override {
    const Tensor h = max_pool2d(relu(conv1(x)), 2);
    return fc(flatten(max_pool2d(relu(conv2(h)), 2), 1));
  }
};

/// The gradient of the loss by the images: the weights are constants now.
Tensor by_input(Net& net, const Tensor& x, const Tensor& y) {
  const Tensor input = x.detach().requires_grad_();
  return tg::grad(cross_entropy(net(input), y, tg::Reduction::sum), input)[0];
}

plot::Chart picture(const plot::Text& title, const Tensor& image, const char* scale = "") {
  plot::Chart chart{.title = title, .map_scale = scale, .is_signed = *scale != 0};
  for (int row = 0; row < 28; ++row)
    chart.map.push_back(reshape(image, {28, 28}).select(0, row).to_vector<double>());
  return chart;
}

void deceive(lab::Lab& lab, Net& net, const tg::data::Dataset& test) {
  const std::int64_t n = std::min<std::int64_t>(test.size(), 1000);
  const Tensor x = narrow(test.x, 0, 0, n), y = narrow(test.y, 0, 0, n);
  const Tensor direction = sign(by_input(net, x, y));
  std::vector<lab::Row> rows;
  std::vector<double> sizes, deceived, noisy;
  for (const double e : {0., 0.05, 0.1, 0.15, 0.2, 0.3}) {
    const auto accuracy = [&](const Tensor& step) {
      const tg::NoGrad off;
      return 100 *
             (net(clamp(x + e * step, 0, 1)).argmax(1) == y).to(tg::float32).mean().item<double>();
    };
    sizes.push_back(e), deceived.push_back(accuracy(direction));
    noisy.push_back(accuracy(sign(tg::randn_like(x))));
    rows.push_back({e, deceived.back(), noisy.back()});
  }
  lab.table(
      "deceived",
      {{"change of a pixel"}, {"along the gradient %", "{:.1f}", 8}, {"at random %", "{:.1f}", 3}},
      rows);
  lab.picture("deceived",
              {{.title = {"Read right after a change of each pixel", "每个像素改动后的正确率"},
                .x = {"change of each pixel (0 ... 1)", "每个像素的改动（0…1）"},
                .y = {"read right, %", "正确率，%"},
                .series = {{{"along the gradient", "沿梯度"}, sizes, deceived},
                           {{"at random", "随机方向"}, sizes, noisy}}}});
  lab.claim("a change along the gradient deceives the net, a random one of the same size does not",
            deceived[4] < 0.5 * noisy[4]);
  // The first digit that a change of 0.2 deceives.
  const auto read = [&](const Tensor& image) {
    const tg::NoGrad off;
    return net(image).argmax(1);
  };
  const Tensor changed = clamp(x + 0.2 * direction, 0, 1);
  const Tensor falls = logical_and(read(x) == y, read(changed) != y);
  const std::int64_t i = falls.to(tg::int64).argmax().item<std::int64_t>();
  const Tensor one = narrow(x, 0, i, 1), other = narrow(changed, 0, i, 1);
  const auto digit = [&](const Tensor& image) {
    return std::to_string(read(image).item<std::int64_t>());
  };
  lab.picture(
      "saliency",
      {picture({"read as " + digit(one), "识别为 " + digit(one)}, one),
       picture({"gradient by each pixel", "对每个像素的梯度"},
               by_input(net, one, narrow(y, 0, i, 1)), "∂L/∂x"),
       picture({"changed: read as " + digit(other), "改动后识别为 " + digit(other)}, other)},
      3);
}

/// Begins with grey and climbs the score of a class.
void please(lab::Lab& lab, Net& net) {
  std::vector<plot::Chart> charts;
  double least = 1;
  for (int digit = 0; digit < 10; ++digit) {
    Tensor x = tg::full({1, 1, 28, 28}, 0.3);
    const Tensor y = tg::tensor({digit});
    for (int step = 0; step < 200; ++step)
      x = clamp(x - 0.02 * sign(by_input(net, x, y)) - 0.002 * (x - 0.1), 0, 1);
    const tg::NoGrad off;
    const double p = softmax(net(x), 1).select(1, digit).item<double>();
    least = std::min(least, p);
    charts.push_back(picture({fmt::format("{}: p = {:.4f}", digit, p)}, x));
  }
  lab.picture("pleasing", charts, 5);
  lab.claim("a picture can be grown for each class that the net is sure of (p > 0.99)",
            least > 0.99);
}

}  // namespace

int main(int argc, char** argv) {
  return lab::run(
      "variables", "When are x, y the variables, and when a, b?", argc, argv, [](lab::Lab& lab) {
        const lab::Digits data = lab::digits(lab, lab.choose(60000, 4000), lab.choose(10000, 1000));
        Net net;
        tg::optim::Adam adam(net.parameters(), {.lr = 2e-3});
        lab::train([&](const Tensor& x) { return net(x); }, adam, data.train,
                   {.epochs = lab.choose(2, 2), .seed = lab.seed()});
        net.requires_grad_(false);  // from here on the weights are constants
        const tg::NamedTensors before = net.state_dict();
        const Tensor weight = net.conv1.weight.clone();
        const double accuracy = lab::accuracy([&](const Tensor& x) { return net(x); }, data.test);
        lab.table("trained", {{"what"}, {"read right %", "{:.2f}", 0.5}}, {{"test", accuracy}});
        lab.claim("training, the derivative by the weights, has made a net that reads digits",
                  accuracy > 90);
        deceive(lab, net, data.test);
        please(lab, net);
        lab.claim("the derivative by the input has changed no weight",
                  tg::equal(weight, net.conv1.weight));
      });
}
