// SPDX-License-Identifier: MIT
// MNIST for labs, two nets, and training and testing in one call.
#pragma once
#include <tinygrad/tinygrad.h>
#include <tinygrad/vision/datasets.h>

#include <memory>

#include "labs/lab.h"

namespace lab {

struct Digits {
  tinygrad::data::Dataset train, test;
};
/// The first so many images of MNIST's two parts; of digits drawn by code if MNIST is not there.
Digits digits(const Lab& lab, std::int64_t train, std::int64_t test = 10000);

using Net = tinygrad::nn::Sequential;
/// 784-hidden-10 with ReLU.
Net mlp(int hidden = 128);
/// Two convolutions of 3 x 3 with `channels` and twice as many, each halved by pooling, and a fully
/// connected layer.
Net cnn(int channels = 16);

/// Scores [N, 10] of images [N, 1, 28, 28].
using Classifier = tinygrad::InlineFunction<tinygrad::Tensor(const tinygrad::Tensor&), 64>;

struct TrainOptions {
  int epochs = 1;
  int batch = 64;
  double lr = 1e-3;        ///< of learn(), which trains with Adam
  std::uint64_t seed = 1;  ///< of the order of the samples
  /// The mean loss of scores [N, 10] and labels [N]; cross entropy if it is not set.
  tinygrad::SharedFunction<tinygrad::Tensor(const tinygrad::Tensor& x, const tinygrad::Tensor& y)>
      loss = {};
  tinygrad::data::Augment augment = {};
  /// Called with the number of the step, from 0, before the optimizer's step.
  tinygrad::SharedFunction<void(std::int64_t)> on_step = {};
};
/// Trains the net. Returns the loss of each step.
std::vector<double> train(const Classifier& net, tinygrad::optim::Optimizer& optimizer,
                          const tinygrad::data::Dataset& data, const TrainOptions& options = {});
/// The percentage of the samples whose highest score is the label's. The caller puts modules into
/// evaluation mode.
double accuracy(const Classifier& net, const tinygrad::data::Dataset& data);

/// Trains a new net for each of the lab's seeds, and returns its accuracy on the test set.
Mean learn(const Lab& lab, const Digits& data, const tinygrad::SharedFunction<Net()>& make,
           TrainOptions options = {});

}  // namespace lab
