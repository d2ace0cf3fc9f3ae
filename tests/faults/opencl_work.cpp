// Trains on OpenCL, or with "add" adds a few numbers; prints what came out, and how many programs were compiled for it. Where that fails, it
// prints the error, goes on with the CPU, and ends with 1.
#include "opencl_fault.h"
#include "small_training.h"

namespace test = tinygrad::test;

namespace {

std::string add() { return tinygrad::to_string((tinygrad::arange(5).to("opencl") + 1).sum()) + "\n"; }

}  // namespace

int main(int count, char** /*words*/) try {
  const std::string result = count > 1 ? add() : test::losses_on("opencl");
  std::printf("%s%ld compiled\n", result.c_str(), test::opencl_calls("clCreateProgramWithSource"));
} catch (const tinygrad::Error& error) {
  std::printf("%s\n", error.what());
  return test::losses_on("cpu").empty() ? 2 : 1;
}
