// SPDX-License-Identifier: MIT
// Loads MNIST, Fashion-MNIST or digits drawn by code.
#include "data.h"

#include <fmt/format.h>
#include <tinygrad/ops.h>
#include <tinygrad/vision/datasets.h>

#include <algorithm>

namespace mnist {
namespace {

namespace tg = tinygrad;

/// Returns the first n samples, or all of them if there are fewer.
tg::data::Dataset first(tg::data::Dataset data, std::int64_t n) {
  data.x = data.x.slice(0, 0, n), data.y = data.y.slice(0, 0, n);
  return data;
}

}  // namespace

Data load(const Options& o, const tg::train::Progress& progress) {
  const std::int64_t train = o.samples ? o.samples : 60000,
                     test = o.samples ? std::max(o.samples / 6, 1) : 10000;
  if (o.dataset != "digits") {
    const std::string folder = tg::vision::data_folder(o.data, o.dataset);
    const auto read = o.dataset == "mnist" ? tg::vision::mnist : tg::vision::fashion_mnist;
    if (!folder.empty())
      return {first(read(folder, tg::vision::Split::train, {}), train),
              first(read(folder, tg::vision::Split::test, {}), test)};
    tg::require<tg::IoError>(o.dataset == "mnist", "--dataset", "there is no ", o.dataset,
                             "/ in $TINYGRAD_DATA or ./data; name its folder with --data");
    if (o.common.rank == 0)
      progress.warn(
          "!! No MNIST found in $TINYGRAD_DATA or ./data: training on digits DRAWN BY CODE "
          "instead.\n!! scripts/download_mnist.sh fetches the real ones.");
  }
  return {tg::vision::digits(train, 1), tg::vision::digits(test, 2)};
}

std::string description(const Options& o, const Data& data) {
  return fmt::format(
      "{} --dataset {} --epochs {} --batch-size {} --lr {} --shift {} --samples {} --seed {}{}",
      o.common.program, data.train.name, o.epochs, o.batch_size, o.lr, o.shift, data.train.size(),
      o.common.seed, o.autocast.empty() ? "" : " --autocast " + o.autocast);
}

}  // namespace mnist
