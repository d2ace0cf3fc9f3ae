// SPDX-License-Identifier: MIT
// Softmax makes probabilities of scores. Shown: temperature, the form that does not overflow, its
// derivative together with cross entropy, and what squared error does instead.
#include <fmt/format.h>

#include "labs/digits.h"

namespace {

namespace tg = tinygrad;
using tg::Tensor;

double entropy(const Tensor& p) { return -(p * log(p)).sum().item<double>(); }

void temperature(lab::Lab& lab) {
  const Tensor logits = tg::tensor({2., 1., 0., -1.}, {.dtype = tg::float64});
  std::vector<lab::Row> rows;
  std::vector<double> temperatures{0.25, 0.5, 1, 2, 4, 8}, entropies;
  for (const double t : temperatures) {
    const Tensor p = softmax(logits / t, 0);
    const auto v = p.to_vector<double>();
    entropies.push_back(entropy(p));
    rows.push_back({t, v[0], v[1], v[2], v[3], entropies.back()});
  }
  lab.table("temperature",
            {{"temperature"},
             {"p of 2", "{:.4f}"},
             {"p of 1", "{:.4f}"},
             {"p of 0", "{:.4f}"},
             {"p of -1", "{:.4f}"},
             {"entropy", "{:.4f}"}},
            rows);
  lab.claim("a higher temperature makes the probabilities more equal",
            std::is_sorted(entropies.begin(), entropies.end()));
}

void stable_form(lab::Lab& lab) {
  const Tensor x = tg::tensor({2., 1., 0., -1.}) + 1000.;
  const Tensor naive = exp(x) / exp(x).sum();
  lab.claim("exp(x) / Σ exp(x), as it stands, is NaN for scores near 1000",
            isnan(naive).all().item<bool>());
  lab.claim("softmax, which subtracts the largest score first, gives the same as near 0",
            tg::allclose(softmax(x, 0), softmax(x - 1000., 0)));
}

/// The derivative of the loss with respect to the logits: of cross entropy it is p - y.
void joint_derivative(lab::Lab& lab) {
  const Tensor x = tg::randn({5, 4}, {.dtype = tg::float64, .requires_grad = true});
  const Tensor y = tg::tensor({0, 3, 1, 2, 2});
  const Tensor joint = tg::grad(cross_entropy(x, y, tg::Reduction::sum), x)[0];
  const Tensor difference = max(abs(joint - (softmax(x, 1) - one_hot(y, 4))));
  lab.say(fmt::format("\nlargest |gradient - (p - y)|: {:.1e}", difference.item<double>()));
  lab.claim("the gradient of cross entropy by the logits is p - y",
            difference.item<double>() < 1e-15);
}

/// How far a wrong, confident answer moves: the gradient by the right class's logit, if a wrong
/// class leads by `margin`.
void gradients_by_margin(lab::Lab& lab) {
  std::vector<double> margins, of_entropy, of_square;
  for (double m = -10; m <= 10; m += 0.5) {
    const Tensor x = tg::tensor({0., m}, {.dtype = tg::float64, .requires_grad = true});
    const Tensor target = tg::tensor({1., 0.}, {.dtype = tg::float64});
    const auto first = [](const Tensor& g) { return std::fabs(g.select(0, 0).item<double>()); };
    margins.push_back(m);
    of_entropy.push_back(first(tg::grad(cross_entropy(x, tg::tensor(0)), x)[0]));
    of_square.push_back(first(tg::grad(square(softmax(x, 0) - target).sum(), x)[0]));
  }
  lab.picture("gradients",
              {{.title = {"How strongly a wrong answer pulls", "错误答案的拉力"},
                .x = {"lead of the wrong class (logits)", "错误类别领先多少（logit）"},
                .y = {"|gradient| by the right class's logit", "对正确类别 logit 的 |梯度|"},
                .series = {{{"cross entropy", "交叉熵"}, margins, of_entropy},
                           {{"squared error", "平方误差"}, margins, of_square}}}});
  lab.table("gradients", {{"lead"}, {"cross entropy", "{:.5f}"}, {"squared error", "{:.5f}"}},
            {{-10., of_entropy.front(), of_square.front()},
             {0., of_entropy[20], of_square[20]},
             {10., of_entropy.back(), of_square.back()}});
  lab.claim(
      "an answer that is wrong and sure of itself is corrected at full strength by cross "
      "entropy, and not at all by squared error",
      of_entropy.back() > 0.99 && of_square.back() < 0.01);
}

/// One net, trained by both losses.
void training(lab::Lab& lab) {
  const lab::Digits data = lab::digits(lab, lab.choose(10000, 2000), lab.choose(10000, 1000));
  const auto make = [] { return lab::mlp(64); };
  lab::TrainOptions options{.epochs = lab.choose(5, 2), .lr = 2e-3};
  const lab::Mean entropy = lab::learn(lab, data, make, options);
  options.loss = [](const Tensor& x, const Tensor& y) {
    return square(softmax(x, 1) - one_hot(y, 10)).sum(1).mean();
  };
  const lab::Mean square = lab::learn(lab, data, make, options);
  lab.table("training", {{"loss"}, {"accuracy %", "{:.2f}", 0.6}, lab::spread},
            {{"cross entropy", entropy.mean, entropy.spread},
             {"squared error", square.mean, square.spread}});
  lab.claim("both losses learn to read digits", entropy.mean > 80 && square.mean > 80);
}

}  // namespace

int main(int argc, char** argv) {
  return lab::run("softmax", "What is softmax, and where does it belong?", argc, argv,
                  [](lab::Lab& lab) {
                    temperature(lab);
                    stable_form(lab);
                    joint_derivative(lab);
                    gradients_by_margin(lab);
                    training(lab);
                  });
}
