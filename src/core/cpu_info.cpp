// SPDX-License-Identifier: MIT
// cpu_info(): which kernels, BLAS and number of threads the CPU backend uses.
#include "backends/cpu/choose.h"
#include "tinygrad/device.h"

#if defined(TINYGRAD_HAVE_BLAS)
extern "C" char* openblas_get_config()
    __attribute__((weak));  // "OpenBLAS 0.3.21 DYNAMIC_ARCH ...", if the BLAS is OpenBLAS
#endif

namespace tinygrad {
namespace {

std::string blas() {
#if defined(TINYGRAD_HAVE_BLAS)
  if (!openblas_get_config) return "BLAS";
  const std::string config = openblas_get_config();
  return config.substr(0, config.find(' ', config.find(' ') + 1));
#else
  return "";
#endif
}

}  // namespace

CpuInfo cpu_info() { return {cpu::choose_kernels().name, blas(), num_threads()}; }

}  // namespace tinygrad
