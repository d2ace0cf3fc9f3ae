// SPDX-License-Identifier: MIT
// Reads tokenizer.json, the format of Hugging Face's tokenizers: a normalizer, a pre-tokenizer, a
// model, a decoder, and tokens that are added. A part that is not known is refused by its name.
#include <algorithm>

#include "byte_alphabet.h"
#include "json_vocabulary.h"
#include "parts.h"
#include "problem.h"
#include "unicode.h"
#include "wordpiece.h"

namespace tinygrad::text {
namespace {

using nlohmann::json;

std::string type_of(const json& part) {
  return part.is_object() ? part.value("type", std::string()) : std::string();
}
/// The value of a key; its default if it is missing or null.
template <class T> T get(const json& part, const char* key, T otherwise) {
  const auto found = part.find(key);
  return found == part.end() || found->is_null() ? otherwise : found->get<T>();
}
[[noreturn]] void unknown(const char* what, const json& part) {
  refuse("the ", what, " ", in_quotes(part.dump().substr(0, 150)), " is not known");
}
/// Calls use(part) for a part, or for those of a Sequence.
template <class Use>
void for_each_part(const json& file, const char* key, const char* list, const Use& use) {
  const auto found = file.find(key);
  if (found == file.end() || found->is_null()) return;
  if (type_of(*found) != "Sequence") return use(*found);
  for (const json& part : found->at(list)) {
    expect(type_of(part) != "Sequence", "a Sequence in a Sequence is not known");
    use(part);
  }
}

/// The text or the regular expression of a Replace or a Split.
std::string pattern_of(const json& part, const char* kind) {
  return get<std::string>(part.at("pattern"), kind, "");
}

Normalizer normalizer_of(const json& part) {
  const std::string type = type_of(part);
  if (type == "NFC") return [](std::string_view text, bool) { return nfc(text); };
  if (type == "NFD") return [](std::string_view text, bool) { return nfd(text); };
  if (type == "Lowercase") return [](std::string_view text, bool) { return lower_case(text); };
  if (type == "Prepend")
    return [mark = part.at("prepend").get<std::string>()](std::string_view text, bool) {
      return mark + std::string(text);
    };
  if (type == "BertNormalizer") {
    const bool lower = get(part, "lowercase", true);
    return BertNormalizer{get(part, "clean_text", true), get(part, "handle_chinese_chars", true),
                          get(part, "strip_accents", lower), lower};
  }
  if (type == "Replace") {
    const std::string from = pattern_of(part, "String"), to = part.at("content");
    if (!from.empty())
      return [=](std::string_view text, bool) { return replace_all(text, from, to); };
    if (pattern_of(part, "Regex") == "\\s+" && to == " ")
      return [](std::string_view text, bool) { return single_spaces(text); };
  }
  unknown("normalizer", part);
}

Metaspace metaspace_of(const json& part) {
  using Prepend = Metaspace::Prepend;
  const std::string scheme = get<std::string>(
      part, "prepend_scheme", get(part, "add_prefix_space", true) ? "always" : "never");
  if (get<std::string>(part, "replacement", "") != "▁" || get(part, "split", true))
    unknown("pre-tokenizer", part);
  return {scheme == "always"  ? Prepend::always
          : scheme == "first" ? Prepend::first
                              : Prepend::never};
}

std::string with_space(std::string_view text, bool) {
  return text.starts_with(' ') ? std::string(text) : ' ' + std::string(text);
}

/// The splitter of a Split: its words must be all of the text, or those of CLIP.
Splitter splitter_of(const json& part) {
  const Splitter found = splitter_of_pattern(pattern_of(part, "Regex"));
  const std::string behavior = get<std::string>(part, "behavior", "");
  const bool inverted = get(part, "invert", false);
  const bool isolated = behavior == "Isolated", kept = behavior == "Removed" && inverted;
  if (!found || !(found == split_clip ? kept : isolated || kept)) unknown("pre-tokenizer", part);
  return found;
}

/// Returns whether the words become bytes.
bool pre_tokenizer(const json& part, Pipeline& made) {
  const std::string type = type_of(part);
  if (type == "ByteLevel") {
    if (get(part, "add_prefix_space", false)) made.prepare.push_back(with_space);
    if (get(part, "use_regex", true)) made.splitters.push_back(split_gpt2);
  } else if (type == "Split") made.splitters.push_back(splitter_of(part));
  else if (type == "Digits" && get(part, "individual_digits", false))
    made.splitters.push_back(split_digits);
  else if (type == "BertPreTokenizer") made.splitters.push_back(split_bert);
  else if (type == "Metaspace") made.prepare.push_back(metaspace_of(part));
  else unknown("pre-tokenizer", part);
  return type == "ByteLevel";
}

Pairs pairs_of(const json& merges) {
  Pairs pairs;
  for (const json& merge : merges)  // "left right", and since 2024 ["left", "right"]
    pairs.push_back(merge.is_string() ? merge_of_line(merge.get_ref<const std::string&>())
                                      : std::pair(merge.at(0).get<std::string>(),
                                                  merge.at(1).get<std::string>()));
  return pairs;
}

std::unique_ptr<Model> bpe_of(const json& model, const Vocabulary& vocabulary, bool byte_level) {
  expect(get<std::string>(model, "continuing_subword_prefix", "").empty(),
         "a BPE with a continuing_subword_prefix is not known");
  BpeOptions options{.byte_level = byte_level,
                     .ignore_merges = get(model, "ignore_merges", false),
                     .byte_fallback = get(model, "byte_fallback", false),
                     .fuse_unknown = get(model, "fuse_unk", false),
                     .end_of_word = get<std::string>(model, "end_of_word_suffix", "")};
  const std::string unknown = get<std::string>(model, "unk_token", "");
  if (!unknown.empty()) options.unknown = vocabulary.find(unknown);
  return std::make_unique<Bpe>(vocabulary,
                               merges_of_pairs(vocabulary, pairs_of(model.at("merges"))), options);
}

std::unique_ptr<Model> wordpiece_of(const json& model, const Vocabulary& vocabulary) {
  const std::string unknown = model.at("unk_token");
  const std::int64_t id = vocabulary.find(unknown);
  expect(id >= 0, "the unknown token ", in_quotes(unknown), " is not in the vocabulary");
  return std::make_unique<WordPiece>(vocabulary, id,
                                     get<std::string>(model, "continuing_subword_prefix", "##"),
                                     get<std::size_t>(model, "max_input_chars_per_word", 100));
}

std::string type_of_model(const json& model) {
  return get<std::string>(model, "type", model.contains("merges") ? "BPE" : "WordPiece");
}

std::vector<std::string> all_tokens(const json& file) {
  std::vector<std::string> tokens = tokens_of(file.at("model").at("vocab"));
  const json added = get(file, "added_tokens", json::array());
  const std::size_t most = 2 * (tokens.size() + added.size()) + 1024;
  for (const json& token : added) place_token(tokens, token.at("content"), token.at("id"), most);
  return tokens;
}

void add_tokens(const json& file, Pipeline& made) {
  for (const json& token : get(file, "added_tokens", json::array())) {
    expect(!get(token, "single_word", false), "an added token of a single_word is not known");
    made.add({.id = token.at("id"),
              .text = token.at("content"),
              .special = get(token, "special", false),
              .normalized = get(token, "normalized", false),
              .strips_left = get(token, "lstrip", false),
              .strips_right = get(token, "rstrip", false)});
  }
}

/// The tokens around a text: of BERT's and RoBERTa's processors, or of a template.
void post_processor(const json& part, Pipeline& made) {
  const std::string type = type_of(part);
  const auto id = [&](const std::string& token) {
    const std::int64_t found = made.vocabulary.find(token);
    expect(found >= 0, "the special token ", in_quotes(token), " is not in the vocabulary");
    return found;
  };
  if (type == "BertProcessing" || type == "RobertaProcessing") {
    made.prefix = {id(part.at("cls").at(0))}, made.suffix = {id(part.at("sep").at(0))};
  } else if (type == "TemplateProcessing") {
    bool behind = false;
    for (const json& step : part.at("single")) {
      if (step.contains("Sequence")) behind = true;
      else (behind ? made.suffix : made.prefix).push_back(id(step.at("SpecialToken").at("id")));
    }
  } else if (type != "ByteLevel") unknown("post-processor", part);
}

void byte_texts(Pipeline& made, const std::string& end_of_word) {
  for (std::string& text : made.texts) {
    text = from_alphabet(text);
    if (!end_of_word.empty()) text = replace_all(text, end_of_word, " ");
  }
  if (!end_of_word.empty()) made.join = Join::trim;
}

/// How tokens become text: "▁" is a space, <0xXX> a byte.
void spaced_texts(Pipeline& made) {
  for (std::string& text : made.texts) {
    const auto byte = byte_of(text);
    text = byte ? std::string(1, *byte) : replace_all(text, "▁", " ");
  }
}

void decoder(const json& part, Pipeline& made) {
  const std::string type = type_of(part);
  if (type == "WordPiece")
    join_wordpiece(made, part.at("prefix").get<std::string>(), get(part, "cleanup", true));
  else if (type == "Metaspace") spaced_texts(made), made.join = Join::drop_first_space;
  else if (type == "ByteFallback") spaced_texts(made);
  else if (type == "Strip" && get<std::string>(part, "content", "") == " " &&
           get(part, "start", 0) == 1)
    made.join = Join::drop_first_space;
  else if (type != "ByteLevel" && type != "Fuse" &&
           !(type == "Replace" && pattern_of(part, "String") == "▁"))
    unknown("decoder", part);
}

}  // namespace

std::unique_ptr<Pipeline> read_tokenizer_json(std::string_view bytes) try {
  const json file = parse_json(bytes);
  const json& model = file.at("model");
  auto made = std::make_unique<Pipeline>(all_tokens(file));
  bool bytes_of_words = false;
  for_each_part(file, "normalizer", "normalizers",
                [&](const json& part) { made->normalizers.push_back(normalizer_of(part)); });
  for_each_part(file, "pre_tokenizer", "pretokenizers",
                [&](const json& part) { bytes_of_words |= pre_tokenizer(part, *made); });
  const std::string type = type_of_model(model);
  expect(type == "BPE" || type == "WordPiece", "the model ", in_quotes(type), " is not known");
  made->model = type == "BPE" ? bpe_of(model, made->vocabulary, bytes_of_words)
                              : wordpiece_of(model, made->vocabulary);
  if (bytes_of_words) byte_texts(*made, get<std::string>(model, "end_of_word_suffix", ""));
  for_each_part(file, "decoder", "decoders", [&](const json& part) { decoder(part, *made); });
  for_each_part(file, "post_processor", "processors",
                [&](const json& part) { post_processor(part, *made); });
  add_tokens(file, *made);
  return made;
} catch (const json::exception& error) {
  refuse("a value is missing or of another type: ", error.what());
}

}  // namespace tinygrad::text
