// SPDX-License-Identifier: MIT
// Implements System for the real machine.
#if !defined(_WIN32)
#include <grp.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>
#endif

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "child.h"
#include "system.h"
#include "windows_facts.h"

namespace tinygrad::doctor {
namespace {

namespace fs = std::filesystem;

#if !defined(_WIN32)
/// A folder that holds only the ICD file of one driver, or nothing, during a probe. OCL_ICD_VENDORS
/// may name a file for ocl-icd, but only a folder for Khronos's loader, which Fedora has: so it
/// names a folder.
class IcdFolder {
 public:
  explicit IcdFolder(const std::string& library) {
    std::string pattern = (fs::temp_directory_path(failed_) / "tinygrad-doctor-XXXXXX").string();
    if (!mkdtemp(pattern.data())) return;
    path_ = pattern;
    written_ =
        library.empty() || (std::ofstream(path_ + "/only.icd") << library << std::endl).good();
  }
  ~IcdFolder() {
    if (!path_.empty()) fs::remove_all(path_, failed_);
  }
  IcdFolder(const IcdFolder&) = delete;
  bool made() const { return written_; }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
  bool written_ = false;
  std::error_code failed_;
};

bool lists_user(const group& g) {
  const passwd* user = getpwuid(getuid());
  for (char** member = g.gr_mem; user && *member; ++member)
    if (std::string(*member) == user->pw_name) return true;
  return false;
}

bool in_group_now(gid_t id) {
  std::vector<gid_t> groups(std::size_t(std::max(0, getgroups(0, nullptr))));
  if (getgroups(int(groups.size()), groups.data()) < 0) groups.clear();
  return getegid() == id || std::find(groups.begin(), groups.end(), id) != groups.end();
}
#endif

class ThisSystem : public System {
 public:
  ThisSystem(std::string program, double seconds)
      : program_(std::move(program)), seconds_(seconds) {}

  std::optional<std::string> read(const std::string& file) const override {
#if defined(_WIN32)
    if (file == "/proc/cpuinfo") return windows_processors();
#endif
    std::ifstream in(file, std::ios::binary);
    if (!in) return std::nullopt;
    return std::string(std::istreambuf_iterator<char>(in), {});
  }

  std::vector<std::string> list(const std::string& folder) const override {
    std::vector<std::string> names;
    std::error_code failed;
    for (auto it = fs::directory_iterator(folder, failed);
         !failed && it != fs::directory_iterator(); it.increment(failed))
      names.push_back(it->path().filename().string());
    std::sort(names.begin(), names.end());
    return names;
  }

  bool exists(const std::string& path) const override {
    std::error_code failed;
    return fs::exists(path, failed);
  }

#if defined(_WIN32)
  Access access(const std::string&) const override { return {.usable = true}; }
  bool is_windows() const override { return true; }
  RegistryKey registry(const std::string& key) const override { return windows_registry(key); }
  std::vector<DisplayAdapter> display_adapters() const override {
    return windows_display_adapters();
  }
#else
  Access access(const std::string& path) const override {
    struct stat info;
    if (stat(path.c_str(), &info) != 0) return {};
    Access a{.usable = ::access(path.c_str(), R_OK | W_OK) == 0,
             .group = std::to_string(info.st_gid),
             .member_now = in_group_now(info.st_gid)};
    if (const group* g = getgrgid(info.st_gid)) a.group = g->gr_name, a.member = lists_user(*g);
    return a;
  }
#endif

  std::string environment(const std::string& variable) const override {
    const char* value = std::getenv(variable.c_str());
    return value ? value : "";
  }

  CpuInfo cpu() const override { return cpu_info(); }
  CudaBuild cuda_build() const override { return this_cuda_build(); }
  bool has_opencl_backend() const override { return TINYGRAD_HAVE_OPENCL; }

  Outcome probe(const std::vector<std::string>& arguments, const Drivers& drivers) const override {
    std::vector<std::string> command = {program_, "--probe"};
    command.insert(command.end(), arguments.begin(), arguments.end());
#if defined(_WIN32)  // a loader there cannot be shown one driver alone: probe_opencl.cpp
    (void)drivers;
    return run_child(command, {}, seconds_);
#else
    if (!drivers) return run_child(command, {}, seconds_);
    const IcdFolder icds(*drivers);
    if (!icds.made()) return {.how = Outcome::not_started};
    return run_child(
        command,
        {{"OCL_ICD_VENDORS", icds.path()}, {"OCL_ICD_FILENAMES", ""}, {"OPENCL_VENDOR_PATH", ""}},
        seconds_);
#endif
  }

 private:
  std::string program_;
  double seconds_;
};

}  // namespace

std::unique_ptr<System> this_system(const std::string& program, double seconds) {
  return std::make_unique<ThisSystem>(program, seconds);
}

}  // namespace tinygrad::doctor
