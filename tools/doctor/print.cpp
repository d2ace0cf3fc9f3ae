// SPDX-License-Identifier: MIT
#include "print.h"

#include <algorithm>
#include <cstdio>

namespace tinygrad::doctor {
namespace {

constexpr int indent = 17, columns = 100;

const char* mark(State state) {
  switch (state) {
    case State::ok: return "✓";
    case State::note: return "!";
    case State::broken: return "✗";
    case State::skipped: break;
  }
  return "–";
}

std::string padded(const std::string& text, int width) {
  return text + std::string(std::size_t(std::max(1, width - width_of(text))), ' ');
}

/// The version and the file, if the sentence does not contain them.
std::string facts(const Link& link, const std::string& sentence) {
  std::string text;
  for (const std::string& fact : {link.version, link.path})
    if (!fact.empty() && sentence.find(fact) == std::string::npos)
      text += (text.empty() ? "" : "  ") + fact;
  return text;
}

std::string mend(const Commands& c, Family family, Language language) {
  const std::string before = std::string(indent, ' ');
  std::string text = before + in_words({Text::to_mend}, language) + "\n";
  auto row = [&](const char* location, const std::string& command) {
    text += before + "  " + location + command + "\n";
  };
  const bool same = c.debian == c.fedora && c.fedora == c.arch;
  if (!c.windows.empty()) row("", c.windows);
  else if (same || family == Family::debian) row("", c.debian);
  else if (family == Family::fedora) row("", c.fedora);
  else if (family == Family::arch) row("", c.arch);
  else row("Debian, Ubuntu: ", c.debian), row("Fedora: ", c.fedora), row("Arch: ", c.arch);
  return text;
}

std::string link_text(const Link& link, Family family, Language language) {
  std::string text = std::string("  ") + mark(link.state) + " " +
                     padded(in_words({link.name}, language), indent - 4);
  bool first = true;
  auto line = [&](const std::string& words) {
    text += (first ? "" : std::string(indent, ' ')) + words + "\n", first = false;
  };
  const std::string sentence = in_words(link.what, language);
  for (const std::string& words : wrapped(sentence, columns - indent)) line(words);
  if (const std::string more = facts(link, sentence); !more.empty()) line(more);
  if (!link.mend.empty()) text += mend(link.mend, family, language);
  return text;
}

std::string rounded(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.1f", value);
  return text;
}

}  // namespace

std::string as_text(const Report& report, Family family, Language language) {
  const std::string cards =
      report.graphics.empty() ? in_words({Text::no_graphics}, language) : report.graphics;
  std::string text = report.system + "\n" + in_words({Text::graphics, {cards}}, language) + "\n";
  for (const Chain& chain : report.chains) {
    text +=
        "\n" +
        in_words({chain.works ? Text::chain_works : Text::chain_broken, {chain.name}}, language) +
        "\n";
    for (const Link& link : chain.links) text += link_text(link, family, language);
  }
  if (!report.speeds.empty()) text += "\n" + in_words({Text::bench_title}, language) + "\n";
  for (const Speed& s : report.speeds)
    text +=
        "  " +
        in_words({Text::bench_row, {s.device, rounded(s.bandwidth), rounded(s.matmul)}}, language) +
        "\n";
  const Asked& asked = report.asked;
  const Message verdict = asked.works
                              ? Message{Text::verdict_works, {asked.device}}
                              : Message{Text::verdict_broken, {asked.device, asked.problem}};
  return text + "\n" + in_words(verdict, language) + "\n";
}

}  // namespace tinygrad::doctor
