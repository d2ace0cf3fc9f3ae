// SPDX-License-Identifier: MIT
// Data sets of files and of digits drawn by code; includes the loaders that yield batches of them.
#pragma once
#include "tinygrad/data/dataset.h"
#include "tinygrad/data/loader.h"
#include "tinygrad/data/sampler.h"

namespace tinygrad::data {

enum class Split : std::uint8_t { train, test };

/// MNIST (LeCun, Cortes, Burges): x float32 [N, 1, 28, 28] in 0 ... 1, y int64 [N]. `folder` or its
/// folder mnist/ must contain the four idx files, plain or with .gz. Throws IoError if they are
/// missing or damaged, or if images and labels do not match.
TINYGRAD_API Dataset mnist(const std::string& folder, Split split,
                           SourceLocation location = SourceLocation::current());
/// Fashion-MNIST (Xiao, Rasul, Vollgraf 2017), in the same form, from `folder` or its folder
/// fashion/.
TINYGRAD_API Dataset fashion_mnist(const std::string& folder, Split split,
                                   SourceLocation location = SourceLocation::current());
/// n synthetic images of digits, which need no download: strokes with random affine maps, thickness
/// and noise, in MNIST's shapes and range. Image i depends only on seed and i, not on n or the
/// number of threads.
TINYGRAD_API Dataset digits(std::int64_t n, std::uint64_t seed,
                            SourceLocation location = SourceLocation::current());

/// Reads the tensor of an idx file, plain or gzip: uint8, int32, float32 or float64, of rank 1 to
/// 4, on the CPU. Throws IoError.
TINYGRAD_API Tensor load_idx(const std::string& path,
                             SourceLocation location = SourceLocation::current());

/// The folder to pass to mnist() or fashion_mnist(): `argument` if it is not empty, otherwise the
/// first of $TINYGRAD_DATA and ./data that contains `dataset` ("mnist" or "fashion"), or an empty
/// string if neither does. Throws IoError if `argument` is not empty and does not contain it.
TINYGRAD_API std::string data_folder(const std::string& argument, const std::string& dataset,
                                     SourceLocation location = SourceLocation::current());

/// Shifts images [C, H, W] by up to max_pixels in each direction, and fills the border with zeros.
/// Throws ArgumentError unless max_pixels is 0 to 1024.
TINYGRAD_API Augment random_shift(int max_pixels);

}  // namespace tinygrad::data
