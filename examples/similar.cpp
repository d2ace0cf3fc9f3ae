// SPDX-License-Identifier: MIT
// Finds sentences of similar meaning with MiniLM, an encoder whose weights
// scripts/fetch_models.sh fetches: the nearest of a list to a sentence, or the nearest pairs. The
// line of --json has the cosines.
#include <fmt/format.h>
#include <tinygrad/models/auto.h>
#include <tinygrad/models/bert.h>
#include <tinygrad/tinygrad.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <nlohmann/json.hpp>

#include "common/json_lines.h"
#include "common/models_folder.h"
#include "common/program.h"

namespace {

namespace tg = tinygrad;
namespace models = tinygrad::models;
using Sentences = std::vector<std::string>;

struct Options {
  common::Options common = {.program = "similar"};
  std::string model = common::models_folder() + "/all-MiniLM-L6-v2", file = {}, query = {};
  int top = 5;
};

bool parse(int argc, char** argv, Options& o) {
  CLI::App app("Finds sentences of similar meaning.", o.common.program);
  app.add_option("FILE", o.file,
                 "a sentence a line; - is standard input; if it is missing: a few examples");
  app.add_option("--query", o.query,
                 "find the sentences nearest to this; if it is missing: the nearest pairs")
      ->type_name("TEXT");
  app.add_option("--top", o.top, "how many to print")
      ->check(CLI::Range(1, 1 << 20))
      ->capture_default_str();
  app.add_option("--model", o.model, "the folder of a BERT model")
      ->type_name("DIR")
      ->capture_default_str();
  common::add_options(app, o.common, /*trains=*/false);
  return common::parse(app, o.common, argc, argv);
}

Sentences lines_of(std::istream& stream) {
  Sentences all;
  for (std::string line; std::getline(stream, line);)
    if (!line.empty()) all.push_back(line);
  return all;
}

Sentences sentences(const std::string& file) {
  if (file.empty())
    return {"A man is eating food.",        "Someone has a meal.",
            "The stock market fell today.", "Prices at the exchange went down.",
            "A woman is playing violin.",   "She makes music.",
            "The cat sleeps on the sofa.",  "A cheetah is running behind its prey."};
  if (file == "-") return lines_of(std::cin);
  std::ifstream stream(file);
  tg::require<tg::IoError>(bool(stream), "FILE", file, " cannot be read");
  return lines_of(stream);
}

class Encoder {
 public:
  explicit Encoder(const std::string& folder) {
    tg::require<tg::IoError>(std::filesystem::exists(folder), "--model", folder,
                             " is missing; scripts/fetch_models.sh minilm fetches the default");
    module_ = models::load_pretrained(folder);
    tokenizer_ = tg::text::load_tokenizer(folder);
    bert_ = dynamic_cast<models::Bert*>(module_.get());
    tg::require<tg::IoError>(bert_ != nullptr, "--model", folder, " has no BERT model");
  }

  /// Rows of length 1, float32 [sentences, D]: of one sentence after another, so that none is
  /// padded.
  tg::Tensor operator()(const Sentences& all) {
    std::vector<tg::Tensor> rows;
    for (const std::string& sentence : all) {
      auto ids = tokenizer_->encode(sentence);
      if (std::ssize(ids) > longest) ids.erase(ids.begin() + longest - 1, ids.end() - 1);
      const tg::Tensor x = tg::tensor(ids).to(tg::default_device()).reshape({1, std::ssize(ids)});
      rows.push_back(models::sentence_embeddings((*bert_)(x), ones_like(x)));
    }
    return cat(rows, 0);
  }

 private:
  static constexpr std::int64_t longest = 256;  ///< tokens: those of longer texts were not trained
  std::unique_ptr<tg::nn::Module> module_;
  models::Bert* bert_ = nullptr;
  std::unique_ptr<tg::text::Tokenizer> tokenizer_;
};

struct Pair {
  float cosine;
  std::size_t a, b;
};
/// The pairs with the largest cosines first. cosines [A, B]; of a list with itself, each pair once.
std::vector<Pair> nearest(const tg::Tensor& cosines, bool is_one_list, int top) {
  const auto columns = std::size_t(cosines.size(1));
  const auto values = cosines.to_vector<float>();
  std::vector<Pair> pairs;
  for (std::size_t i = 0; i < values.size(); ++i)
    if (!is_one_list || i / columns < i % columns)
      pairs.push_back({values[i], i / columns, i % columns});
  std::ranges::stable_sort(pairs, std::greater(), &Pair::cosine);
  pairs.resize(std::min(pairs.size(), std::size_t(top)));
  return pairs;
}

int run(const Options& o) {
  const tg::NoGrad off;
  const Sentences list = sentences(o.file);
  tg::require(list.size() > (o.query.empty() ? 1u : 0u), "FILE", "there are no sentences");
  Encoder encoder(o.model);
  const tg::Tensor rows = encoder(list);
  const Sentences left = o.query.empty() ? list : Sentences{o.query};
  const tg::Tensor cosines = matmul(o.query.empty() ? rows : encoder(left), rows.transpose(0, 1));
  nlohmann::ordered_json found = nlohmann::ordered_json::array();
  for (const auto& [cosine, a, b] : nearest(cosines, o.query.empty(), o.top)) {
    if (!o.common.quiet && o.query.empty())
      fmt::print("{:7.4f}  {}  |  {}\n", cosine, left[a], list[b]);
    else if (!o.common.quiet) fmt::print("{:7.4f}  {}\n", cosine, list[b]);
    found.push_back({{"cosine", cosine}, {"sentences", {left[a], list[b]}}});
  }
  common::JsonLines(o.common, 1).write_final({{"found", found}}, o.common.seed);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  return common::run(options.common, [&] { return parse(argc, argv, options) ? run(options) : 0; });
}
