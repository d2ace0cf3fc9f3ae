// SPDX-License-Identifier: MIT
// Writes conversations in the templates that are known by name.
#include "tinygrad/text/chat_template.h"

#include <algorithm>
#include <iterator>

namespace tinygrad::text {
namespace {

using Messages = std::vector<Message>;

std::string trimmed(const std::string& text) {
  constexpr const char* spaces = " \t\r\n\v\f";
  const std::size_t begin = text.find_first_not_of(spaces);
  return begin == std::string::npos ? ""
                                    : text.substr(begin, text.find_last_not_of(spaces) + 1 - begin);
}

std::string chatml(const Call&, const Messages& messages, bool prompt) {
  std::string text;
  for (const auto& [role, content] : messages)
    text.append("<|im_start|>").append(role).append("\n").append(content).append("<|im_end|>\n");
  return text + (prompt ? "<|im_start|>assistant\n" : "");
}

/// The template's head of the assistant's answer is empty.
std::string llama2(const Call& call, const Messages& messages, bool) {
  std::string text, system;
  std::string_view expected = "user";
  for (const auto& [role, content] : messages) {
    if (role == "system" && &content == &messages[0].content) {
      system = "<<SYS>>\n" + content + "\n<</SYS>>\n\n";
      continue;
    }
    require(role == expected, call, "llama-2 expected a message of role \"", std::string(expected),
            "\", got ", in_quotes(role));
    const bool user = role == "user";
    text += user ? "<s>[INST] " + trimmed(system + content) + " [/INST]"
                 : " " + trimmed(content) + " </s>";
    if (user) system.clear();
    expected = user ? "assistant" : "user";
  }
  return text;
}

std::string llama3(const Call&, const Messages& messages, bool prompt) {
  const auto head = [](const std::string& role) {
    return "<|start_header_id|>" + role + "<|end_header_id|>\n\n";
  };
  std::string text = "<|begin_of_text|>";
  for (const auto& [role, content] : messages) text += head(role) + trimmed(content) + "<|eot_id|>";
  return text + (prompt ? head("assistant") : "");
}

struct Template {
  std::string_view name;
  std::string (*write)(const Call&, const Messages&, bool);
};
constexpr Template templates[] = {{"chatml", chatml}, {"llama-2", llama2}, {"llama-3", llama3}};
constexpr std::string_view roles[] = {"system", "user", "assistant"};

}  // namespace

std::string apply_chat_template(std::string_view name, const Messages& messages,
                                bool add_generation_prompt, SourceLocation location) {
  const Call call{"apply_chat_template", location};
  for (const Message& message : messages)
    require(std::find(std::begin(roles), std::end(roles), message.role) != std::end(roles), call,
            "expected a role \"system\", \"user\" or \"assistant\", got ", in_quotes(message.role));
  for (const Template& entry : templates)
    if (entry.name == name) return entry.write(call, messages, add_generation_prompt);
  fail(call, "expected the template \"chatml\", \"llama-2\" or \"llama-3\", got ", in_quotes(name));
}

}  // namespace tinygrad::text
