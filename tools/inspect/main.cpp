// SPDX-License-Identifier: MIT
// tinygrad-inspect: says what is in a model file. Exit status: 0; 1 if --diff finds a difference;
// 2 for a wrong command line or a file that cannot be read.
#include <tinygrad/io/file.h>
#include <tinygrad/version.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <exception>

#include "print.h"
#include "table.h"

namespace {

using namespace tinygrad::inspect;

struct Options {
  std::string file, other, svg;
  bool json = false, draw = false;
};

void add_options(CLI::App& app, Options& options) {
  app.set_version_flag("--version", std::string("tinygrad ") + tinygrad::version());
  app.add_option("FILE", options.file, "a model file, or the index of a sharded model")->required();
  auto* json = app.add_flag("--json", options.json, "print JSON");
  app.add_option("--diff", options.other, "print what differs in another file")
      ->type_name("OTHER")
      ->excludes(json);
  app.add_flag("--draw", options.draw, "draw the file's bytes")->excludes(json);
  app.add_option("--svg", options.svg, "draw the file's bytes as a picture")->type_name("FILE");
}

int inspect(const Options& options) {
  const Contents file = contents(options.file);
  const std::size_t width = terminal_width();
  bool different = false;
  std::string text;
  if (!options.other.empty()) text = difference(file, contents(options.other), width, different);
  else text = options.json ? as_json(file) : as_text(file, width);
  if (options.draw) text += as_drawing(file);
  if (!options.svg.empty()) tinygrad::write_file(options.svg, as_svg(file), "tinygrad-inspect");
  std::fputs(text.c_str(), stdout);
  return different;
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  CLI::App app("Says what is in a model file.", "tinygrad-inspect");
  add_options(app, options);
  try {
    app.parse(argc, argv);
    const int status = inspect(options);
    if (std::fflush(stdout) == 0 && !std::ferror(stdout)) return status;
    std::fputs("tinygrad-inspect: standard output cannot be written\n", stderr);
  } catch (const CLI::Success& done) {  // --help, --version
    return app.exit(done);
  } catch (const std::exception& e) { std::fprintf(stderr, "tinygrad-inspect: %s\n", e.what()); }
  return 2;
}
