// SPDX-License-Identifier: MIT
// tinygrad-doctor: finds the devices on which tinygrad can compute here, and what must be done for
// the others. Exit status: 0 if the asked-for device works (the default one if none was named), 1
// if it does not, 2 for a wrong command line.
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>

#include "distribution.h"
#include "options.h"
#include "print.h"
#include "probes.h"

namespace {

using namespace tinygrad::doctor;

std::string this_program() {
#if defined(_WIN32)
  return _pgmptr;
#else
  return "/proc/self/exe";
#endif
}

int examine_and_print(const Options& options) {
  const auto system = this_system(this_program(), options.seconds);
  const Report report = examine(*system, options.wishes);
  const std::string text = options.json
                               ? as_json(report, options.language)
                               : as_text(report, distribution(*system).family, options.language);
  std::fputs(text.c_str(), stdout);
  return report.asked.works ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc > 1 && std::strcmp(argv[1], "--probe") == 0) return run_probe({argv + 2, argv + argc});
  try {
    int status = 0;
    if (const auto options = parse(argc, argv, status)) status = examine_and_print(*options);
    if (std::fflush(stdout) == 0 && !std::ferror(stdout)) return status;
    std::fprintf(stderr, "tinygrad-doctor: standard output cannot be written: %s\n",
                 std::strerror(errno));
    return status ? status : 1;
  } catch (const std::exception& e) {
    std::fprintf(stderr, "tinygrad-doctor: %s\n", e.what());
    return 1;
  }
}
