// SPDX-License-Identifier: MIT
// Times products by CLBlast on the first OpenCL device; the OpenCL backend's products
// (bench/compare --device opencl --only matmul) are compared with them. It is built if CLBlast is
// found.
//   clblast_bench [Google Benchmark's flags]
#include <benchmark/benchmark.h>
#define CL_TARGET_OPENCL_VERSION 120
#include <clblast_c.h>

#include <cstdio>
#include <cstdlib>
#include <vector>

namespace {

void check(int status, const char* what) {
  if (status == 0) return;
  std::fprintf(stderr, "clblast_bench: %s: error %d\n", what, status);
  std::exit(1);
}

/// The first device of any platform, and its queue.
struct OpenCl {
  cl_context context;
  cl_command_queue queue;
  OpenCl() {
    cl_platform_id platform;
    cl_device_id device;
    cl_int status = 0;
    check(clGetPlatformIDs(1, &platform, nullptr), "clGetPlatformIDs");
    check(clGetDeviceIDs(platform, CL_DEVICE_TYPE_ALL, 1, &device, nullptr), "clGetDeviceIDs");
    context = clCreateContext(nullptr, 1, &device, nullptr, nullptr, &status);
    check(status, "clCreateContext");
    queue = clCreateCommandQueue(context, device, 0, &status);
    check(status, "clCreateCommandQueue");
  }
  cl_mem buffer(std::size_t count) const {
    std::vector<float> numbers(count, 0.5f);
    cl_int status = 0;
    cl_mem memory = clCreateBuffer(context, CL_MEM_READ_WRITE | CL_MEM_COPY_HOST_PTR,
                                   count * sizeof(float), numbers.data(), &status);
    check(status, "clCreateBuffer");
    return memory;
  }
};

/// [M, K] x [K, N].
void matmul(benchmark::State& state) {
  static OpenCl cl;
  const auto m = std::size_t(state.range(0)), k = std::size_t(state.range(1)),
             n = std::size_t(state.range(2));
  cl_mem a = cl.buffer(m * k), b = cl.buffer(k * n), c = cl.buffer(m * n);
  const auto run = [&] {
    check(CLBlastSgemm(CLBlastLayoutRowMajor, CLBlastTransposeNo, CLBlastTransposeNo, m, n, k, 1, a,
                       0, k, b, 0, n, 0, c, 0, n, &cl.queue, nullptr),
          "CLBlastSgemm");
    clFinish(cl.queue);
  };
  run();  // compiled
  for (auto _ : state) run();
  state.counters["FLOP/s"] =
      benchmark::Counter(2. * double(m * k * n), benchmark::Counter::kIsIterationInvariantRate);
  for (cl_mem memory : {a, b, c}) clReleaseMemObject(memory);
}
BENCHMARK(matmul)
    ->Args({1024, 1024, 1024})
    ->Args({64, 784, 512})
    ->Args({512, 64, 784})
    ->UseRealTime();

}  // namespace

BENCHMARK_MAIN();
