// SPDX-License-Identifier: MIT
// Loads a decoder together with its tokenizer and the name of its chat template.
#include <filesystem>

#include "config.h"
#include "sizes.h"
#include "tinygrad/io/file.h"
#include "tinygrad/models/auto.h"
#include "tinygrad/text/vocabulary.h"

namespace tinygrad::models {
namespace {

namespace fs = std::filesystem;

std::string template_named_by(std::string_view jinja) {
  struct Mark {
    std::string_view text, name;
  };
  for (const auto& [text, name] :
       {Mark{"<|im_start|>", "chatml"}, Mark{"<|start_header_id|>", "llama-3"},
        Mark{"[INST]", "llama-2"}})
    if (jinja.find(text) != jinja.npos) return std::string(name);
  return "";
}

/// By chat_template.jinja, or else the text in tokenizer_config.json.
std::string template_of(const fs::path& folder, const Call& call) {
  const fs::path jinja = folder / "chat_template.jinja", config = folder / "tokenizer_config.json";
  if (fs::exists(jinja)) {
    const FileBytes file(jinja.string(), true, call);
    return template_named_by(
        {reinterpret_cast<const char*>(file.bytes().data()), file.bytes().size()});
  }
  if (!fs::exists(config)) return "";
  const auto text = Config(config.string(), call).get("chat_template", nlohmann::json(""));
  return text.is_string() ? template_named_by(text.get<std::string>()) : "";
}

LanguageModel from_gguf(const std::string& path, const GgufOptions& options,
                        SourceLocation location) {
  const gguf::File file(path, true, location);
  return {std::make_unique<Llama>(load_llama(file, options, location)),
          load_tokenizer(file, location),
          template_named_by(file.get<std::string>("tokenizer.chat_template", "", location))};
}

}  // namespace

std::unique_ptr<text::Tokenizer> load_tokenizer(const gguf::File& file, SourceLocation location) {
  const auto get = [&]<class T>(const char* key, const T& otherwise) {
    return file.get(key, otherwise, location);
  };
  const std::string model = file.get<std::string>("tokenizer.ggml.model", location);
  using Texts = std::vector<std::string>;
  return or_io_error({"models::load_tokenizer", location}, file.path(), [&] {
    return text::make_tokenizer(
        {.model = model,
         .pre = get("tokenizer.ggml.pre", std::string()),
         .tokens = get("tokenizer.ggml.tokens", Texts()),
         .merges = get("tokenizer.ggml.merges", Texts()),
         .scores = get("tokenizer.ggml.scores", std::vector<float>()),
         .types = get("tokenizer.ggml.token_type", std::vector<std::int32_t>()),
         .add_space_prefix = get("tokenizer.ggml.add_space_prefix", true),
         .add_bos = get("tokenizer.ggml.add_bos_token", model == "llama"),
         .add_eos = get("tokenizer.ggml.add_eos_token", false),
         .bos = get("tokenizer.ggml.bos_token_id", std::int64_t(-1)),
         .eos = get("tokenizer.ggml.eos_token_id", std::int64_t(-1))},
        location);
  });
}

LanguageModel load_language_model(const std::string& path, const GgufOptions& options,
                                  SourceLocation location) {
  const Call call{"models::load_language_model", location};
  if (fs::path(path).extension() == ".gguf") return from_gguf(path, options, location);
  auto module = load_pretrained(path, location);
  auto* const decoder = dynamic_cast<CausalLM*>(module.get());
  require<IoError>(decoder != nullptr, call, in_quotes(path), " is a model that writes no text");
  static_cast<void>(module.release());  // which decoder points to
  std::unique_ptr<CausalLM> model(decoder);
  return {std::move(model), text::load_tokenizer(path, location), template_of(path, call)};
}

}  // namespace tinygrad::models
