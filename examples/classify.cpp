// SPDX-License-Identifier: MIT
// Says what is on pictures: EfficientNet-lite0 with the weights of a package for PyTorch, which
// scripts/fetch_models.sh fetches. The line of --json has the five best classes of each.
#include <fmt/format.h>
#include <tinygrad/onnx/save.h>
#include <tinygrad/tinygrad.h>
#include <tinygrad/vision/image.h>

#include <CLI/CLI.hpp>
#include <fstream>
#include <nlohmann/json.hpp>

#include "common/json_lines.h"
#include "common/models_folder.h"
#include "common/program.h"
#include "efficientnet.h"

namespace {

namespace tg = tinygrad;

struct Options {
  common::Options common = {.program = "classify"};
  std::vector<std::string> pictures = {};
  std::string models = common::models_folder(), onnx = {};
};

bool parse(int argc, char** argv, Options& o) {
  CLI::App app("Says what is on pictures.", o.common.program);
  app.add_option("PICTURE", o.pictures, "PNG or JPEG files")->required();
  app.add_option("--models", o.models, "where scripts/fetch_models.sh put its files")
      ->type_name("DIR")
      ->capture_default_str();
  app.add_option("--onnx", o.onnx, "write the network there, for other programs to run")
      ->type_name("FILE");
  common::add_options(app, o.common, /*trains=*/false);
  return common::parse(app, o.common, argc, argv);
}

std::vector<std::string> read_lines(const std::string& path) {
  std::ifstream file(path);
  tg::require<tg::IoError>(bool(file), "--models", path,
                           " cannot be read; scripts/fetch_models.sh efficientnet fetches it");
  std::vector<std::string> lines;
  for (std::string line; std::getline(file, line);) lines.push_back(line);
  return lines;
}

void load_weights(efficientnet::Net& net, const std::string& path) {
  net.load_state_dict(tg::load(path));
  net.to(tg::default_device());
  net.eval();
}

struct Guess {
  std::int64_t index;
  double probability;
};
std::vector<Guess> first_five(efficientnet::Net& net, const tg::Tensor& picture) {
  const tg::NoGrad off;
  const tg::Tensor scores = net(efficientnet::prepared(picture).to(tg::default_device()));
  const auto best = topk(softmax(scores, 1), 5);
  std::vector<Guess> guesses;
  for (int i = 0; i < 5; ++i)
    guesses.push_back({best.indices[0][i].item<std::int64_t>(), best.values[0][i].item<double>()});
  return guesses;
}

void print(const std::string& path, const std::vector<Guess>& guesses,
           const std::vector<std::string>& names) {
  fmt::print("{}\n", path);
  for (const Guess& g : guesses)
    fmt::print("  {:5.1f} %  {:<32}  {}\n", 100 * g.probability,
               std::string(std::size_t(32 * g.probability + 0.5), '#'),
               names.at(std::size_t(g.index)));
}

nlohmann::ordered_json json(const std::string& path, const std::vector<Guess>& guesses) {
  nlohmann::ordered_json line = {{"picture", path}};
  for (const Guess& g : guesses)
    line["guesses"].push_back({{"class", g.index}, {"probability", g.probability}});
  return line;
}

int classify(const Options& o) {
  const auto names = read_lines(o.models + "/imagenet_classes.txt");
  efficientnet::Net net;
  load_weights(net, o.models + "/efficientnet-lite0-57934424.pth");
  if (!o.onnx.empty())
    tg::onnx::save(net, tg::zeros({1, 3, 224, 224}, {.device = tg::default_device()}), o.onnx);
  nlohmann::ordered_json pictures;
  for (const std::string& path : o.pictures) {
    const auto guesses =
        first_five(net, tg::vision::read_image(path, tg::vision::ImageReadMode::rgb));
    if (!o.common.quiet) print(path, guesses, names);
    pictures.push_back(json(path, guesses));
  }
  common::JsonLines(o.common, 1).write_final({{"pictures", pictures}}, o.common.seed);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  return common::run(options.common,
                     [&] { return parse(argc, argv, options) ? classify(options) : 0; });
}
