// SPDX-License-Identifier: MIT
// Implements the part of NVIDIA's driver library that the doctor calls: CUDA 13.0 and one GPU.
// FAKE_CUINIT makes cuInit fail with that number.
#include <cstddef>
#include <cstdlib>
#include <cstring>

extern "C" {
int cuDriverGetVersion(int* version) { return *version = 13000, 0; }
int cuInit(unsigned) {
  const char* code = std::getenv("FAKE_CUINIT");
  return code ? std::atoi(code) : 0;
}
int cuGetErrorName(int, const char** name) { return *name = "CUDA_ERROR_FAKE", 0; }
int cuDeviceGetCount(int* count) { return *count = 1, 0; }
int cuDeviceGet(int* device, int number) { return *device = number, 0; }
int cuDeviceGetName(char* name, int size, int) {
  return std::strncpy(name, "Fake GPU", std::size_t(size)), 0;
}
int cuDeviceGetAttribute(int* value, int attribute, int) {
  return *value = attribute == 75 ? 8 : attribute == 76 ? 9 : 128, 0;
}
int cuDeviceTotalMem_v2(std::size_t* bytes, int) { return *bytes = std::size_t(24) << 30, 0; }
}
