// SPDX-License-Identifier: MIT
// Settings that trade accuracy or reproducibility for speed: arithmetic that rounds more, and
// algorithms whose results are not bit-identical from run to run. Both are off by default. The
// settings hold for the whole process and for the ops that are called after they change; a captured
// step keeps the settings that held when it was recorded. Only the CUDA backend has such
// algorithms; on other backends the settings have no effect.
#pragma once
#include "tinygrad/detail/export.h"
#include "tinygrad/error.h"

namespace tinygrad {

/// The precision of the float32 factors in matrix products and convolutions. Sums are accumulated
/// in float32 in either case. (torch.backends.fp32_precision in PyTorch, with the same names.)
enum class Float32Precision : unsigned char {
  ieee,  ///< unchanged
  tf32,  ///< rounded to TF32, which has a mantissa of 10 bits (3 decimal digits instead of 7), if
         ///< that is faster; on GPUs it is several times faster
};
/// Sets the precision. The default is ieee; PyTorch's default is tf32 for convolutions. Throws
/// ArgumentError if the value is not one of the enum.
TINYGRAD_API void set_float32_precision(Float32Precision precision,
                                        SourceLocation location = SourceLocation::current());
TINYGRAD_API Float32Precision float32_precision();

/// Sets whether only deterministic algorithms run, whose results are bit-identical from run to run.
/// The default is true. With false, convolutions on CUDA are timed when they first run, and the
/// fastest algorithm is kept, which may be an FFT or Winograd algorithm that costs a decimal digit
/// or two. (torch.use_deterministic_algorithms in PyTorch, whose default is false; with false this
/// function also does what torch.backends.cudnn.benchmark does.)
TINYGRAD_API void use_deterministic_algorithms(bool deterministic);
TINYGRAD_API bool are_deterministic_algorithms_enabled();

}  // namespace tinygrad
