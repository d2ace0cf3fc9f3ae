// SPDX-License-Identifier: MIT
// Reads the message of dlopen, and looks for the file in the folders that dlopen searches.
#include "backends/opencl/open_problem.h"

#include <filesystem>
#include <system_error>
#include <vector>

#if defined(__GLIBC__)
#include <dlfcn.h>
#endif

namespace tinygrad::opencl {
namespace {

/// The folders in which dlopen looks for a name without a slash: LD_LIBRARY_PATH, those of the
/// program, and the system's.
std::vector<std::string> searched_folders() {
  std::vector<std::string> folders;
#ifdef __GLIBC__
  void* program = dlopen(nullptr, RTLD_LAZY);
  Dl_serinfo size = {};
  if (!program || dlinfo(program, RTLD_DI_SERINFOSIZE, &size) != 0) return {};
  std::vector<char> room(size.dls_size);
  auto* info = reinterpret_cast<Dl_serinfo*>(room.data());
  if (dlinfo(program, RTLD_DI_SERINFOSIZE, info) != 0 ||
      dlinfo(program, RTLD_DI_SERINFO, info) != 0)
    return {};
  for (unsigned i = 0; i < info->dls_cnt; ++i) folders.push_back(info->dls_serpath[i].dls_name);
#endif
  return folders;
}

bool is_there(const std::string& file) {
  std::error_code error;
  return std::filesystem::exists(file, error);
}

std::string found_file(const std::string& name) {
  if (name.find('/') != std::string::npos) return is_there(name) ? name : "";
  for (std::string file : searched_folders()) {
    file.append("/").append(name);
    if (is_there(file)) return file;
  }
  return "";
}

}  // namespace

OpenProblem why_not_opened(const std::string& name, const std::string& error) {
  OpenProblem problem{.file = found_file(name), .error = error};
  const auto end = error.find(": cannot open shared object file: No such file");
  if (end != std::string::npos && error.substr(0, end) != name)
    problem.missing = error.substr(0, end);
  return problem;
}

std::string python_package_of(const std::string& library) {
  struct Row {
    const char *library, *package;
  };
  constexpr Row rows[] = {{"libimf.so", "intel-cmplr-lib-rt"},
                          {"libsvml.so", "intel-cmplr-lib-rt"},
                          {"libirng.so", "intel-cmplr-lib-rt"},
                          {"libintlc.so", "intel-cmplr-lib-rt"},
                          {"libtbb.so", "tbb"},
                          {"libtbbmalloc.so", "tbb"}};
  for (const Row& row : rows)
    if (library.starts_with(row.library)) return row.package;
  return "";
}

}  // namespace tinygrad::opencl
