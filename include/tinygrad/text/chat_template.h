// SPDX-License-Identifier: MIT
// Chat templates: how a conversation is written as one text for a model that was tuned on it.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "tinygrad/error.h"

namespace tinygrad::text {

struct Message {
  std::string role;  ///< "system", "user" or "assistant"
  std::string content;
};

/// Writes messages in the template `name`:
/// ```
///   "chatml"   <|im_start|>user\nHello<|im_end|>\n   (Qwen, SmolLM; no system message is added)
///   "llama-2"  <s>[INST] Hello [/INST] Hi </s>       (the system message, if any, comes first)
///   "llama-3"  <|begin_of_text|><|start_header_id|>user<|end_header_id|>\n\nHello<|eot_id|>
/// ```
/// add_generation_prompt also writes the head of the assistant's answer. Encode the text with
/// add_special_tokens = false: it has them. Throws ArgumentError for a name or a role that is not
/// known, and if llama-2's user and assistant do not take turns.
TINYGRAD_API std::string apply_chat_template(std::string_view name,
                                             const std::vector<Message>& messages,
                                             bool add_generation_prompt = true,
                                             SourceLocation location = SourceLocation::current());

}  // namespace tinygrad::text
