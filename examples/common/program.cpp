// SPDX-License-Identifier: MIT
// Prints what every training program prints when it fails, resumes or stops.
#include "common/program.h"

#include <fmt/format.h>
#include <tinygrad/trace/compare.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

namespace common {
namespace {

int exit_code(const std::string& program, int code) {
  if (std::fflush(stdout) == 0 && !std::ferror(stdout)) return code;
  std::fprintf(stderr, "%s: standard output cannot be written: %s\n", program.c_str(),
               std::strerror(errno));
  return code ? code : 1;
}

/// The first line of a message, with the second if it ends in a colon.
std::string first_line(const std::string& text) {
  const std::size_t end = text.find('\n');
  const std::string line = text.substr(0, end);
  if (end == text.npos || !line.ends_with(':')) return line;
  const std::size_t next = text.find_first_not_of(' ', end + 1);
  return line + " " + text.substr(next, text.find('\n', next) - next);
}

}  // namespace

int run(const Options& options, const tinygrad::InlineFunction<int(), 64>& body) {
  try {
    return exit_code(options.program, body());
  } catch (const std::exception& e) {
    const std::string rank = options.ranks > 1 ? fmt::format(" (rank {})", options.rank) : "";
    fmt::print(stderr, "{}{}: {}\n", options.program, rank, first_line(e.what()));
    return 2;
  }
}

void compare(const Options& options, const tinygrad::train::Progress& progress,
             const tinygrad::nn::Module& net, const tinygrad::Tensors& batch,
             const tinygrad::TensorFunction& loss) {
  if (options.compare.empty()) return;
  const auto result =
      tinygrad::compare_backends(loss, batch, net, tinygrad::default_device(), options.compare);
  std::string text = to_string(result);
  text.pop_back();
  result ? progress.say(text) : progress.warn(text);
}

void resume(tinygrad::train::Trainer& trainer, const tinygrad::train::Progress& progress) {
  const tinygrad::train::Resumed found = trainer.resume("--resume");
  if (!found.warnings.empty()) progress.warn(found.warnings);
  progress.say(found.path.empty() ? "no checkpoint to resume from; beginning afresh"
                                  : fmt::format("resumed from {}", found.path));
}

int stopped(const tinygrad::train::Trainer& trainer, const Options& options,
            const tinygrad::train::Progress& progress) {
  progress.say(fmt::format("stopped in epoch {}{}", trainer.epoch() + 1,
                           options.checkpoint.empty() ? "" : "; --resume goes on from here"));
  return 128 + tinygrad::train::interrupted();
}

}  // namespace common
