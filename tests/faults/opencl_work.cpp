// SPDX-License-Identifier: MIT
// A program that trains on OpenCL; with "add" it adds a few elements instead, with "leave" it ends
// while they are being added. It prints the result and how many programs were compiled for it. If
// it fails, it prints the error, continues on the CPU, and exits with 1.
#include "opencl_fault.h"
#include "small_training.h"

namespace test = tinygrad::test;

namespace {

tinygrad::Tensor sum() { return (tinygrad::arange(5).to("opencl") + 1).sum(); }

std::string work(const std::string& what) {
  if (what == "leave") return sum(), "left\n";
  return what == "add" ? tinygrad::to_string(sum()) + "\n" : test::losses_on("opencl");
}

}  // namespace

int main(int count, char** words) try {
  const std::string result = work(count > 1 ? words[1] : "");
  std::printf("%s%ld compiled\n", result.c_str(), test::opencl_calls("clCreateProgramWithSource"));
} catch (const tinygrad::Error& error) {
  std::printf("%s\n", error.what());
  return test::losses_on("cpu").empty() ? 2 : 1;
}
