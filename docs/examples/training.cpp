// SPDX-License-Identifier: MIT
// Trains a network with tinygrad::train: validation, metrics, early stopping, a checkpoint.
#include <tinygrad/tinygrad.h>
#include <tinygrad/train/train.h>
#include <tinygrad/vision/datasets.h>

#include <cstdio>

namespace tg = tinygrad;

int main() {
  tg::manual_seed(1);
  tg::nn::Sequential net(tg::nn::Flatten(), tg::nn::Linear(784, 64), tg::nn::ReLU(),
                         tg::nn::Linear(64, 10));
  tg::optim::Adam adam(net.parameters(), {.lr = 3e-3});
  tg::data::DataLoader loader(tg::vision::digits(2000, 1), {.batch_size = 50, .shuffle = true});
  tg::data::DataLoader test_loader(tg::vision::digits(500, 2), {.batch_size = 500});

  tg::train::ConfusionMatrix confusion(10);  // its value is the accuracy
  const auto loss = [&](const tg::data::Batch& batch) {
    const tg::Tensor scores = net(batch.x);
    confusion.update(scores, batch.y);
    return tg::cross_entropy(scores, batch.y);
  };
  tg::train::Trainer trainer(
      net, adam,
      {.epochs = 20,
       .max_norm = 1,     // of the gradient
       .patience = 1,     // stops after an epoch that did not lower the loss of the validation
       .min_delta = 0.2,  // by more than this
       .metrics = {{"accuracy", confusion}},
       .on_epoch = [](const tg::train::EpochReport& r) {
         std::printf("epoch %d: trained on %d samples, validated on %d\n", int(r.epoch + 1),
                     int(r.train.samples), int(r.validation->samples));
       }});
  const auto outcome =
      trainer.fit(loader, loss, [&] { return trainer.evaluate(test_loader, loss); });
  std::printf("%s\n", outcome == tg::train::Outcome::stopped_early ? "stopped early" : "finished");

  const tg::train::Pass test = trainer.evaluate(test_loader, loss);
  std::printf("accuracy %s 0.9\n", test.metrics[0] > 0.9 ? "above" : "below");
  std::printf("F1, the mean over the classes, %s 0.9\n",
              confusion.f1(tg::train::Average::macro) > 0.9 ? "above" : "below");
}
