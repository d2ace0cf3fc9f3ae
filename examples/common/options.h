// SPDX-License-Identifier: MIT
// Command line options that every training program has, and how bad ones are refused.
#pragma once
#include <cstdint>
#include <string>

namespace CLI {
class App;
}

namespace common {

struct Options {
  std::string program = {};      ///< the name in messages
  std::string device = {};       ///< empty: the default device
  std::string save = {};         ///< a file for the trained weights
  std::string checkpoint = {};   ///< a folder
  std::string json = {};         ///< a file of lines, one an epoch
  std::string tensorboard = {};  ///< a folder
  std::string compare = {};      ///< a device; empty: no comparison
  std::string trace = {};        ///< a file for the page of the second step
  std::uint64_t seed = 42;
  int threads = 0;          ///< 0: as many as the machine has
  double timeout = 60;      ///< seconds for which ranks wait for each other
  int rank = 0, ranks = 1;  ///< of the processes that train together (common/ranks.h)
  bool resume = false;
  bool profile = false;
  bool quiet = false;
};

/// Adds --device --seed --threads --json --quiet to the program's own options, and --version; if it
/// trains, --save --checkpoint --resume --compare --trace --profile --tensorboard too.
void add_options(CLI::App& app, Options& options, bool trains = true);
/// Adds --compare --trace --profile --tensorboard alone, for a program that trains by no steps.
void add_looking_options(CLI::App& app, Options& options);

/// Adds --timeout, for a program that mpirun may start (common/ranks.h).
void add_rank_options(CLI::App& app, Options& options);

/// Parses the command line, sets the default device and the threads, and checks that files can be
/// written: before training rather than after it. Returns false if the program is done (--help,
/// --version). Throws ArgumentError or IoError with one clear line.
bool parse(CLI::App& app, Options& options, int argc, const char* const* argv);

/// Throws IoError unless `file` can be written; an empty name is fine. option: for the message.
void check_writable(const char* option, const std::string& file);

/// For CLI11's check(): an empty text if `digits` is an unsigned integer of 64 bits. CLI11 takes
/// the largest one for one that is too large, and wraps one that is negative.
std::string fits_64_bits(const std::string& digits);

}  // namespace common
