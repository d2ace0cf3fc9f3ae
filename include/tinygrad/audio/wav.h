// SPDX-License-Identifier: MIT
// Reads and writes sound as WAV files, with libsndfile if the library was built with it.
#pragma once
#include <string>

#include "tinygrad/tensor.h"

namespace tinygrad::audio {

/// A sound: float32 [channels, frames] with values from -1 to 1, and how many frames are a second.
struct Sound {
  Tensor samples;
  int rate = 0;  ///< frames per second
};

/// save_wav() writes a value x as 16 bits, round(32768 x) with saturation, or as float32.
enum class WavFormat { pcm16, float32 };

/// The sound of a WAV file (RIFF, RF64), on the CPU. Integers are divided by 2^(bits - 1), as
/// torchaudio does; float32 values are unchanged. Throws IoError if the file is damaged or cut
/// short, or if this build has no libsndfile.
TINYGRAD_API Sound load_wav(const std::string& path,
                            SourceLocation location = SourceLocation::current());
/// Writes a sound. NaN becomes 0 in 16 bits. Throws ShapeError unless the samples have the shape
/// [channels, frames] with 1 to 1024 channels, DTypeError unless they are floating, ArgumentError
/// unless the rate is at least 1, and IoError if the file cannot be written or this build has no
/// libsndfile.
TINYGRAD_API void save_wav(const Sound& sound, const std::string& path,
                           WavFormat format = WavFormat::pcm16,
                           SourceLocation location = SourceLocation::current());
/// Returns whether this build reads and writes WAV files.
TINYGRAD_API bool has_wav();

}  // namespace tinygrad::audio
