// SPDX-License-Identifier: MIT
// The parts of a training program's main(): errors as one line, runs that are resumed or stopped.
#pragma once
#include <tinygrad/data.h>
#include <tinygrad/nn/module.h>
#include <tinygrad/train/train.h>

#include <string>

#include "common/options.h"

namespace common {

/// Returns the exit code of a program: what body() returns; 2 after one clear line on standard
/// error if it throws; 1 and a line if what was printed did not reach standard output (a full disk,
/// a closed pipe).
int run(const Options& options, const tinygrad::InlineFunction<int(), 64>& body);

/// With --compare: runs the loss of a batch on the default device and on that one, and prints the
/// first op in which they differ. The net is left as it was.
void compare(const Options& options, const tinygrad::train::Progress& progress,
             const tinygrad::nn::Module& net, const tinygrad::Tensors& batch,
             const tinygrad::TensorFunction& loss);
/// The first n samples of a data set and their labels.
inline tinygrad::Tensors first_batch(const tinygrad::data::Dataset& data, std::int64_t n) {
  return {data.x.slice(0, 0, n), data.y.slice(0, 0, n)};
}

/// Loads the newest checkpoint and prints which, or that there is none.
void resume(tinygrad::train::Trainer& trainer, const tinygrad::train::Progress& progress);

/// Draws how the pass of the trainer went so far, as text_of(pass), if the line is due. A sample
/// counts as `units` units of the progress.
template <class TextOf>
void draw(const tinygrad::train::Trainer& trainer, tinygrad::train::Progress& progress,
          const TextOf& text_of, std::int64_t units = 1) {
  if (!progress.is_due()) return;
  const tinygrad::train::Pass so_far = trainer.pass();
  progress.draw(so_far.samples * units, text_of(so_far), so_far.samples_per_second * double(units));
}

/// Prints where an interrupted run stopped. Returns its exit code, 128 + the signal's number.
int stopped(const tinygrad::train::Trainer& trainer, const Options& options,
            const tinygrad::train::Progress& progress);

}  // namespace common
