// SPDX-License-Identifier: MIT
// Lists the paths at which NVIDIA's libraries are searched. It does not need CUDA.
#pragma once
#include <string>
#include <vector>

namespace tinygrad::cuda {

/// Folders of installations; those that are empty or do not exist are skipped.
struct LibraryFolders {
  std::vector<std::string> cudnn;    ///< of cuDNN only: $CUDNN_ROOT
  std::vector<std::string> toolkit;  ///< of CUDA: $CUDA_PATH, $CUDA_HOME, /usr/local/cuda ...
  std::vector<std::string>
      python;  ///< of Python, which is in lib/: $VIRTUAL_ENV, $CONDA_PREFIX, ~/.local, /usr ...
};
/// The folders of this machine, from its environment variables.
LibraryFolders library_folders();

/// The arguments for dlopen, to be tried in order, for a library with one of these names: the file
/// in the folders of cuDNN, the bare name, which the system looks up, then the files in toolkits
/// and in Python's packages. Files are listed only if they exist. All paths of the first name come
/// before those of the next.
std::vector<std::string> library_paths(const std::vector<std::string>& names,
                                       const LibraryFolders& folders);

}  // namespace tinygrad::cuda
