// SPDX-License-Identifier: MIT
// SentencePiece (Kudo and Richardson 2018, https://arxiv.org/abs/1808.06226): reads its ModelProto
// (sentencepiece_model.proto) and makes the tokenizer, a unigram model or a byte-pair encoding.
#include <algorithm>
#include <map>
#include <utility>

#include "byte_alphabet.h"
#include "charsmap.h"
#include "parts.h"
#include "problem.h"
#include "protobuf.h"

namespace tinygrad::text {
namespace {

using Kind = Piece::Kind;

/// The fields of the messages that are read, by their numbers.
namespace field {
enum Model { pieces = 1, trainer = 2, normalizer = 3 };
enum Piece { text = 1, score = 2, kind = 3 };
enum Trainer {
  model_type = 3,
  space_is_suffix = 24,
  fallback = 35,
  bos = 41,
  eos = 42,
  surface = 44
};
enum Normalizer { charsmap = 2, dummy_prefix = 3, remove_spaces = 4, escape_spaces = 5 };
}  // namespace field

struct ModelFile {
  std::vector<Piece> pieces;
  SentencePieceOptions options;
  std::int64_t bos = 1, eos = 2;
};

Piece read_piece(protobuf::Reader in) {
  Piece piece;
  while (in.next()) {
    if (in.field() == field::text) piece.text = in.text();
    else if (in.field() == field::score) piece.score = in.number<float>();
    else if (in.field() == field::kind) piece.kind = Kind(in.number<std::int64_t>());
  }
  return piece;
}

void read_trainer(protobuf::Reader in, ModelFile& file) {
  while (in.next()) {
    const auto number = [&] { return in.number<std::int64_t>(); };
    if (in.field() == field::model_type) {
      expect(number() == 1 || number() == 2, "expected a unigram or a BPE model, got model_type ",
             number());
      file.options.bpe = number() == 2;
    } else if (in.field() == field::space_is_suffix) {
      expect(number() == 0, "a model with treat_whitespace_as_suffix is not known");
    } else if (in.field() == field::fallback) file.options.byte_fallback = number();
    else if (in.field() == field::bos) file.bos = number();
    else if (in.field() == field::eos) file.eos = number();
    else if (in.field() == field::surface) file.options.unknown_text = in.text();
  }
}

void read_normalizer(protobuf::Reader in, SentencePieceOptions& options) {
  while (in.next()) {
    const auto flag = [&] { return in.number<std::int64_t>() != 0; };
    if (in.field() == field::charsmap) options.charsmap = in.text();
    else if (in.field() == field::dummy_prefix) options.dummy_prefix = flag();
    else if (in.field() == field::remove_spaces) options.remove_spaces = flag();
    else if (in.field() == field::escape_spaces)
      expect(flag(), "a model without escape_whitespaces is not known");
  }
}

/// For each piece, how many different scores are above its own; -1 if it is not merged.
std::vector<std::int64_t> ranks(const std::vector<Piece>& pieces) {
  std::map<float, std::int64_t, std::greater<>> order;
  for (const Piece& piece : pieces) {
    expect(piece.score == piece.score, "the score of ", in_quotes(piece.text), " is NaN");
    order[piece.score] = 0;
  }
  std::int64_t next = 0;
  for (auto& [score, rank] : order) rank = next++;
  std::vector<std::int64_t> all;
  all.reserve(pieces.size());
  for (const Piece& piece : pieces)
    all.push_back(piece.kind == Kind::normal ? order[piece.score] : -1);
  return all;
}

std::unique_ptr<Model> model_of(const Vocabulary& vocabulary, const std::vector<Piece>& pieces,
                                const SentencePieceOptions& options) {
  if (!options.bpe)
    return std::make_unique<Unigram>(pieces, options.unknown, options.byte_fallback);
  auto bpe = std::make_unique<Bpe>(vocabulary, merges_of_splits(vocabulary, ranks(pieces)),
                                   BpeOptions{.byte_level = false,
                                              .byte_fallback = options.byte_fallback,
                                              .fuse_unknown = true,
                                              .unknown = options.unknown});
  for (std::size_t i = 0; i < pieces.size(); ++i)
    if (pieces[i].kind == Kind::user_defined) bpe->keep_whole(pieces[i].text, std::int64_t(i));
  return bpe;
}

/// What a piece stands for.
std::string text_of(const Piece& piece, const SentencePieceOptions& options) {
  const auto byte = piece.kind == Kind::byte ? byte_of(piece.text) : std::nullopt;
  if (byte) return std::string(1, *byte);
  return piece.kind == Kind::unknown ? options.unknown_text : replace_all(piece.text, "▁", " ");
}

std::vector<std::string> texts(const std::vector<Piece>& pieces) {
  std::vector<std::string> all;
  all.reserve(pieces.size());
  for (const Piece& piece : pieces) all.push_back(piece.text);
  return all;
}

}  // namespace

std::unique_ptr<Tokenizer> sentencepiece(std::vector<Piece> pieces, SentencePieceOptions options,
                                         bool add_control, Ids prefix, Ids suffix) {
  const auto is_unknown = [](const Piece& piece) { return piece.kind == Kind::unknown; };
  const auto unknown = std::find_if(pieces.begin(), pieces.end(), is_unknown);
  expect(unknown != pieces.end(), "no piece stands for unknown characters");
  options.unknown = unknown - pieces.begin();
  auto made = std::make_unique<Pipeline>(texts(pieces));
  Trie user_defined;
  for (std::size_t i = 0; i < pieces.size(); ++i) {
    const Piece& piece = pieces[i];
    made->texts[i] = text_of(piece, options);
    made->special[i] = piece.kind == Kind::control;
    if (piece.kind == Kind::user_defined) user_defined.insert(piece.text, std::int64_t(i));
    if (piece.kind == Kind::control && add_control)
      made->add({.id = std::int64_t(i), .text = piece.text, .special = true});
  }
  made->normalizers = {SentencePieceNormalizer(options, std::move(user_defined))};
  made->model = model_of(made->vocabulary, pieces, options);
  made->join = options.remove_spaces  ? Join::drop_leading_spaces
               : options.dummy_prefix ? Join::drop_first_space
                                      : Join::plain;
  made->prefix = std::move(prefix), made->suffix = std::move(suffix);
  return made;
}

std::unique_ptr<Tokenizer> read_sentencepiece(const Call& call, std::string_view bytes,
                                              bool add_bos, bool add_eos) {
  ModelFile file;
  for (protobuf::Reader in(call, bytes); in.next();) {
    if (in.field() == field::pieces) file.pieces.push_back(read_piece(in.message()));
    else if (in.field() == field::trainer) read_trainer(in.message(), file);
    else if (in.field() == field::normalizer) read_normalizer(in.message(), file.options);
  }
  const auto around = [&](bool add, std::int64_t id) {
    expect(!add || (id >= 0 && id < std::int64_t(file.pieces.size())), "the token ", id,
           " that is added to a text is not one of ", file.pieces.size(), " pieces");
    return add ? Ids{id} : Ids{};
  };
  Ids prefix = around(add_bos, file.bos), suffix = around(add_eos, file.eos);
  return sentencepiece(std::move(file.pieces), std::move(file.options), false, std::move(prefix),
                       std::move(suffix));
}

}  // namespace tinygrad::text
