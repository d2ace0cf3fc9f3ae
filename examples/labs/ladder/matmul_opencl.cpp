// SPDX-License-Identifier: MIT
// Runs the rungs of matmul.cl on the first OpenCL device.
// The binding of Debian 12 does not compile with a minimum of 1.2.
#define CL_HPP_TARGET_OPENCL_VERSION 300
#define CL_HPP_MINIMUM_OPENCL_VERSION 110
#define CL_HPP_ENABLE_EXCEPTIONS
#define CL_TARGET_OPENCL_VERSION 300
#include <CL/opencl.hpp>

#include "labs/ladder/devices.h"
#include "labs/ladder/machine.h"

namespace ladder {
namespace {

constexpr const char* source =
#include "matmul_cl.h"  // the text of matmul.cl; CMakeLists.txt writes it
    ;

/// The first graphics card of any platform, otherwise its first device; none where there is none.
std::vector<cl::Device> first_device() {
  for (const cl_device_type type :
       {cl_device_type(CL_DEVICE_TYPE_GPU), cl_device_type(CL_DEVICE_TYPE_ALL)})
    try {
      std::vector<cl::Platform> platforms;
      cl::Platform::get(&platforms);
      for (auto& platform : platforms) {
        std::vector<cl::Device> devices;
        platform.getDevices(type, &devices);
        if (!devices.empty()) return {devices[0]};
      }
    } catch (const cl::Error&) {  // there is no driver, or no such device
    }
  return {};
}

double limit_of(cl::CommandQueue& queue, cl::Kernel kernel, double budget) {
  const int steps = 1 << 10, items = 1 << 10;
  std::vector<float> values(16 * items, 0.5f);
  cl::Buffer buffer(queue, values.begin(), values.end(), false);
  kernel.setArg(0, steps);
  kernel.setArg(1, buffer);
  const auto run = [&] {
    queue.enqueueNDRangeKernel(kernel, cl::NullRange, cl::NDRange(items));
    queue.finish();
  };
  run();  // PoCL compiles a kernel when it first runs
  const double seconds = shortest(budget, run);
  return 2e-9 * steps * items * 8 * 16 / seconds;
}

}  // namespace

DeviceLadder opencl_ladder(int n, const float* a, const float* b, double budget) {
  const std::vector<cl::Device> found = first_device();
  if (found.empty()) return {};
  const cl::Context context(found[0]);
  cl::CommandQueue queue(context, found[0]);
  cl::Program program(context, source);
  program.build();
  DeviceLadder all{.device = found[0].getInfo<CL_DEVICE_NAME>(),
                   .limit = limit_of(queue, cl::Kernel(program, "limit"), budget)};
  const std::size_t size = std::size_t(n) * n;
  const cl::Buffer of_a(queue, a, a + size, true), of_b(queue, b, b + size, true),
      of_c(context, CL_MEM_READ_WRITE, size * sizeof(float));
  for (const char* name : {"naive", "tiled", "register_tile"}) {
    cl::KernelFunctor<int, cl::Buffer, cl::Buffer, cl::Buffer> kernel(program, name);
    const int items = name == std::string("register_tile") ? n / 4 : n;
    const auto run = [&] {
      kernel({queue, {std::size_t(items), std::size_t(items)}, {16, 16}}, n, of_a, of_b, of_c);
      queue.finish();
    };
    run();
    const double seconds = shortest(budget, run);
    std::vector<float> c(size);
    queue.enqueueReadBuffer(of_c, CL_TRUE, 0, size * sizeof(float), c.data());
    all.rungs.push_back({name, seconds, std::move(c)});
  }
  return all;
}

}  // namespace ladder
