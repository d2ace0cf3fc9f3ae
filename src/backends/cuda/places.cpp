#include "backends/cuda/places.h"

#include <glob.h>

#include "core/environment.h"

namespace tinygrad::cuda {
namespace {

/// The files named `name` in the folders that a pattern names below `root`, in alphabetical order.
void add_files(const std::string& root, const char* folders, const std::string& name,
               std::vector<std::string>& to) {
  if (root.empty()) return;
  std::string pattern = root;
  pattern.append(folders).append(name);
  glob_t found = {};
  if (glob(pattern.c_str(), 0, nullptr, &found) == 0)
    to.insert(to.end(), found.gl_pathv, found.gl_pathv + found.gl_pathc);
  globfree(&found);
}
void add_installed(const std::vector<std::string>& roots, const std::string& name,
                   std::vector<std::string>& to) {
  for (const std::string& root : roots)
    for (const char* folder : {"/lib64/", "/lib/", "/targets/x86_64-linux/lib/"})
      add_files(root, folder, name, to);
}
void add_packaged(const std::vector<std::string>& prefixes, const std::string& name,
                  std::vector<std::string>& to) {
  for (const std::string& prefix : prefixes)
    for (const char* packages :
         {"/lib/python3*/site-packages/nvidia/*/lib/", "/lib/python3*/dist-packages/nvidia/*/lib/"})
      add_files(prefix, packages, name, to);
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
