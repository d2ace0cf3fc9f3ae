// SPDX-License-Identifier: MIT
// Encodes texts for judge.py: encode TOKENIZER TEXTS RESULTS. TEXTS holds for each text its length
// (uint32) and bytes; RESULTS receives the count (uint32) and the ids (int64) of each, and the
// length and bytes of what they decode to. Prints the speed. A TOKENIZER *.lists.json holds what a
// GGUF file holds, as JSON.
#include <chrono>
#include <cstring>
#include <fstream>
#include <iostream>
#include <iterator>
#include <nlohmann/json.hpp>

#include "tinygrad/text/tokenizer.h"
#include "tinygrad/text/vocabulary.h"

namespace {

using namespace tinygrad::text;

std::string contents(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::unique_ptr<Tokenizer> load(const std::string& path) {
  if (!path.ends_with(".lists.json")) return load_tokenizer(path);
  const nlohmann::json json = nlohmann::json::parse(contents(path));
  TokenLists lists;
  json.at("model").get_to(lists.model), json.at("pre").get_to(lists.pre);
  json.at("tokens").get_to(lists.tokens), json.at("merges").get_to(lists.merges);
  json.at("scores").get_to(lists.scores), json.at("types").get_to(lists.types);
  return make_tokenizer(lists);
}

std::vector<std::string_view> texts_of(std::string_view bytes) {
  std::vector<std::string_view> texts;
  while (!bytes.empty()) {
    std::uint32_t length = 0;
    std::memcpy(&length, bytes.data(), sizeof length);
    texts.push_back(bytes.substr(sizeof length, length));
    bytes.remove_prefix(sizeof length + length);
  }
  return texts;
}

template <class T> void write(std::ofstream& out, const T& values) {
  const auto count = std::uint32_t(values.size());
  out.write(reinterpret_cast<const char*>(&count), sizeof count);
  out.write(reinterpret_cast<const char*>(values.data()),
            std::streamsize(values.size() * sizeof(values[0])));
}

}  // namespace

int main(int, char** argv) {
  const auto tokenizer = load(argv[1]);
  const std::string bytes = contents(argv[2]);
  const auto texts = texts_of(bytes);
  std::vector<Ids> all;
  const auto begin = std::chrono::steady_clock::now();
  for (const std::string_view text : texts) all.push_back(tokenizer->encode(text));
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - begin;
  std::cout << texts.size() << " texts, " << double(bytes.size()) / 1e6 / seconds.count()
            << " MB/s\n";
  std::ofstream out(argv[3], std::ios::binary);
  for (const Ids& ids : all) write(out, ids), write(out, tokenizer->decode(ids));
}
