// SPDX-License-Identifier: MIT
// The options of the MNIST programs.
#pragma once
#include <tinygrad/dtype.h>

#include <string>

#include "common/options.h"

namespace mnist {

struct Options {
  common::Options common = {};
  std::string data = {};          ///< a folder; empty: $TINYGRAD_DATA, then ./data
  std::string dataset = "mnist";  ///< mnist, fashion or digits
  std::string autocast = {};      ///< float16 or bfloat16, the dtype of products; empty: float32
  int samples = 0;  ///< use only the first so many training samples and a sixth as many test
                    ///< samples; 0: all
  int shift = 0;    ///< augmentation: images move by up to this many pixels
  int epochs = 10;
  int batch_size = 64;  ///< of all ranks together
  double lr = 0.05, dropout = 0.5;
};

/// Fills in `defaults` from the command line. Returns false if the program is done (--help,
/// --version). Throws ArgumentError with one clear line.
bool parse(int argc, const char* const* argv, Options& defaults);
/// The same in two steps, for a program that has options of its own too.
void add_options(CLI::App& app, Options& defaults);
bool parse(CLI::App& app, Options& options, int argc, const char* const* argv);

/// The dtype of products that --autocast names.
tinygrad::DType precision(const Options& options);

}  // namespace mnist
