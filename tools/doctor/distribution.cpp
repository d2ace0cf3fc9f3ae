// SPDX-License-Identifier: MIT
#include "distribution.h"

#include <cstdlib>
#include <map>
#include <sstream>

namespace tinygrad::doctor {
namespace {

std::map<std::string, std::string> fields(const std::string& text) {
  std::map<std::string, std::string> all;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    const auto equals = line.find('=');
    if (equals == std::string::npos) continue;
    std::string value = line.substr(equals + 1);
    if (value.size() >= 2 && value.front() == '"' && value.back() == '"')
      value = value.substr(1, value.size() - 2);
    all[line.substr(0, equals)] = value;
  }
  return all;
}

Family family_of(const std::string& ids) {
  std::istringstream words(ids);
  for (std::string id; words >> id;) {
    if (id == "debian" || id == "ubuntu") return Family::debian;
    if (id == "fedora" || id == "rhel" || id == "centos") return Family::fedora;
    if (id == "arch") return Family::arch;
  }
  return Family::other;
}

/// "Windows 11, build 22631". The registry's name for 11 is still 10; 22000 was its first build.
Distribution of_windows(const System& system) {
  const std::string build = system.registry("HKLM\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion")
                                .value("CurrentBuildNumber");
  const char* number = std::atoi(build.c_str()) >= 22000 ? "11" : "10";
  return {Family::windows, std::string("Windows ") + number + ", build " + build};
}

}  // namespace

double Distribution::number() const { return std::strtod(version.c_str(), nullptr); }

Distribution distribution(const System& system) {
  if (system.is_windows()) return of_windows(system);
  const auto text = system.read("/etc/os-release");
  if (!text) return {};
  auto f = fields(*text);
  return {family_of(f["ID"] + " " + f["ID_LIKE"]),
          f["PRETTY_NAME"].empty() ? "Linux" : f["PRETTY_NAME"], f["ID"], f["VERSION_CODENAME"],
          f["VERSION_ID"]};
}

std::string kernel_release(const System& system) {
  std::string release = system.read("/proc/sys/kernel/osrelease").value_or("");
  while (!release.empty() && release.back() == '\n') release.pop_back();
  return release;
}

int wsl_version(const System& system) {
  const std::string release = kernel_release(system);
  if (release.find("microsoft") != std::string::npos)
    return 2;  // 5.15.90.1-microsoft-standard-WSL2
  return release.find("Microsoft") != std::string::npos ? 1 : 0;  // 4.4.0-19041-Microsoft
}

bool in_container(const System& system) {
  return system.exists("/.dockerenv") || system.exists("/run/.containerenv");
}

}  // namespace tinygrad::doctor
