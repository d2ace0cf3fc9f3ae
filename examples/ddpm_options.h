// SPDX-License-Identifier: MIT
// The options of examples/ddpm.
#pragma once
#include <tinygrad/error.h>

#include <CLI/CLI.hpp>
#include <cmath>
#include <string>

#include "common/picture_option.h"
#include "mnist/options.h"

namespace ddpm {

struct Options {
  mnist::Options mnist = {.common = {.program = "ddpm"}, .epochs = 5, .batch_size = 64, .lr = 2e-3};
  int channels = 24, steps = 50, draws = 100, rank = 4;
  double guidance = 2;
  std::string sampler = "ddim";
  std::string load = {}, judge = {}, pictures = {}, film = {};  ///< files
  bool has_edges = false;
  std::string edges = {};  ///< a picture; empty: test pictures
  std::string style = {};
};

inline void add_options(CLI::App& app, Options& o) {
  const auto number = [&](const char* name, auto& value, auto low, auto high, const char* what) {
    app.add_option(name, value, what)->check(CLI::Range(low, high))->capture_default_str();
  };
  const auto file = [&](const char* name, std::string& value, const char* what) {
    return app.add_option(name, value, what)->type_name("FILE");
  };
  number("--channels", o.channels, 8, 1024, "channels of the finest level, a multiple of 8");
  app.add_option("--sampler", o.sampler, "ddim, or ddpm, which adds noise after each step")
      ->check(CLI::IsMember({"ddim", "ddpm"}))
      ->capture_default_str();
  number("--steps", o.steps, 1, 1000, "steps from noise to a picture");
  number("--guidance", o.guidance, 0.0, 100.0, "how far to go towards the class; 1: no guidance");
  number("--draws", o.draws, 0, 10000, "pictures of each class to draw and to judge at the end");
  file("--pictures", o.pictures, "write a grid of drawn pictures there, a column for each class");
  file("--film", o.film, "write the way from noise to a picture there, a row for each class");
  file("--judge", o.judge,
       "weights that mnist_cnn saved, which read what is drawn; else such a network is trained");
  file("--load", o.load, "begin with weights that this program saved");
  file("--edges", o.edges,
       "freeze the loaded network and train a branch that follows outlines; PICTURE: draw along "
       "the outlines in this picture, else along those of test pictures")
      ->expected(0, 1)
      ->type_name("[PICTURE]");
  app.add_option("--style", o.style, "freeze the loaded network and train adapters that draw so")
      ->check(CLI::IsMember({"inverted", "bold", "slanted"}));
  number("--rank", o.rank, 1, 256, "rank of the adapters");
  mnist::add_options(app, o.mnist);
  app.remove_option(app.get_option("--dataset"));
  app.add_option("--dataset", o.mnist.dataset,
                 "mnist, fashion, cifar10, or digits: drawn by code, needs no files")
      ->check(CLI::IsMember({"mnist", "fashion", "cifar10", "digits"}))
      ->capture_default_str();
}

/// Returns false if the program is done. Throws ArgumentError or IoError with one clear line.
inline bool parse(int argc, char** argv, Options& o) {
  CLI::App app("Learns to draw pictures of a class out of noise: a diffusion model.",
               o.mnist.common.program);
  add_options(app, o);
  if (!mnist::parse(app, o.mnist, argc, argv)) return false;
  o.has_edges = app.count("--edges") > 0;
  tinygrad::require(o.channels % 8 == 0, "--channels", o.channels, " is not a multiple of 8");
  for (const char* name : {"--edges", "--style"})
    tinygrad::require(!app.count(name) || !o.load.empty(), name,
                      "needs --load FILE: the network that it steers");
  tinygrad::require(o.style.empty() || o.judge.empty(), "--judge",
                    "reads plain pictures; leave it out, and --style trains a judge of its own");
  common::check_picture("--pictures", o.pictures);
  common::check_picture("--film", o.film);
  return true;
}

}  // namespace ddpm
