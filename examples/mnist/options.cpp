// SPDX-License-Identifier: MIT
// The options of the MNIST programs.
#include "options.h"

#include <tinygrad/error.h>

#include <CLI/CLI.hpp>
#include <cmath>

namespace mnist {

void add_options(CLI::App& app, Options& o) {
  app.add_option("--data", o.data,
                 "folder of the idx files, or one that holds mnist/ or fashion/; else "
                 "$TINYGRAD_DATA, else ./data")
      ->type_name("DIR");
  app.add_option("--dataset", o.dataset, "mnist, fashion, or digits: drawn by code, needs no files")
      ->check(CLI::IsMember({"mnist", "fashion", "digits"}))
      ->capture_default_str();
  app.add_option("--samples", o.samples,
                 "train on the first so many only, test on a sixth as many; else on all")
      ->check(CLI::Range(1, 60000));
  app.add_option("--autocast", o.autocast,
                 "compute products in float16 or bfloat16, with weights in float32")
      ->check(CLI::IsMember({"float16", "bfloat16"}));
  app.add_option("--epochs", o.epochs, "how often to go through the training set")
      ->check(CLI::Range(0, 100000))
      ->capture_default_str();
  app.add_option("--batch-size", o.batch_size, "samples in a step")
      ->check(CLI::Range(1, 60000))
      ->capture_default_str();
  app.add_option("--lr", o.lr, "learning rate of the first epoch; a cosine takes it to 0")
      ->check(CLI::Range(0.0, 1e6))
      ->capture_default_str();
  app.add_option("--shift", o.shift, "move training images by up to so many pixels")
      ->check(CLI::Range(0, 14))
      ->capture_default_str();
  common::add_options(app, o.common);
}

bool parse(CLI::App& app, Options& o, int argc, const char* const* argv) {
  if (!common::parse(app, o.common, argc, argv)) return false;
  tinygrad::require(std::isfinite(o.lr), "--lr", "takes a finite number");
  return true;
}

bool parse(int argc, const char* const* argv, Options& o) {
  CLI::App app("Trains a network on handwritten digits and shows what it learned.",
               o.common.program);
  app.add_option("--dropout", o.dropout, "the part of the last hidden values that is left out")
      ->check(CLI::Range(0.0, 0.99))
      ->capture_default_str();
  add_options(app, o);
  common::add_rank_options(app, o.common);
  return parse(app, o, argc, argv);
}

tinygrad::DType precision(const Options& o) {
  if (o.autocast == "float16") return tinygrad::float16;
  return o.autocast == "bfloat16" ? tinygrad::bfloat16 : tinygrad::float32;
}

}  // namespace mnist
