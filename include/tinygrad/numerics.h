// What a program allows its devices beyond what it asks for: faster arithmetic that rounds more,
// and algorithms that do not give the same bits each time. Nothing of it by default. For the whole
// process; may be changed at any time, and holds for the ops that are called afterwards (a captured
// step keeps what held when it was recorded). Only the CUDA backend has such algorithms: elsewhere
// nothing changes.
#pragma once
#include "tinygrad/detail/export.h"
#include "tinygrad/error.h"

namespace tinygrad {

/// How factors of float32 are taken by products and convolutions. Sums are made in float32 in any
/// case. (PyTorch's torch.backends.fp32_precision, with its names.)
enum class Float32Precision : unsigned char {
  ieee,  ///< as they are
  tf32,  ///< rounded to TF32's 10 bits where that is faster: on GPUs several times, and with 3
         ///< digits instead of 7
};
/// ieee by default; PyTorch's default is tf32 for convolutions. Throws ArgumentError for what is
/// neither.
TINYGRAD_API void set_float32_precision(Float32Precision precision,
                                        SourceLocation location = SourceLocation::current());
TINYGRAD_API Float32Precision float32_precision();

/// Whether only algorithms run that give the same bits each time. true by default; with false,
/// convolutions on CUDA are timed when they first run, and the fastest algorithm is kept, which may
/// be a transform (Fourier's or Winograd's) that costs a digit or two. (PyTorch's
/// torch.use_deterministic_algorithms, whose default is false; with false this also does what
/// torch.backends.cudnn.benchmark does.)
TINYGRAD_API void use_deterministic_algorithms(bool deterministic);
TINYGRAD_API bool are_deterministic_algorithms_enabled();

}  // namespace tinygrad
