// SPDX-License-Identifier: MIT
// Finds the files of NVIDIA's libraries in toolkits and in Python's packages.
#include "backends/cuda/library_paths.h"

#include <glob.h>

#include "core/environment.h"

namespace tinygrad::cuda {
namespace {

/// Appends the files called `name` in the folders below `root` that match a pattern, in
/// alphabetical order.
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

LibraryFolders library_folders() {
  LibraryFolders folders;
  folders.cudnn = {environment::cudnn_root()};
  folders.toolkit = environment::cuda_folders();
  folders.toolkit.insert(folders.toolkit.end(), {"/usr/local/cuda", "/opt/cuda"});
  folders.python = environment::python_folders();
  folders.python.insert(folders.python.end(), {"/usr/local", "/usr"});
  return folders;
}

std::vector<std::string> library_paths(const std::vector<std::string>& names,
                                       const LibraryFolders& folders) {
  std::vector<std::string> paths;
  for (const std::string& name : names) {
    if (name.starts_with("libcudnn")) add_installed(folders.cudnn, name, paths);
    paths.push_back(name);
    add_installed(folders.toolkit, name, paths);
    add_packaged(folders.python, name, paths);
  }
  return paths;
}

}  // namespace tinygrad::cuda
