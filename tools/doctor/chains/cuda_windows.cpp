// SPDX-License-Identifier: MIT
// Checks CUDA's parts on Windows. Sources of the rules:
// - CUDA_PATH names the toolkit, in a folder that ends with its version, v13.0, and bin\nvcc.exe:
//   NVIDIA, "CUDA Installation Guide for Microsoft Windows". Which programs a driver runs:
//   cuda_rules.cpp.
// - cudnn64_9.dll is found by PATH: NVIDIA, "Installing cuDNN Backend on Windows".
// - A distribution of WSL is a key below Lxss with its name: Microsoft, "How to manage WSL disk
//   space".
#include <sstream>

#include "chains/windows.h"
#include "remedies.h"

namespace tinygrad::doctor::windows {
namespace {

/// 13000 of "C:\\Program Files\\NVIDIA GPU Computing Toolkit\\CUDA\\v13.0"; 0 if it ends otherwise.
int toolkit_in(const std::string& folder) {
  const auto v = folder.rfind("\\v");
  const Version version = v == std::string::npos ? Version{} : version_of(folder.substr(v + 2));
  return 1000 * version.major + 10 * version.minor;
}

Link cudnn(const System& system) {
  std::istringstream folders(system.environment("PATH"));
  for (std::string folder; std::getline(folders, folder, ';');)
    if (const std::string file = folder + "\\cudnn64_9.dll"; system.exists(file))
      return {.name = Text::cudnn, .what = {Text::cudnn_here}, .path = file};
  return {.name = Text::cudnn,
          .state = State::note,
          .what = {Text::cudnn_not_on_path},
          .mend = remedy::windows_cudnn()};
}

Link beside(const System& system) {
  const std::string lxss = "HKCU\\Software\\Microsoft\\Windows\\CurrentVersion\\Lxss";
  for (const std::string& key : system.registry(lxss).keys) {
    const std::string name = system.registry(lxss + "\\" + key).value("DistributionName");
    if (!name.empty())
      return {.name = Text::wsl,
              .state = State::note,
              .what = {Text::wsl_beside, {name}},
              .mend = remedy::wsl(name)};
  }
  return {
      .name = Text::wsl, .state = State::note, .what = {Text::wsl_absent}, .mend = remedy::wsl("")};
}

}  // namespace

Link toolkit_link(const Surroundings& here, const cuda::Found& found) {
  if (found.build.toolkit) return cuda::toolkit_link(here, found);
  const std::string folder = here.system.environment("CUDA_PATH"),
                    nvcc = folder + "\\bin\\nvcc.exe";
  const int version = toolkit_in(folder);
  if (folder.empty() || !here.system.exists(nvcc))
    return {.name = Text::toolkit,
            .state = State::note,
            .what = {Text::toolkit_none},
            .mend = remedy::windows_toolkit()};
  Link link{.name = Text::toolkit,
            .state = State::note,
            .what = {Text::toolkit_here, {nvcc}},
            .version = version ? cuda::cuda_text(version) : "",
            .path = nvcc};
  if (!version || !found.driver || cuda::runs(version, found.driver) != cuda::Runs::no) return link;
  const std::string least = std::to_string(cuda::least_driver(cuda::major_of(version)));
  link.state = State::broken, link.mend = driver(here, cuda::card_of(here));
  link.what = {Text::toolkit_too_new, {link.version, cuda::cuda_text(found.driver), least}};
  return link;
}

std::vector<Link> library_links(const Surroundings& here, const cuda::Found& found) {
  std::vector<Link> links = {cudnn(here.system)};
  if (!found.build.toolkit) links.push_back(beside(here.system));
  return links;
}

}  // namespace tinygrad::doctor::windows
