// SPDX-License-Identifier: MIT
// Opens NVIDIA's libraries and looks up their functions.
#include "backends/cuda/library.h"

#include <cuda_runtime_api.h>

#include <optional>

#include "backends/common/shared_library.h"
#include "backends/cuda/library_paths.h"

namespace tinygrad::cuda {
namespace {

using common::SharedLibrary;

/// The first library that can be opened. If there is none, library.problem says why.
std::optional<SharedLibrary> open(const std::vector<std::string>& names, const std::string& package,
                                  Library& library) {
  std::string refused;
  for (const std::string& file : library_paths(names, library_folders())) {
    const SharedLibrary opened(file);
    if (opened.handle) return library.file = file, opened;
    if (file.find('/') != std::string::npos) refused = opened.error;  // the file exists
  }
  if (!refused.empty()) library.problem = names.front() + " cannot be opened: " + refused;
  else
    library.problem = names.front() + " was not found; it is part of " + package +
                      "; tinygrad-doctor looks into why";
  return {};
}

template <class F>
void look_up(const SharedLibrary& opened, const char* name, F*& function, Library& library) {
  function = reinterpret_cast<F*>(opened.find(name));
  if (!function) library.problem = library.file + " has no " + name + "; it is too old or damaged";
}

CublasLt open_cublaslt() {
  CublasLt library;
  std::vector<std::string> names = {"libcublasLt.so.13", "libcublasLt.so.12"};
  if (CUDART_VERSION < 13000) std::swap(names[0], names[1]);
  if (const auto opened =
          open(names, "NVIDIA's CUDA toolkit, and of Python's package nvidia-cublas", library)) {
#define CUDA_LIBRARY_FUNCTION(name) look_up(*opened, #name, library.name, library);
#include "backends/cuda/cublaslt.def"
  }
  return library;
}

#if TINYGRAD_HAVE_CUDNN
Cudnn open_cudnn() {
  Cudnn library;
  if (const auto opened = open({"libcudnn.so.9"},
                               "NVIDIA's cuDNN, and of Python's package nvidia-cudnn", library)) {
#define CUDA_LIBRARY_FUNCTION(name) look_up(*opened, #name, library.name, library);
#include "backends/cuda/cudnn.def"
  }
  return library;
}
#endif

}  // namespace

const CublasLt& cublaslt() {
  static const CublasLt& library = *new CublasLt(open_cublaslt());
  return library;
}
#if TINYGRAD_HAVE_CUDNN
const Cudnn& cudnn() {
  static const Cudnn& library = *new Cudnn(open_cudnn());
  return library;
}
#endif

}  // namespace tinygrad::cuda
