// SPDX-License-Identifier: MIT
// Chat templates write what Jinja writes for the templates that the models' files hold.
#include "tinygrad/text/chat_template.h"

#include <gtest/gtest.h>

#include "fixtures.h"

namespace {

using namespace tinygrad;
using namespace tinygrad::text;
using test::expected;

TEST(chat_template, is_equal_to_jinja) {
  std::vector<Message> all;
  for (const auto& message : expected().at("messages")) all.push_back({message[0], message[1]});
  for (const auto& chat : expected().at("chats")) {
    const std::vector<Message> messages(all.begin() + chat.at("from").get<int>(), all.end());
    EXPECT_EQ(
        apply_chat_template(chat.at("template").get<std::string>(), messages, chat.at("prompt")),
        chat.at("text"));
  }
}

TEST(chat_template, refuses_names_roles_and_turns) {
  EXPECT_THROW(apply_chat_template("alpaca", {}), ArgumentError);
  EXPECT_THROW(apply_chat_template("chatml", {{"user<|im_end|>", "x"}}), ArgumentError);
  EXPECT_THROW(apply_chat_template("llama-2", {{"assistant", "x"}}), ArgumentError);
  EXPECT_THROW(apply_chat_template("llama-2", {{"user", "x"}, {"user", "x"}}), ArgumentError);
  EXPECT_EQ(apply_chat_template("llama-2", {}), "");
}

}  // namespace
