// SPDX-License-Identifier: MIT
// MNIST for labs, two nets, and training and testing in one call.
#pragma once
#include <tinygrad/tinygrad.h>
#include <tinygrad/vision/datasets.h>

#include <memory>

#include "labs/lab.h"

namespace lab {

namespace tg = tinygrad;
namespace nn = tinygrad::nn;
using tg::Tensor;

struct Digits {
  tg::data::Dataset train, test;
};
/// The first so many images of MNIST's two parts; of digits drawn by code if MNIST is not there.
Digits digits(const Lab& lab, std::int64_t train, std::int64_t test = 10000);

using Net = nn::Sequential;
/// 784-hidden-10 with ReLU.
Net mlp(int hidden = 128);
/// Two convolutions of 3 x 3 with `channels` and twice as many, each halved by pooling, and a fully
/// connected layer.
Net cnn(int channels = 16);

/// Scores [N, 10] of images [N, 1, 28, 28].
using Classifier = tg::InlineFunction<Tensor(const Tensor&), 64>;

struct TrainOptions {
  int epochs = 1;
  int batch = 64;
  double lr = 1e-3;        ///< of learn(), which trains with Adam
  std::uint64_t seed = 1;  ///< of the order of the samples
  /// The mean loss of scores [N, 10] and labels [N]; cross entropy if it is not set.
  tg::SharedFunction<Tensor(const Tensor& x, const Tensor& y)> loss = {};
  tg::data::Augment augment = {};
  /// Called with the number of the step, from 0, before the optimizer's step.
  tg::SharedFunction<void(std::int64_t)> on_step = {};
};
/// Trains the net. Returns the loss of each step.
std::vector<double> train(const Classifier& net, tg::optim::Optimizer& optimizer,
                          const tg::data::Dataset& data, const TrainOptions& options = {});
/// The percentage of the samples whose highest score is the label's. The caller puts modules into
/// evaluation mode.
double accuracy(const Classifier& net, const tg::data::Dataset& data);

/// Trains a new net for each of the lab's seeds, and returns its accuracy on the test set.
Mean learn(const Lab& lab, const Digits& data, const tg::SharedFunction<Net()>& make,
           TrainOptions options = {});

}  // namespace lab
