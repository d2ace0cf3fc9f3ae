// What the MNIST programs are told on the command line.
#pragma once
#include <tinygrad/device.h>

#include <cstdint>
#include <string>

namespace mnist {

struct Options {
  std::string program = {};
  std::string data = {};          ///< a folder; empty: $TINYGRAD_DATA, then ./data
  std::string dataset = "mnist";  ///< mnist, fashion or digits
  std::string device = {};        ///< empty: the default device
  std::string autocast =
      {};                 ///< float16 or bfloat16: what products are computed in; empty: float32
  std::string save = {};  ///< a file for the trained weights
  std::string checkpoint = {};  ///< a folder
  std::string json = {};        ///< a file of lines, one an epoch
  int samples =
      0;  ///< use only the first so many training samples and a sixth as many test samples; 0: all
  int shift = 0;  ///< augmentation: images move by up to this many pixels
  int epochs = 10;
  int batch_size = 64;
  double lr = 0.05;
  std::uint64_t seed = 42;
  int threads = 0;  ///< 0: as many as the machine has
  bool resume = false;
  bool quiet = false;
};

/// Fills in `defaults` from the command line. Returns false where the program is done (--help,
/// --version). Throws ArgumentError with one clear line.
bool parse(int argc, const char* const* argv, Options& defaults);

}  // namespace mnist
