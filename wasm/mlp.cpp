// SPDX-License-Identifier: MIT
// The page that trains an MLP 784-hidden-10 on digits drawn by code. Learning rate, optimizer,
// activation and dropout may change between two steps.
#include <tinygrad/optim.h>
#include <tinygrad/vision/datasets.h>

#include <map>
#include <memory>

#include "bind.h"

namespace page {

const std::map<std::string, Tensor (*)(const Tensor&)> activations = {
    {"relu", [](const Tensor& x) { return relu(x); }},
    {"tanh", [](const Tensor& x) { return tanh(x); }},
    {"sigmoid", [](const Tensor& x) { return sigmoid(x); }},
    {"gelu", [](const Tensor& x) { return gelu(x); }},
    {"none", [](const Tensor& x) { return x; }}};

class MlpTrainer : public tg::nn::Module {
 public:
  MlpTrainer(int hidden, int samples)
      : train_(tg::vision::digits(samples, 1)),
        test_(tg::vision::digits(1000, 2)),
        fc1_(add("fc1", tg::nn::Linear(28 * 28, hidden))),
        fc2_(add("fc2", tg::nn::Linear(hidden, 10))) {
    set_optimizer("SGD", 0.1);
  }

  /// Begins with a new state: "SGD", "momentum" (SGD with 0.9), "Adam" or "RMSprop".
  void set_optimizer(const std::string& name, double lr) {
    namespace optim = tg::optim;
    if (name == "Adam")
      optimizer_ = std::make_unique<optim::Adam>(parameters(), optim::AdamOptions{.lr = lr});
    else if (name == "RMSprop")
      optimizer_ = std::make_unique<optim::RMSprop>(parameters(), optim::RmspropOptions{.lr = lr});
    else
      optimizer_ = std::make_unique<optim::SGD>(
          parameters(), optim::SgdOptions{.lr = lr, .momentum = name == "momentum" ? 0.9 : 0});
  }
  void set_lr(double lr) { optimizer_->set_lr(lr); }
  void set_activation(const std::string& name) { activation_ = activations.at(name); }
  void set_dropout(double p) { dropout_ = p; }

  /// Trains on so many batches of 32. Returns their mean loss.
  double step(int batches) {
    constexpr std::int64_t batch = 32;
    train();
    double total = 0;
    for (int i = 0; i < batches; ++i, next_ += batch) {
      if (!order_.defined() || next_ + batch > train_.size())
        order_ = tg::randperm(train_.size()), next_ = 0;
      const Tensor rows = order_.narrow(0, next_, batch);
      optimizer_->zero_grad();
      const Tensor loss =
          cross_entropy((*this)(train_.x.index_select(0, rows)), train_.y.index_select(0, rows));
      loss.backward();
      optimizer_->step();
      total += loss.item<double>();
    }
    return total / batches;
  }

  /// {loss, accuracy} of the test digits (test = true) or of as many that it trains on.
  val evaluate(bool test) {
    const tg::NoGrad off;
    eval();
    const auto& data = test ? test_ : train_;
    const std::int64_t n = std::min(data.size(), test_.size());
    const Tensor y = data.y.narrow(0, 0, n), scores = (*this)(data.x.narrow(0, 0, n));
    val result = val::object();
    result.set("loss", cross_entropy(scores, y).item<double>());
    result.set("accuracy", mean((argmax(scores, 1) == y).to(tg::DType::float32)).item<double>());
    return result;
  }

  /// The probabilities [10] of 28 x 28 pixels.
  val read(const val& pixels) {
    const tg::NoGrad off;
    eval();
    return to_js(softmax((*this)(from_js(pixels, {1, 784})), 1));
  }
  /// The weights of the hidden layer, [hidden, 28, 28], and those of the last, [10, hidden].
  val weights() { return to_js(fc1_.weight); }
  val last_weights() { return to_js(fc2_.weight); }
  /// Digit i of those it trains on, [28, 28], and its label.
  val sample(int i) { return to_js(train_.x.select(0, i)); }
  int label(int i) { return int(train_.y.select(0, i).item<std::int64_t>()); }

 private:
  Tensor forward(const Tensor& x) override {
    return fc2_(dropout(activation_(fc1_(flatten(x, 1))), dropout_, training()));
  }

  tg::data::Dataset train_, test_;
  tg::nn::Linear fc1_, fc2_;
  std::unique_ptr<tg::optim::Optimizer> optimizer_;
  Tensor (*activation_)(const Tensor&) = activations.at("relu");
  double dropout_ = 0;
  Tensor order_;  ///< of the samples in this epoch
  std::int64_t next_ = 0;
};

EMSCRIPTEN_BINDINGS(mlp) {
  emscripten::function(
      "manualSeed", +[](int seed) { tg::manual_seed(std::uint64_t(seed)); });
  emscripten::class_<MlpTrainer>("MlpTrainer")
      .constructor(&made<MlpTrainer, int, int>, emscripten::allow_raw_pointers())
      .function("setOptimizer", checked<&MlpTrainer::set_optimizer>)
      .function("setLr", checked<&MlpTrainer::set_lr>)
      .function("setActivation", checked<&MlpTrainer::set_activation>)
      .function("setDropout", checked<&MlpTrainer::set_dropout>)
      .function("step", checked<&MlpTrainer::step>)
      .function("evaluate", checked<&MlpTrainer::evaluate>)
      .function("read", checked<&MlpTrainer::read>)
      .function("weights", checked<&MlpTrainer::weights>)
      .function("lastWeights", checked<&MlpTrainer::last_weights>)
      .function("sample", checked<&MlpTrainer::sample>)
      .function("label", checked<&MlpTrainer::label>);
}

}  // namespace page
