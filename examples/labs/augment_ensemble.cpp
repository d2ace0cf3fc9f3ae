// SPDX-License-Identifier: MIT
// Augmentation and ensembles of models: what each adds to one net. Test-time augmentation, five
// seeds averaged, their weights averaged, and their knowledge distilled into one net.
#include <fmt/format.h>
#include <tinygrad/train/metrics.h>
#include <tinygrad/vision/transforms.h>

#include "labs/digits.h"
#include "labs/ensemble.h"

namespace {

namespace tg = tinygrad;
namespace nn = tinygrad::nn;
using tg::Tensor, tg::Tensors;

struct Score {
  double accuracy, calibration;
};
Score score(const Tensor& p, const Tensor& y) {
  tg::train::CalibrationError calibration;
  calibration.update(p, y);
  return {100 * (p.argmax(1) == y).to(tg::float32).mean().item<double>(),
          100 * calibration.value()};
}

void run(lab::Lab& lab) {
  const lab::Digits data = lab::digits(lab, lab.choose(60000, 2000), lab.choose(10000, 1000));
  const int c = lab.choose(16, 8), epochs = lab.choose(8, 3), members = lab.choose(5, 3);
  const Tensor &x = data.test.x, &y = data.test.y;
  std::vector<lab::Row> rows;
  std::vector<std::pair<std::string, Score>> all;
  const auto add = [&](const char* name, const Score& s, double trainings, double forwards) {
    all.emplace_back(name, s);
    rows.push_back({name, s.accuracy, s.calibration, trainings, forwards});
    lab.say(fmt::format("{:<36} {:.2f} %", name, s.accuracy));
  };
  tg::manual_seed(lab.seed());
  lab::Net plain = lab::member(c);
  lab::train_member(plain, data.train, epochs, lab.seed(), false);
  add("one net", score(lab::predict(plain, x), y), 1, 1);
  std::vector<lab::Net> nets;
  Tensor sum, train_sum;
  for (int i = 0; i < members; ++i) {
    tg::manual_seed(lab.seed() + std::uint64_t(i));
    nets.push_back(lab::member(c));
    lab::train_member(nets.back(), data.train, epochs, lab.seed() + std::uint64_t(i), true);
    const Tensor p = lab::predict(nets.back(), x);
    if (i == 0) {
      add("with augmentation", score(p, y), 1, 1);
      add("and averaged over shifts (test time)", score(lab::predict(nets[0], x, true), y), 1, 5);
    }
    sum = sum.defined() ? sum + p : p;
  }
  add("an ensemble of different seeds", score(sum / members, y), members, members);
  Tensor shifted = lab::predict(nets[0], x, true);
  for (int i = 1; i < members; ++i) shifted = shifted + lab::predict(nets[std::size_t(i)], x, true);
  add("the ensemble averaged over shifts", score(shifted / members, y), members, 5. * members);

  // The mean of the weights of nets that began differently is no net.
  lab::Net average = lab::member(c);
  tg::NamedTensors state = nets[0].state_dict();
  for (auto& [name, t] : state) {
    Tensor total = t;
    for (std::size_t i = 1; i < nets.size(); ++i)
      for (auto& [other, u] : nets[i].state_dict())
        if (other == name) total = total + u;
    t = tg::is_floating(t.dtype()) ? total / members : t;
  }
  average.load_state_dict(state);
  average.eval();
  add("the mean of the weights", score(lab::predict(average, x), y), members, 1);

  tg::manual_seed(lab.seed() + 100);
  lab::Net student = lab::member(c);
  lab::train_member(student, data.train, epochs, lab.seed() + 100, true,
                    [&](const Tensor& scores, const Tensor& in, const Tensor& label) {
                      Tensor teacher;
                      {
                        const tg::NoGrad off;
                        for (auto& net : nets)
                          teacher = teacher.defined() ? teacher + softmax(net(in) / 3, 1)
                                                      : softmax(net(in) / 3, 1);
                      }
                      return 0.3 * cross_entropy(scores, label) +
                             6.3 * cross_entropy(scores / 3, teacher / members);
                    });
  add("distilled into one net", score(lab::predict(student, x), y), members + 1, 1);
  lab.table("methods",
            {{"method"},
             {"accuracy %", "{:.2f}", 0.12},
             {"calibration error %", "{:.2f}", lab::any},
             {"trainings"},
             {"passes a test image"}},
            rows);
  plot::Chart chart{.title = {"Errors on the test set", "测试集错误率"},
                    .x = {"row of the table", "表中的行"},
                    .y = {"errors, %", "错误率，%"}};
  plot::Series s{"", {}, {}};
  for (std::size_t i = 0; i < all.size(); ++i)
    if (all[i].second.accuracy > 90)
      chart.categories.emplace_back(std::to_string(i + 1)),
          s.y.push_back(100 - all[i].second.accuracy);
  chart.series = {s};
  lab.picture("methods", {chart});
  lab.claim("an ensemble reads at least as well as its first member",
            all[3].second.accuracy >= all[1].second.accuracy);
  lab.claim("the mean of weights of nets that began differently is useless",
            all[5].second.accuracy < 80);
  if (!lab.quick())
    lab.claim("the best reaches 99.5 %",
              std::max(all[2].second.accuracy, all[4].second.accuracy) >= 99.5);
}

}  // namespace

int main(int argc, char** argv) {
  return lab::run("augment_ensemble", "Augmentation and ensembles: still done?", argc, argv, run);
}
