#include "options.h"

#include <tinygrad/error.h>
#include <tinygrad/version.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cmath>
#include <filesystem>

namespace mnist {
namespace {

/// Fails before training rather than after it.
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

/// CLI11 takes the largest number for one that is too large, and wraps one that is negative.
std::string fits_64_bits(const std::string& digits) {
  if (digits.empty() || digits.find_first_not_of("0123456789") != std::string::npos)
    return digits + " is not a number of digits";
  const std::string most = std::to_string(UINT64_MAX);
  const bool fits = digits.size() < most.size() || (digits.size() == most.size() && digits <= most);
  return fits ? "" : digits + " does not fit into 64 bits";
}

}  // namespace

bool parse(int argc, const char* const* argv, Options& o) {
  CLI::App app("Trains a network on handwritten digits and shows what it learned.", o.program);
  app.set_version_flag("--version", std::string("tinygrad ") + tinygrad::version());
  app.add_option("--data", o.data,
                 "folder of the idx files, or one that holds mnist/ or fashion/; else "
                 "$TINYGRAD_DATA, else ./data")
      ->type_name("DIR");
  app.add_option("--dataset", o.dataset, "mnist, fashion, or digits: drawn by code, needs no files")
      ->check(CLI::IsMember({"mnist", "fashion", "digits"}))
      ->capture_default_str();
  app.add_option("--samples", o.samples,
                 "train on the first so many only, test on a sixth as many; else on all")
      ->check(CLI::Range(1, 60000));
  app.add_option("--device", o.device, "where to compute, such as cpu")->type_name("NAME");
  app.add_option("--autocast", o.autocast,
                 "compute products in float16 or bfloat16, with weights in float32")
      ->check(CLI::IsMember({"float16", "bfloat16"}));
  app.add_option("--epochs", o.epochs, "how often to go through the training set")
      ->check(CLI::Range(0, 100000))
      ->capture_default_str();
  app.add_option("--batch-size", o.batch_size, "samples in a step")
      ->check(CLI::Range(1, 60000))
      ->capture_default_str();
  app.add_option("--lr", o.lr, "learning rate of the first epoch; a cosine takes it to 0")
      ->check(CLI::Range(0.0, 1e6))
      ->capture_default_str();
  app.add_option("--shift", o.shift, "move training images by up to so many pixels")
      ->check(CLI::Range(0, 14))
      ->capture_default_str();
  app.add_option("--seed", o.seed, "same seed, same bits")
      ->check(fits_64_bits)
      ->capture_default_str();
  app.add_option("--threads", o.threads,
                 "threads to compute with; the result does not depend on it")
      ->check(CLI::Range(1, 256));
  app.add_option("--save", o.save, "write the trained weights there, as safetensors")
      ->type_name("FILE");
  app.add_option("--checkpoint", o.checkpoint,
                 "write a checkpoint there after each epoch and when interrupted")
      ->type_name("DIR");
  app.add_flag("--resume", o.resume,
               "go on from the newest whole checkpoint, or begin afresh if there is none");
  app.add_option("--json", o.json, "write a line of JSON there for each epoch, and a last one")
      ->type_name("FILE");
  app.add_flag("--quiet", o.quiet, "print nothing but warnings and errors");
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& done) {  // --help, --version
    app.exit(done);
    return false;
  } catch (const CLI::ParseError& e) { tinygrad::fail("arguments", e.what(), "; see --help"); }
  tinygrad::require(std::isfinite(o.lr), "--lr", "takes a finite number");
  tinygrad::require(!o.resume || !o.checkpoint.empty(), "--resume",
                    "needs --checkpoint DIR to resume from");
  check_writable("--save", o.save);
  check_writable("--json", o.json);
  return true;
}

}  // namespace mnist
