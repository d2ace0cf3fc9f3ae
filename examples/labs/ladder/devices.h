// SPDX-License-Identifier: MIT
// The matrix product's ladder on devices: matmul.cl and matmul.cu, file beside file.
#pragma once
#include <string>
#include <vector>

namespace lab {
class Lab;
}

namespace ladder {

/// One device's results for c = a b, all [n, n], float32 and row-major.
struct DeviceLadder {
  std::string device;  ///< its name; empty if there is none
  double limit = 0;    ///< GFLOP/s of multiply-adds in registers
  struct Rung {
    std::string name;
    double seconds;
    std::vector<float> c;
  };
  std::vector<Rung> rungs = {};
};
/// Runs each rung for `budget` seconds. n must be a multiple of 64.
DeviceLadder opencl_ladder(int n, const float* a, const float* b, double budget);
DeviceLadder cuda_ladder(int n, const float* a, const float* b, double budget);

/// Shows a device's ladder, with the library's product on that device as the last rung. device: its
/// name in the library.
void products_on(lab::Lab& lab, const char* device, decltype(opencl_ladder) run, double budget);

}  // namespace ladder
