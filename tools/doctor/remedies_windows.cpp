// SPDX-License-Identifier: MIT
// Commands that repair the chains on Windows, for its command prompt. Sources: winget's packages
// Intel.IntelDriverAndSupportAssistant and Nvidia.CUDA (microsoft/winget-pkgs); it has no driver
// of NVIDIA's or AMD's, so their download pages are opened. wsl.exe: Microsoft, "How to install
// Linux on Windows with WSL"; reg.exe writes below HKLM only for an administrator.
#include "remedies.h"

namespace tinygrad::doctor::remedy {

Commands windows_driver(const Graphics* card) {
  if (!card) return Commands::on_windows("start ms-settings:windowsupdate-optionalupdates");
  if (card->nvidia()) return Commands::on_windows("start https://www.nvidia.com/drivers");
  if (card->amd()) return Commands::on_windows("start https://www.amd.com/support");
  return Commands::on_windows("winget install Intel.IntelDriverAndSupportAssistant");
}

Commands write_registry(const std::string& key, const std::string& name, int number) {
  return Commands::on_windows("reg add \"" + key + "\" /v \"" + name + "\" /t REG_DWORD /d " +
                              std::to_string(number) + " /f");
}
Commands remove_from_registry(const std::string& key, const std::string& name) {
  return Commands::on_windows("reg delete \"" + key + "\" /v \"" + name + "\" /f");
}

Commands windows_toolkit() { return Commands::on_windows("winget install Nvidia.CUDA"); }
Commands windows_cudnn() {
  return Commands::on_windows("start https://developer.nvidia.com/cudnn");
}
Commands wsl(const std::string& distribution) {
  return Commands::on_windows(distribution.empty() ? "wsl --install" : "wsl -d " + distribution);
}

}  // namespace tinygrad::doctor::remedy
