// SPDX-License-Identifier: MIT
// Vocabularies that are damaged, or have a part that is not known, are refused by name.
#include <gtest/gtest.h>

#include <filesystem>

#include "fixtures.h"
#include "tinygrad/io/file.h"
#include "tinygrad/text/tokenizer.h"
#include "tinygrad/text/vocabulary.h"

namespace {

using namespace tinygrad;
using namespace tinygrad::text;
using nlohmann::json;
using test::fixture;

class Refusals : public testing::Test {
 protected:
  std::string folder_ = testing::TempDir() + "refusals_test_" +
                        testing::UnitTest::GetInstance()->current_test_info()->name();
  void SetUp() override { std::filesystem::create_directories(folder_); }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  /// The message about a file of these bytes.
  std::string message(const std::string& name, const std::string& bytes) {
    write_file(folder_ + '/' + name, bytes);
    try {
      load_tokenizer(folder_ + '/' + name);
    } catch (const IoError& error) { return error.what(); }
    return "";
  }
  /// The message about gpt2.json with a change.
  std::string changed(const char* place, const json& value) {
    json file = json::parse(std::ifstream(fixture("gpt2.json")));
    file[json::json_pointer(place)] = value;
    return message("tokenizer.json", file.dump());
  }
};
#define EXPECT_SAYS(message, text) EXPECT_NE((message).find(text), std::string::npos) << (message)

TEST_F(Refusals, parts_that_are_not_known) {
  EXPECT_SAYS(changed("/normalizer", {{"type", "NFKC"}}),
              "the normalizer \"{\\\"type\\\":\\\"NFKC");
  EXPECT_SAYS(changed("/pre_tokenizer/type", "Punctuation"), "the pre-tokenizer ");
  EXPECT_SAYS(
      changed("/pre_tokenizer",
              {{"type", "Split"}, {"pattern", {{"Regex", "\\w+"}}}, {"behavior", "Isolated"}}),
      "\\\\w+");
  EXPECT_SAYS(changed("/model/type", "Unigram"), "the model \"Unigram\" is not known");
  EXPECT_SAYS(changed("/decoder/type", "CTC"), "the decoder ");
  EXPECT_SAYS(changed("/post_processor", {{"type", "Other"}}), "the post-processor ");
  EXPECT_SAYS(changed("/added_tokens/0/single_word", true), "single_word");
}

TEST_F(Refusals, damaged_vocabularies) {
  EXPECT_SAYS(changed("/model/vocab/x", 1e9), "has the id 1000000000");
  EXPECT_SAYS(changed("/model/vocab/x", -1), "has the id -1");
  EXPECT_SAYS(changed("/model/vocab/xyz", 5), "have the same id 5");
  EXPECT_SAYS(changed("/model/merges/0", "a b c"), "the merge \"a b c\"");
  EXPECT_SAYS(changed("/model/merges/0", json::array({"qq", "b"})), "\"qq\", which is no token");
  EXPECT_SAYS(changed("/model/merges/0", 3), "of another type");
  EXPECT_SAYS(changed("/model", 3), "is missing or of another type");
  EXPECT_SAYS(message("tokenizer.json", "{"), "this is not JSON");
  EXPECT_SAYS(message("tokenizer.json", std::string(1000, '[')), "nested deeper than 32");
  EXPECT_SAYS(message("vocab.txt", "a\nb\n"), "[UNK] is not in the vocabulary");
  EXPECT_SAYS(message("x.tiktoken", "YQ== 1\n"), "expected the token of rank 0");
  EXPECT_SAYS(message("x.tiktoken", "Y*== 0\n"), "is not base64");
  EXPECT_SAYS(message("x.model", "\x0A\xFFxx"), "the protobuf message is damaged");
  EXPECT_SAYS(message("x.model", "\x0A\x03\x0A\x01g"), "no piece stands for unknown characters");
  EXPECT_SAYS(message("x.bin", "?"), "expected a file .json, .txt, .tiktoken or .model");
}

TEST_F(Refusals, missing_files) {
  EXPECT_THROW(load_tokenizer(folder_ + "/none.json"), IoError);
  EXPECT_THROW(load_tokenizer(folder_), IoError);
  EXPECT_SAYS(message("vocab.json", "{}"), "merges.txt");
}

TEST_F(Refusals, lists) {
  const auto message = [](TokenLists lists) -> std::string {
    try {
      make_tokenizer(lists);
    } catch (const ArgumentError& error) { return error.what(); }
    return "";
  };
  EXPECT_SAYS(message({.model = "rwkv"}), "got \"rwkv\"");
  EXPECT_SAYS(message({.model = "gpt2", .pre = "tekken"}),
              "\"tekken\" is not known, expected one of");
  EXPECT_SAYS(message({.model = "gpt2", .pre = "gpt-2", .types = {1}}),
              "a type for each of 0 tokens");
  EXPECT_SAYS(message({.model = "gpt2", .pre = "gpt-2", .add_bos = true}), "the token -1");
  EXPECT_SAYS(message({.model = "llama", .tokens = {"a"}}), "a score for each of 1 tokens, got 0");
  EXPECT_THROW(byte_level_bpe({}, "none"), ArgumentError);
  EXPECT_THROW(byte_level_bpe({}, "gpt-2", {"<s>"}), ArgumentError);
  EXPECT_THROW(char_tokenizer(""), ArgumentError);
}

}  // namespace
