// SPDX-License-Identifier: MIT
// The options that every training program has.
#include "common/options.h"

#include <tinygrad/device.h>
#include <tinygrad/error.h>
#include <tinygrad/version.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <filesystem>

namespace common {
namespace {

void add_training_options(CLI::App& app, Options& o) {
  app.add_option("--save", o.save, "write the trained weights there, as safetensors")
      ->type_name("FILE");
  app.add_option("--checkpoint", o.checkpoint,
                 "write a checkpoint there after each epoch and when interrupted")
      ->type_name("DIR");
  app.add_flag("--resume", o.resume,
               "go on from the newest whole checkpoint, or begin afresh if there is none");
  add_looking_options(app, o);
}

}  // namespace

void add_looking_options(CLI::App& app, Options& o) {
  app.add_option("--compare", o.compare,
                 "first run a batch forward and backward on that device too, and print the first "
                 "op that differs")
      ->type_name("NAME");
  app.add_option("--trace", o.trace,
                 "write the second step there as a page: its graph, values, gradients and memory")
      ->type_name("FILE");
  app.add_option("--tensorboard", o.tensorboard,
                 "write the values of each epoch there too, for tensorboard --logdir DIR")
      ->type_name("DIR");
  app.add_flag("--profile", o.profile,
               "print what ten of the first steps spend their time on, by op and by module");
}

void check_writable(const char* option, const std::string& file) {
  if (file.empty()) return;
  const std::filesystem::path path(file),
      folder = path.has_parent_path() ? path.parent_path() : ".";
  tinygrad::require<tinygrad::IoError>(std::filesystem::is_directory(folder), option, "the folder ",
                                       folder.string(), " of ", file, " does not exist");
  tinygrad::require<tinygrad::IoError>(!std::filesystem::is_directory(path), option, file,
                                       " is a folder; name a file in it");
  const bool regular = !std::filesystem::exists(path) || std::filesystem::is_regular_file(path);
  tinygrad::require<tinygrad::IoError>(regular, option, file,
                                       " is there, and is not a regular file");
  tinygrad::require<tinygrad::IoError>(access(folder.c_str(), W_OK) == 0, option,
                                       "files cannot be made in the folder ", folder.string());
}

std::string fits_64_bits(const std::string& digits) {
  if (digits.empty() || digits.find_first_not_of("0123456789") != std::string::npos)
    return digits + " is not a number of digits";
  const std::string max = std::to_string(UINT64_MAX);
  const bool fits = digits.size() < max.size() || (digits.size() == max.size() && digits <= max);
  return fits ? "" : digits + " does not fit into 64 bits";
}

void add_options(CLI::App& app, Options& o, bool trains) {
  app.set_version_flag("--version", std::string("tinygrad ") + tinygrad::version());
  app.add_option("--device", o.device, "where to compute, such as cpu")->type_name("NAME");
  app.add_option("--seed", o.seed, "same seed, same bits")
      ->check(fits_64_bits)
      ->capture_default_str();
  app.add_option("--threads", o.threads,
                 "threads to compute with; the result does not depend on it")
      ->check(CLI::Range(1, 256));
  if (trains) add_training_options(app, o);
  app.add_option("--json", o.json,
                 trains
                     ? "write a line of JSON there for each epoch, and a last one; - is standard "
                       "output, where nothing else is printed then"
                     : "write a line of JSON there; - is standard output, where nothing else is "
                       "printed then")
      ->type_name("FILE");
  app.add_flag("--quiet", o.quiet, "print nothing but warnings and errors");
}

void add_rank_options(CLI::App& app, Options& o) {
  app.add_option("--timeout", o.timeout,
                 "under mpirun: the seconds for which the processes wait for each other")
      ->check(CLI::Range(0.1, 1e6))
      ->capture_default_str();
}

bool parse(CLI::App& app, Options& o, int argc, const char* const* argv) {
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& done) {  // --help, --version
    app.exit(done);
    return false;
  } catch (const CLI::ParseError& e) { tinygrad::fail("arguments", e.what(), "; see --help"); }
  tinygrad::require(!o.resume || !o.checkpoint.empty(), "--resume",
                    "needs --checkpoint DIR to resume from");
  check_writable("--save", o.save);
  check_writable("--trace", o.trace);
  if (o.json != "-") check_writable("--json", o.json);
  if (!o.device.empty()) tinygrad::set_default_device(o.device);
  if (!o.compare.empty()) tinygrad::memory_stats(o.compare);  // throws if there is no such device
  if (o.threads) tinygrad::set_num_threads(o.threads);
  if (o.json == "-") o.quiet = true;
  return true;
}

}  // namespace common
