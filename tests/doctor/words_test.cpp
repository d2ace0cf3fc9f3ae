// SPDX-License-Identifier: MIT
// Tests tinygrad-doctor's parts: texts in both languages, the page, JSON, versions, and children
// that crash and hang.
#include <gtest/gtest.h>

#include <chrono>
#include <csignal>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>

#include "child.h"
#include "chips.h"
#include "doctor.h"
#include "doctor/fake_system.h"
#include "print.h"

namespace tinygrad::doctor {
namespace {

struct Row {
  Text text;
  std::string english, chinese;
};
const std::vector<Row> table = {
#define TEXT(name, english, chinese) {Text::name, english, chinese},
#include "texts.def"
};

std::set<char> holes(const std::string& pattern) {
  std::set<char> all;
  for (std::size_t i = 0; i + 2 < pattern.size(); ++i)
    if (pattern[i] == '{' && pattern[i + 2] == '}') all.insert(pattern[i + 1]);
  return all;
}

TEST(DoctorWords, AreWholeInBothLanguages) {
  for (const Row& row : table) {
    EXPECT_FALSE(row.english.empty() || row.chinese.empty());
    EXPECT_EQ(holes(row.english), holes(row.chinese)) << row.english;
    for (unsigned char c : row.english) EXPECT_LT(c, 0x80) << row.english;
    EXPECT_TRUE(row.english.size() < 20 || row.english != row.chinese) << row.english;
  }
}

TEST(DoctorWords, AreFilledIn) {
  EXPECT_EQ(in_words({Text::permission_missing, {"/dev/x", "render"}}, Language::chinese),
            "无法打开 /dev/x：您不在 render 组里。这时 Intel 的驱动什么也不提供（-1001）。");
  EXPECT_EQ(in_words({Text::icd_names, {"{1}", "b"}}, Language::english),
            "{1} names b.");  // what was filled in is left alone
  EXPECT_THROW(in_words({Text::icd_names, {"a"}}, Language::english), std::out_of_range);
  EXPECT_EQ(in_words({}, Language::english), "");
}

TEST(DoctorWords, FollowTheLocale) {
  EXPECT_EQ(language_of_locale("zh_CN.UTF-8"), Language::chinese);
  EXPECT_EQ(language_of_locale("zh"), Language::chinese);
  EXPECT_EQ(language_of_locale("de_DE.UTF-8"), Language::english);
  EXPECT_EQ(language_of_locale(""), Language::english);
}

TEST(DoctorWords, AreWrapped) {
  EXPECT_EQ(width_of("abc"), 3);
  EXPECT_EQ(width_of("驱动，a"), 7);
  EXPECT_EQ(wrapped("one two three", 7), (std::vector<std::string>{"one two", "three"}));
  EXPECT_EQ(wrapped("veryverylong word", 5), (std::vector<std::string>{"veryverylong", "word"}));
  EXPECT_EQ(wrapped("驱动装载器，", 6), (std::vector<std::string>{"驱动装", "载器，"}));
  EXPECT_EQ(wrapped("装载，器", 4),
            (std::vector<std::string>{"装", "载，", "器"}));  // no line begins with a comma
}

/// A laptop with something of every kind to say.
FakeSystem laptop() {
  FakeSystem s;
  s.icd("broken.icd", "libbroken.so");
  s.probes["icd libbroken.so"] = crashed(SIGABRT, "@call dlopen\n");
  s.nodes["/dev/dri/renderD128"] = {false, "render", false, false};
  s.probes["bench opencl"] = said("@bandwidth 20.5\n@matmul 300\n");
  return s;
}

TEST(DoctorPage, IsNarrowExceptForCommandsAndFacts) {
  const Report report = examine(laptop(), {.device = "opencl", .bench = true});
  for (Language language : {Language::english, Language::chinese}) {
    std::istringstream lines(as_text(report, Family::debian, language));
    for (std::string line; std::getline(lines, line);) EXPECT_LE(width_of(line), 100) << line;
  }
}

TEST(DoctorPage, ReadsWell) {
  const std::string page = as_text(examine(laptop(), {.device = "opencl", .bench = true}),
                                   Family::debian, Language::english);
  EXPECT_EQ(page.find("ubuntu 24.04, Linux 6.8.0-31-generic\ngraphics: Intel Tiger Lake "
                      "(8086:9a49)\n\nOpenCL: works\n  ✓ loader       libOpenCL"),
            0u);
  EXPECT_NE(page.find("  ✗ permission   /dev/dri/renderD128 may not be opened: you are not in the "
                      "group render. Intel's\n"
                      "                 driver then offers nothing (-1001).\n"
                      "                 To mend it:\n"
                      "                   sudo usermod -aG render $USER && newgrp render\n"),
            std::string::npos)
      << page;
  EXPECT_NE(page.find("  opencl: 20.5 GB/s, 300.0 GFLOP/s\n\nopencl works.\n"), std::string::npos)
      << page;
}

TEST(DoctorPage, NamesAllCommandsOnAnUnknownDistribution) {
  FakeSystem s;
  s.probes["loader"] = failed("no");
  const std::string page =
      as_text(examine(s, {.device = "opencl"}), Family::other, Language::english);
  EXPECT_NE(
      page.find("Debian, Ubuntu: sudo apt-get install ocl-icd-libopencl1\n                   "
                "Fedora: sudo dnf install "
                "'libOpenCL.so.1()(64bit)'\n                   Arch: sudo pacman -S ocl-icd\n"),
      std::string::npos)
      << page;
}

TEST(DoctorJson, HasEnglishKeysInEveryLanguage) {
  const Report report = examine(laptop(), {.device = "opencl", .bench = true});
  const auto english = nlohmann::json::parse(as_json(report, Language::english)),
             chinese = nlohmann::json::parse(as_json(report, Language::chinese));
  const auto& links = chinese["chains"][0]["links"];
  EXPECT_EQ(links.size(), report.chains[0].links.size());
  EXPECT_EQ(links[0]["link"], "loader");
  EXPECT_EQ(
      links[1],
      (nlohmann::json{
          {"link", "ICD"},
          {"state", "broken"},
          {"subject", "broken.icd"},
          {"path", "/etc/OpenCL/vendors/broken.icd"},
          {"text",
           "broken.icd 的驱动在 dlopen "
           "中使程序崩溃（SIGABRT）。在修好或停用它之前，这台机器上的每个 OpenCL 程序都会受影响。"},
          {"mend",
           {{"debian", "sudo mv /etc/OpenCL/vendors/broken.icd /etc/OpenCL/vendors/broken.icd.off"},
            {"fedora", "sudo mv /etc/OpenCL/vendors/broken.icd /etc/OpenCL/vendors/broken.icd.off"},
            {"arch",
             "sudo mv /etc/OpenCL/vendors/broken.icd /etc/OpenCL/vendors/broken.icd.off"}}}}));
  EXPECT_EQ(english["asked"],
            (nlohmann::json{{"device", "opencl"}, {"works", true}, {"problem", ""}}));
  EXPECT_EQ(english["speeds"][0]["bandwidth_gb_per_s"], 20.5);
  EXPECT_EQ(english["chains"][0]["works"], true);
}

TEST(DoctorJson, SurvivesTextThatIsNotUtf8) {
  FakeSystem s;
  s.probes["loader"] = failed("caf\xE9");
  EXPECT_TRUE(nlohmann::json::accept(as_json(examine(s, {.device = "opencl"}), Language::english)));
}

TEST(DoctorDistribution, IsKnownByItselfOrItsParents) {
  FakeSystem s;
  EXPECT_EQ(distribution(s).family, Family::debian);
  EXPECT_EQ(distribution(s).number(), 24.04);
  s.files["/etc/os-release"] = "ID=linuxmint\nID_LIKE=\"ubuntu debian\"\n";
  EXPECT_EQ(distribution(s).family, Family::debian);
  s.on("fedora", "42");
  EXPECT_EQ(distribution(s).family, Family::fedora);
  s.files["/etc/os-release"] = "ID=endeavouros\nID_LIKE=arch\n";
  EXPECT_EQ(distribution(s).family, Family::arch);
  s.on("nixos", "25.05");
  EXPECT_EQ(distribution(s).family, Family::other);
  s.files.erase("/etc/os-release");
  EXPECT_EQ(distribution(s).name, "Linux");
}

TEST(DoctorVersions, CompareAsNumbers) {
  EXPECT_LT(version_of("22.43.24595.41"), version_of("24.09"));
  EXPECT_LT(version_of("6.8.0-31-generic"), version_of("6.12"));
  EXPECT_FALSE(version_of("bookworm"));
  EXPECT_EQ(to_string(Version{26, 5}), "26.05");
  EXPECT_EQ(to_string(Version{6, 8}), "6.8");
}

TEST(DoctorVersions, AreFoundInALibrary) {
  EXPECT_EQ(driver_version_in("xx 22.43.24595 yy"), (Version{22, 43}));
  EXPECT_EQ(driver_version_in("24.35.30872.36"), (Version{24, 35}));
  EXPECT_FALSE(driver_version_in("122.43.24595"));
  EXPECT_FALSE(driver_version_in("22.43.2459"));
  EXPECT_FALSE(driver_version_in(""));
  EXPECT_FALSE(driver_version_in("."));
  EXPECT_FALSE(driver_version_in("22.4"));
}

TEST(DoctorChips, AreFoundById) {
  const std::pair<int, const char*> known[] = {
      {0x0152, "Ivy Bridge"},  {0x0416, "Haswell"},      {0x1616, "Broadwell"},
      {0x1916, "Skylake"},     {0x5916, "Kaby Lake"},    {0x3E92, "Coffee Lake"},
      {0x9BC4, "Comet Lake"},  {0x5A84, "Apollo Lake"},  {0x8A52, "Ice Lake"},
      {0x4E61, "Jasper Lake"}, {0x9A49, "Tiger Lake"},   {0x4C8A, "Rocket Lake"},
      {0x46A6, "Alder Lake"},  {0x46D1, "Alder Lake-N"}, {0xA7A0, "Raptor Lake"},
      {0x46D4, "Twin Lake"},   {0x56A0, "Arc A"},        {0x7D55, "Meteor Lake"},
      {0x7D51, "Arrow Lake"},  {0x64A0, "Lunar Lake"},   {0xE20B, "Battlemage"},
      {0xB080, "Panther Lake"}};
  for (auto [id, name] : known) {
    const Chip* chip = find_chip(std::uint16_t(id));
    ASSERT_TRUE(chip) << name;
    EXPECT_EQ(chip->name, std::string(name));
    EXPECT_EQ(needs_legacy(*chip), id == 0x1616 || id == 0x1916 || id == 0x5916 || id == 0x3E92 ||
                                       id == 0x9BC4 || id == 0x5A84 || id == 0x8A52 || id == 0x4E61)
        << name;
  }
  EXPECT_EQ(find_chip(0xFFFF), nullptr);
}

#if !defined(_WIN32)
Outcome shell(const std::string& script, double seconds = 20, const Variables& variables = {}) {
  return run_child({"/bin/sh", "-c", script}, variables, seconds);
}

TEST(DoctorChild, EndsInEveryWay) {
  const Outcome good = shell("echo @works; echo to nobody >&2; exit 3");
  EXPECT_EQ(good.how, Outcome::exited);
  EXPECT_EQ(good.code, 3);
  EXPECT_EQ(good.output, "@works\n");
  const Outcome aborted = shell("echo @call x; kill -ABRT $$");
  EXPECT_EQ(aborted.how, Outcome::crashed);
  EXPECT_EQ(aborted.code, SIGABRT);
  EXPECT_EQ(aborted.output, "@call x\n");
  EXPECT_EQ(run_child({"/no/such/program"}, {}, 20).code, 127);
  EXPECT_EQ(shell("head -c 1000000 /dev/zero").output.size(), 1000000u);
}

TEST(DoctorChild, HasATimeLimitWithAllItsChildren) {
  const auto begin = std::chrono::steady_clock::now();
  const Outcome late = shell("echo @call x; sleep 60 & sleep 60", 0.3);
  EXPECT_EQ(late.how, Outcome::timed_out);
  EXPECT_EQ(late.output, "@call x\n");
  EXPECT_EQ(shell("exec >&-; sleep 60", 0.3).how,
            Outcome::timed_out);  // closes its output and goes on
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(20));
}

TEST(DoctorChild, HasItsOwnEnvironment) {
  setenv("DOCTOR_TEST", "before", 1);
  EXPECT_EQ(shell("echo $DOCTOR_TEST", 20, {{"DOCTOR_TEST", "within"}}).output, "within\n");
  EXPECT_EQ(shell("echo ${DOCTOR_TEST-unset}", 20, {{"DOCTOR_TEST", ""}}).output, "unset\n");
  EXPECT_STREQ(getenv("DOCTOR_TEST"), "before");
}
#endif

}  // namespace
}  // namespace tinygrad::doctor
