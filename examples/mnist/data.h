// SPDX-License-Identifier: MIT
// The images that the programs on digits train on.
#pragma once
#include <tinygrad/data.h>
#include <tinygrad/train/progress.h>

#include "options.h"

namespace mnist {

struct Data {
  tinygrad::data::Dataset train, test;
};

/// The data set that was asked for. Without MNIST's files the drawn digits stand in, which is said
/// loudly. Throws IoError if files are missing or damaged.
Data load(const Options& options, const tinygrad::train::Progress& progress);

/// Describes the settings that must not change between a run and its resumption.
std::string description(const Options& options, const Data& data);

}  // namespace mnist
