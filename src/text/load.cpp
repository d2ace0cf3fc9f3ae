// SPDX-License-Identifier: MIT
// Loads a tokenizer from a folder or a file, whose name tells the format.
#include <filesystem>

#include "json_vocabulary.h"
#include "parts.h"
#include "problem.h"
#include "source.h"
#include "tinygrad/io/file.h"

namespace tinygrad::text {
namespace {

namespace fs = std::filesystem;
constexpr std::size_t largest = 64 << 20;  // tokenizer.json of Gemma has 33 MB

/// A file's bytes as text.
class Text {
 public:
  Text(const fs::path& path, const Call& call) : file_(path.string(), true, call) {
    require<IoError>(file_.bytes().size() <= largest, call, in_quotes(path.string()), ": it has ",
                     file_.bytes().size(), " bytes, expected a tokenizer of at most ", largest);
  }
  std::string_view view() const {
    return {reinterpret_cast<const char*>(file_.bytes().data()), file_.bytes().size()};
  }

 private:
  FileBytes file_;
};

/// What tokenizer_config.json beside a file says about <s> and </s>.
std::pair<bool, bool> bos_and_eos(const fs::path& model, const Call& call) {
  const fs::path path = model.parent_path() / "tokenizer_config.json";
  if (!fs::exists(path)) return {};
  const nlohmann::json config = parse_json(Text(path, call).view());
  const auto flag = [&](const char* key) {
    const auto found = config.find(key);
    return found != config.end() && found->is_boolean() && found->get<bool>();
  };
  return {flag("add_bos_token"), flag("add_eos_token")};
}

bool is_vocabulary(const fs::path& path) {
  return path.filename() == "vocab.json" || path.filename() == "encoder.json";
}

std::unique_ptr<Tokenizer> load_file(const fs::path& path, const Call& call) {
  const Text text(path, call);
  const std::string extension = path.extension().string();
  if (is_vocabulary(path)) {
    const char* beside = path.filename() == "vocab.json" ? "merges.txt" : "vocab.bpe";
    return read_vocab_and_merges(text.view(), Text(path.parent_path() / beside, call).view());
  }
  if (extension == ".json") return read_tokenizer_json(text.view());
  if (extension == ".txt") return read_vocab_txt(text.view());
  if (extension == ".tiktoken") return read_tiktoken(text.view());
  expect(extension == ".model", "expected a file .json, .txt, .tiktoken or .model");
  const auto [bos, eos] = bos_and_eos(path, call);
  const std::string name = std::string(call.op) + ": " + in_quotes(path.string());
  return read_sentencepiece({name.c_str(), call.location}, text.view(), bos, eos);
}

fs::path file_of_folder(const fs::path& folder) {
  for (const char* name : {"tokenizer.json", "tokenizer.model", "spiece.model", "vocab.json",
                           "encoder.json", "vocab.txt"})
    if (fs::exists(folder / name)) return folder / name;
  for (const auto& entry : fs::directory_iterator(folder))
    if (entry.path().extension() == ".tiktoken") return entry.path();
  refuse("the folder has no tokenizer.json, tokenizer.model, vocab.json, vocab.txt or *.tiktoken");
}

}  // namespace

std::unique_ptr<Tokenizer> load_tokenizer(const std::string& path, SourceLocation location) {
  const Call call{"load_tokenizer", location};
  fs::path file = path;
  try {
    if (fs::is_directory(file)) file = file_of_folder(file);
    return load_file(file, call);
  } catch (const Problem& problem) {
    fail<IoError>(call, in_quotes(file.string()), ": ", problem.text);
  }
}

}  // namespace tinygrad::text
