// SPDX-License-Identifier: MIT
// Models from the folders in which Hugging Face's packages save them, and from GGUF files: what is
// in the folder or the file decides which model it is.
#pragma once
#include <memory>
#include <string>

#include "tinygrad/models/llama.h"
#include "tinygrad/text/tokenizer.h"

namespace tinygrad::models {

/// Returns the model of a folder with config.json and model.safetensors, or the parts that
/// model.safetensors.index.json lists: on the default device, in evaluation mode. The
/// "architectures" of config.json decide its class:
///   LlamaForCausalLM, MistralForCausalLM, Qwen2ForCausalLM   Llama
///   GPT2LMHeadModel                                          GPT2
///   BertModel                                                Bert
/// Throws IoError for another one, an option that is not known, and files that do not fit together.
TINYGRAD_API std::unique_ptr<nn::Module> load_pretrained(
    const std::string& folder, SourceLocation location = SourceLocation::current());

/// The tokenizer that a GGUF file holds. Throws IoError if it has none, or one that is not known.
TINYGRAD_API std::unique_ptr<text::Tokenizer> load_tokenizer(
    const gguf::File& file, SourceLocation location = SourceLocation::current());

/// A decoder and its tokenizer, which together write text.
struct LanguageModel {
  std::unique_ptr<CausalLM> model;
  std::unique_ptr<text::Tokenizer> tokenizer;
  /// The name for text::apply_chat_template(), found by the marks that the template in the file or
  /// in the folder writes; empty if there is none, or one that is not known.
  std::string chat_template;
};
/// Loads a file *.gguf (options are for this), or a folder. Throws IoError.
TINYGRAD_API LanguageModel load_language_model(const std::string& path,
                                               const GgufOptions& options = {},
                                               SourceLocation location = SourceLocation::current());

}  // namespace tinygrad::models
