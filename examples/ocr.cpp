// SPDX-License-Identifier: MIT
// Reads the text on a picture, Chinese and English, with three networks of PP-OCR in ONNX files
// that scripts/fetch_models.sh fetches: the first finds lines, the second says which are upside
// down, the third reads them.
#include <fmt/format.h>
#include <tinygrad/onnx/load.h>
#include <tinygrad/tinygrad.h>
#include <tinygrad/vision/image.h>
#include <tinygrad/vision/transforms.h>

#include <CLI/CLI.hpp>
#include <cmath>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <sstream>

#include "common/json_lines.h"
#include "common/models_folder.h"
#include "common/program.h"
#include "text_boxes.h"

namespace {

namespace tg = tinygrad;
using ocr::Box;

struct Options {
  common::Options common = {.program = "ocr"};
  std::string picture = {}, boxes = {}, models = common::models_folder();
};

bool parse(int argc, char** argv, Options& o) {
  CLI::App app("Reads the text on a picture.", o.common.program);
  app.add_option("PICTURE", o.picture, "a PNG or JPEG file")->required();
  app.add_option("--boxes", o.boxes, "write the picture there with a box around each line")
      ->type_name("FILE");
  app.add_option("--models", o.models, "where scripts/fetch_models.sh put its files")
      ->type_name("DIR")
      ->capture_default_str();
  common::add_options(app, o.common, /*trains=*/false);
  return common::parse(app, o.common, argc, argv);
}

/// A picture uint8 [3, H, W] as the networks expect it: [1, 3, height, width], blue before green
/// before red, with values in -1 ... 1.
tg::Tensor prepared(const tg::Tensor& picture, std::int64_t height, std::int64_t width) {
  const tg::Tensor x = tg::vision::resize(height, width)(picture, 0, 0).flip({0});
  return (x.to(tg::float32) / 127.5 - 1).unsqueeze(0).to(tg::default_device());
}

/// A line of text as a picture of this height, at least `least` wide: zeros stand at its right.
tg::Tensor prepared_line(const tg::Tensor& picture, std::int64_t height, std::int64_t least) {
  const auto width =
      std::int64_t(std::ceil(double(height) * double(picture.size(2)) / double(picture.size(1))));
  return pad(prepared(picture, height, width), {0, std::max<std::int64_t>(least - width, 0)});
}

tg::Tensor cut(const tg::Tensor& picture, const Box& box) {
  return picture.slice(1, box.top, box.bottom).slice(2, box.left, box.right);
}

class Reader {
 public:
  explicit Reader(const std::string& models)
      : detect_(load(models + "/PP-OCRv6_det_small.onnx")),
        turned_(load(models + "/ch_ppocr_mobile_v2.0_cls_mobile.onnx")),
        read_(load(models + "/PP-OCRv6_rec_small.onnx")) {
    for (const auto& [key, text] : read_->graph().metadata)
      if (key == "character") add_characters(text);
    characters_.push_back(" ");
  }

  /// The boxes of the lines, in pixels of the picture [3, H, W].
  std::vector<Box> boxes(const tg::Tensor& picture) {
    const std::int64_t h = picture.size(1), w = picture.size(2);
    const double scale = std::max(1., 736. / double(std::min(h, w)));
    const auto multiple_of_32 = [&](std::int64_t size) {
      return 32 * std::max<std::int64_t>(1, std::llround(double(size) * scale / 32));
    };
    const tg::Tensor x = prepared(picture, multiple_of_32(h), multiple_of_32(w));
    const tg::Tensor y = (*detect_)(x);  // [1, 1, height, width]
    auto found = ocr::text_boxes({y.size(2), y.size(3), y.to_vector<float>()});
    for (Box& box : found)
      box = {box.left * w / y.size(3), box.top * h / y.size(2), box.right * w / y.size(3),
             box.bottom * h / y.size(2)};
    return found;
  }

  struct Line {
    std::string text;
    double probability = 0;  ///< the mean of its characters'
  };
  Line read(const tg::Tensor& line) {
    const tg::Tensor side = (*turned_)(prepared_line(line, 48, 192));  // [1, 2]: upright, or not
    const bool is_turned = side[0][1].item<float>() > 0.9f;
    return decode((*read_)(prepared_line(is_turned ? line.flip({1, 2}) : line, 48, 320)));
  }

 private:
  static std::shared_ptr<tg::onnx::Model> load(const std::string& path) {
    tg::require<tg::IoError>(std::filesystem::exists(path), "--models", path,
                             " is missing; scripts/fetch_models.sh ocr fetches it");
    const auto net = tg::onnx::load(path);
    net->to(tg::default_device());
    return net;
  }
  void add_characters(const std::string& text) {
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) characters_.push_back(line);
  }

  /// "Connectionist temporal classification" (Graves et al. 2006): of the most likely character of
  /// each step, repeats count once, and 0 stands between characters.  y [1, steps, characters].
  Line decode(const tg::Tensor& y) const {
    const auto best = y[0].argmax(1).to_vector<std::int64_t>();
    const auto likely = y[0].amax(1).to_vector<float>();
    Line line;
    int count = 0;
    for (std::size_t i = 0; i < best.size(); ++i) {
      if (best[i] == 0 || (i > 0 && best[i] == best[i - 1])) continue;
      line.text += characters_.at(std::size_t(best[i]));
      line.probability += double(likely[i]), ++count;
    }
    line.probability /= std::max(count, 1);
    return line;
  }

  std::shared_ptr<tg::onnx::Model> detect_, turned_, read_;
  std::vector<std::string> characters_ = {""};  ///< of each class; 0 is none
};

/// Draws the edges of a box, two pixels wide, in red.
void draw(tg::Tensor picture, const Box& box) {
  const auto fill = [&](Box part) {
    part.right = std::min(part.right, picture.size(2));
    part.bottom = std::min(part.bottom, picture.size(1));
    for (int channel = 0; channel < 3; ++channel)
      cut(picture, part)[channel].fill_(channel == 0 ? 255 : 0);
  };
  fill({box.left, box.top, box.right, box.top + 2});
  fill({box.left, box.bottom - 2, box.right, box.bottom});
  fill({box.left, box.top, box.left + 2, box.bottom});
  fill({box.right - 2, box.top, box.right, box.bottom});
}

int run(const Options& o) {
  const tg::NoGrad off;
  const tg::Tensor picture = tg::vision::read_image(o.picture, tg::vision::ImageReadMode::rgb);
  Reader reader(o.models);
  const auto boxes = reader.boxes(picture);
  nlohmann::ordered_json lines = nlohmann::ordered_json::array();
  for (const Box& box : boxes) {
    const auto line = reader.read(cut(picture, box));
    if (!o.common.quiet) fmt::print("{:5.1f} %  {}\n", 100 * line.probability, line.text);
    lines.push_back({{"text", line.text},
                     {"probability", line.probability},
                     {"box", {box.left, box.top, box.right, box.bottom}}});
  }
  if (!o.boxes.empty()) {
    for (const Box& box : boxes) draw(picture, box);
    tg::vision::write_image(picture, o.boxes);
  }
  common::JsonLines(o.common, 1).write_final({{"lines", lines}}, o.common.seed);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  return common::run(options.common, [&] { return parse(argc, argv, options) ? run(options) : 0; });
}
