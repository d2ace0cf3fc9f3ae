// SPDX-License-Identifier: MIT
// A layer between OpenCL's loader and a driver, named by $OPENCL_LAYERS. It appends a line to the
// file $TINYGRAD_LAUNCHED for each kernel that is launched, such as "reduce.cl search". If
// $TINYGRAD_KEEP_BUFFERS is set, buffers are never released (oclgrind.sh says why).
#include <CL/cl_layer.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <map>
#include <mutex>
#include <set>
#include <string>

namespace {

const cl_icd_dispatch* below;
std::mutex mutex;
std::map<cl_program, std::string> files;
std::map<cl_kernel, std::string> names;  // "file kernel"

/// Returns the .cl file of a program, which its first #line names.
std::string file_of(const std::string& source) {
  const std::size_t line = source.find("#line 1 \""), begin = line + 9;
  return line == std::string::npos ? "" : source.substr(begin, source.find('"', begin) - begin);
}

cl_program create_program(cl_context context, cl_uint count, const char** texts,
                          const std::size_t* lengths, cl_int* error) {
  std::string source;
  for (cl_uint i = 0; i < count; ++i)
    source += lengths && lengths[i] ? std::string(texts[i], lengths[i]) : texts[i];
  const cl_program program =
      below->clCreateProgramWithSource(context, count, texts, lengths, error);
  std::lock_guard lock(mutex);
  files[program] = file_of(source);
  return program;
}

cl_kernel create_kernel(cl_program program, const char* name, cl_int* error) {
  const cl_kernel kernel = below->clCreateKernel(program, name, error);
  std::lock_guard lock(mutex);
  names[kernel] = files[program] + " " + name;
  return kernel;
}

void note(cl_kernel kernel) {
  static std::ofstream launched(std::getenv("TINYGRAD_LAUNCHED"), std::ios::app);
  static std::set<std::string> known;
  std::lock_guard lock(mutex);
  if (known.insert(names[kernel]).second) launched << names[kernel] << std::endl;
}
cl_int run(cl_command_queue queue, cl_kernel kernel, cl_uint rank, const std::size_t* offset,
           const std::size_t* items, const std::size_t* group, cl_uint waits, const cl_event* list,
           cl_event* event) {
  note(kernel);
  return below->clEnqueueNDRangeKernel(queue, kernel, rank, offset, items, group, waits, list,
                                       event);
}

cl_int keep_buffer(cl_mem) { return CL_SUCCESS; }

}  // namespace

extern "C" {
cl_int clGetLayerInfo(cl_layer_info what, std::size_t room, void* to, std::size_t* needed) {
  const cl_layer_api_version version = CL_LAYER_API_VERSION_100;
  if (what != CL_LAYER_API_VERSION || (to && room < sizeof version)) return CL_INVALID_VALUE;
  if (needed) *needed = sizeof version;
  if (to) std::memcpy(to, &version, sizeof version);
  return CL_SUCCESS;
}
cl_int clInitLayer(cl_uint count, const cl_icd_dispatch* target, cl_uint* own_count,
                   const cl_icd_dispatch** own) {
  static cl_icd_dispatch functions = {};
  below = target;
  std::memcpy(&functions, target, std::min<std::size_t>(count * sizeof(void*), sizeof functions));
  functions.clCreateProgramWithSource = create_program;
  functions.clCreateKernel = create_kernel;
  functions.clEnqueueNDRangeKernel = run;
  if (std::getenv("TINYGRAD_KEEP_BUFFERS")) functions.clReleaseMemObject = keep_buffer;
  *own = &functions, *own_count = sizeof functions / sizeof(void*);
  return CL_SUCCESS;
}
}
