// Where NVIDIA's libraries may lie. Plain text and folders, without CUDA.
#pragma once
#include <string>
#include <vector>

namespace tinygrad::cuda {

/// Folders that hold installations; those that are empty or not there do no harm.
struct Folders {
  std::vector<std::string> cudnn;    ///< of cuDNN alone: $CUDNN_ROOT
  std::vector<std::string> toolkit;  ///< of CUDA: $CUDA_PATH, $CUDA_HOME, /usr/local/cuda ...
  std::vector<std::string>
      python;  ///< with Python in lib/: $VIRTUAL_ENV, $CONDA_PREFIX, ~/.local, /usr ...
};
Folders this_machines_folders();

/// What to give to dlopen, one after another, for a library with one of these names: where cuDNN
/// was said to be, then the bare name, which the system looks up, then in toolkits and Python's
/// packages, in each of which the file is there. All of them for the first name, then the next.
std::vector<std::string> places_of(const std::vector<std::string>& names, const Folders& folders);

}  // namespace tinygrad::cuda
