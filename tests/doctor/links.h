// SPDX-License-Identifier: MIT
// Runs the doctor for one link, and compares its whole text.
#pragma once
#include <gtest/gtest.h>

#include "doctor.h"
#include "doctor/fake_system.h"

namespace tinygrad::doctor {

inline Report report_on(const FakeSystem& system, const std::string& device) {
  return examine(system, {.device = device});
}

/// The one link of this name, or the last of several with this subject.
inline Link link_of(const FakeSystem& system, const std::string& device, Text name,
                    const std::string& subject = "") {
  Link found{.name = Text::none};
  for (const Chain& chain : report_on(system, device).chains)
    for (const Link& l : chain.links)
      if (l.name == name && (subject.empty() || l.subject == subject)) found = l;
  EXPECT_EQ(found.name, name) << "there is no such link";
  return found;
}
inline std::string text(const Link& link) { return in_words(link.what, Language::english); }

inline void expect(const Link& link, State state, const std::string& sentence,
                   const Commands& mend = {}) {
  EXPECT_EQ(link.state, state);
  EXPECT_EQ(text(link), sentence);
  EXPECT_EQ(link.mend.debian, mend.debian);
  EXPECT_EQ(link.mend.fedora, mend.fedora);
  EXPECT_EQ(link.mend.arch, mend.arch);
  EXPECT_EQ(link.mend.windows, mend.windows);
}

/// The command for Debian's family on one of its members.
inline std::string command_on(FakeSystem& system, const std::string& device, const char* id,
                              const char* version, const char* codename, Text name) {
  system.on(id, version, codename);
  return link_of(system, device, name).mend.debian;
}

}  // namespace tinygrad::doctor
