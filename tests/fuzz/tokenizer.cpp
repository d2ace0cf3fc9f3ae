// SPDX-License-Identifier: MIT
// Fuzzes vocabularies: the first byte says the format, the rest are the file. It must be refused,
// or make a tokenizer whose ids are in range and whose tokens decode.
#include "memory_file.h"
#include "text/parts.h"
#include "text/problem.h"

namespace {

using namespace tinygrad::text;

std::unique_ptr<Tokenizer> read(char format, std::string_view bytes) {
  if (format == 'j') return read_tokenizer_json(bytes);
  if (format == 's') return read_sentencepiece({"fuzz"}, bytes, false, false);
  if (format == 't') return read_tiktoken(bytes);
  return read_vocab_txt(bytes);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view all(reinterpret_cast<const char*>(data), size);
  try {
    const auto tokenizer = read(all[0], all.substr(1));
    const std::string_view text = all.substr(size - std::min<std::size_t>(size, 64));
    const Ids ids = tokenizer->encode(text);
    for (const std::int64_t id : ids)
      tinygrad::test::MemoryFile::check(id >= 0 && id < tokenizer->size());
    tokenizer->decode(ids);
  } catch (const Problem&) {
  } catch (const tinygrad::IoError&) {}
  return 0;
}
