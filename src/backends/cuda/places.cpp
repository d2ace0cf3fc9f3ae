#include "backends/cuda/places.h"

#include <glob.h>

#include "core/environment.h"

namespace tinygrad::cuda {
namespace {

/// The files that a pattern names, in alphabetical order.
void add_files(const std::string& pattern, std::vector<std::string>& to) {
  glob_t found = {};
  if (glob(pattern.c_str(), 0, nullptr, &found) == 0) to.insert(to.end(), found.gl_pathv, found.gl_pathv + found.gl_pathc);
  globfree(&found);
}
void add_installed(const std::vector<std::string>& roots, const std::string& name, std::vector<std::string>& to) {
  for (const std::string& root : roots)
    if (!root.empty())
      for (const char* folder : {"/lib64/", "/lib/", "/targets/x86_64-linux/lib/"}) add_files(root + folder + name, to);
}
void add_packaged(const std::vector<std::string>& prefixes, const std::string& name, std::vector<std::string>& to) {
  for (const std::string& prefix : prefixes)
    if (!prefix.empty())
      for (const char* packages : {"site-packages", "dist-packages"}) add_files(prefix + "/lib/python3*/" + packages + "/nvidia/*/lib/" + name, to);
}

}  // namespace

Folders this_machines_folders() {
  Folders folders;
  folders.cudnn = {environment::cudnn_root()};
  folders.toolkit = environment::cuda_folders();
  folders.toolkit.insert(folders.toolkit.end(), {"/usr/local/cuda", "/opt/cuda"});
  folders.python = environment::python_folders();
  folders.python.insert(folders.python.end(), {"/usr/local", "/usr"});
  return folders;
}

std::vector<std::string> places_of(const std::vector<std::string>& names, const Folders& folders) {
  std::vector<std::string> places;
  for (const std::string& name : names) {
    if (name.starts_with("libcudnn")) add_installed(folders.cudnn, name, places);
    places.push_back(name);
    add_installed(folders.toolkit, name, places);
    add_packaged(folders.python, name, places);
  }
  return places;
}

}  // namespace tinygrad::cuda
