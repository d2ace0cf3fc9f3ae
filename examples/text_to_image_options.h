// SPDX-License-Identifier: MIT
// The options of examples/text_to_image.
#pragma once
#include <CLI/CLI.hpp>
#include <string>

#include "common/picture_option.h"
#include "mnist/options.h"
#include "text_to_image_grammar.h"

namespace text_to_image {

struct Options {
  mnist::Options mnist = {
      .common = {.program = "text_to_image"}, .epochs = 9, .batch_size = 32, .lr = 1e-3};
  int channels = 48, autoencoder_epochs = 1, steps = 30, draws = 500;
  double guidance = 3;
  std::string load = {}, pictures = {};  ///< files
  std::string prompt = {};
};

inline void add_options(CLI::App& app, Options& o) {
  const auto number = [&](const char* name, auto& value, auto low, auto high, const char* what) {
    app.add_option(name, value, what)->check(CLI::Range(low, high))->capture_default_str();
  };
  app.add_option("--prompt", o.prompt,
                 "draw this with the model that --load names, and train nothing: \"a red 3 above a "
                 "blue 7\", \"红色的3在蓝色的7上面\"")
      ->type_name("TEXT");
  app.add_option("--load", o.load, "begin with a model that this program saved")->type_name("FILE");
  app.add_option("--pictures", o.pictures,
                 "write drawn pictures there, .png or .ppm: eight of the prompt, or those of the "
                 "first captions that were not trained on")
      ->type_name("FILE");
  number("--channels", o.channels, 8, 1024, "channels of the U-Net at 12x12, a multiple of 8");
  number("--autoencoder-epochs", o.autoencoder_epochs, 0, 1000,
         "how often the autoencoder goes through so many pictures as there are digits");
  number("--steps", o.steps, 1, 1000, "steps from noise to a picture");
  number("--guidance", o.guidance, 0.0, 100.0, "how far to go towards the caption; 1: no guidance");
  number("--draws", o.draws, 0, 2000, "captions that were not trained on to draw and to judge");
  mnist::add_options(app, o.mnist);
  for (const char* name : {"--dataset", "--shift"}) app.remove_option(app.get_option(name));
  app.add_option("--dataset", o.mnist.dataset, "mnist, or digits: drawn by code, needs no files")
      ->check(CLI::IsMember({"mnist", "digits"}))
      ->capture_default_str();
}

/// Returns false if the program is done. Throws ArgumentError or IoError with one clear line.
inline bool parse(int argc, char** argv, Options& o) {
  CLI::App app("Learns to draw pictures of digits as sentences describe them.",
               o.mnist.common.program);
  add_options(app, o);
  if (!mnist::parse(app, o.mnist, argc, argv)) return false;
  tg::require(o.channels % 8 == 0, "--channels", o.channels, " is not a multiple of 8");
  common::check_picture("--pictures", o.pictures);
  if (!app.count("--prompt")) return true;
  parse_caption(o.prompt);
  tg::require(!o.load.empty(), "--prompt", "needs --load FILE: the model that draws");
  tg::require(!o.pictures.empty(), "--prompt", "needs --pictures FILE: where to draw");
  return true;
}

}  // namespace text_to_image
