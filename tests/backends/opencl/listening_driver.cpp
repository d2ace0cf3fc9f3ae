// SPDX-License-Identifier: MIT
// An OpenCL driver that compiles nothing and computes nothing. It writes each program that it is to
// build into the folder $TINYGRAD_PROGRAMS, with the build options in the first line, and it
// reports the properties of an Intel GPU with doubles. So a program shows which kernels it would
// need on such a device without having one; ocloc then compiles them (compiles_for_intel.sh).
// Memory is real, but kernels do nothing.
#include <CL/cl_icd.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <functional>
#include <string>
#include <vector>

namespace {
extern const cl_icd_dispatch functions;
}

// The loader reads the first member of each object.
struct Object {
  const cl_icd_dispatch* dispatch = &functions;
};
struct _cl_platform_id : Object {
} the_platform;
struct _cl_device_id : Object {
} the_device;
struct _cl_context : Object {
} the_context;
struct _cl_command_queue : Object {
} the_queue;
struct _cl_kernel : Object {
} the_kernel;
struct _cl_event : Object {
} the_event;
struct _cl_mem : Object {
  std::vector<char> bytes;
  std::atomic<int> owners = 1;
};
struct _cl_program : Object {
  std::string source;
  std::atomic<int> owners = 1;
};

namespace {

// ------------------------------------------------------------ answers

cl_int answer(const void* value, std::size_t bytes, std::size_t room, void* to,
              std::size_t* needed) {
  if (needed) *needed = bytes;
  if (!to) return CL_SUCCESS;
  if (room < bytes) return CL_INVALID_VALUE;
  std::memcpy(to, value, bytes);
  return CL_SUCCESS;
}
struct Asked {
  std::size_t room;
  void* to;
  std::size_t* needed;
  cl_int say(const char* text) const {
    return answer(text, std::strlen(text) + 1, room, to, needed);
  }
  template <class T> cl_int say(T number) const {
    return answer(&number, sizeof number, room, to, needed);
  }
};

cl_int platform_ids(cl_uint room, cl_platform_id* to, cl_uint* count) {
  if (count) *count = 1;
  if (to && room) *to = &the_platform;
  return CL_SUCCESS;
}
cl_int platform_info(cl_platform_id, cl_platform_info what, std::size_t room, void* to,
                     std::size_t* needed) {
  const Asked asked{room, to, needed};
  switch (what) {
    case CL_PLATFORM_NAME: return asked.say("a platform that listens");
    case CL_PLATFORM_VERSION: return asked.say("OpenCL 3.0");
    case CL_PLATFORM_PROFILE: return asked.say("FULL_PROFILE");
    case CL_PLATFORM_EXTENSIONS: return asked.say("cl_khr_icd");
    case CL_PLATFORM_ICD_SUFFIX_KHR: return asked.say("LISTENS");
    default: return asked.say("");
  }
}
cl_int device_ids(cl_platform_id, cl_device_type, cl_uint room, cl_device_id* to, cl_uint* count) {
  if (count) *count = 1;
  if (to && room) *to = &the_device;
  return CL_SUCCESS;
}
cl_int device_info(cl_device_id, cl_device_info what, std::size_t room, void* to,
                   std::size_t* needed) {
  const Asked asked{room, to, needed};
  switch (what) {
    case CL_DEVICE_NAME: return asked.say("a GPU that listens");
    case CL_DEVICE_VERSION: return asked.say("OpenCL 3.0");
    case CL_DRIVER_VERSION: return asked.say("1");
    case CL_DEVICE_EXTENSIONS:
      return asked.say(
          "cl_khr_fp16 cl_khr_fp64 cl_intel_subgroups cl_intel_required_subgroup_size");
    case CL_DEVICE_PLATFORM: return asked.say(&the_platform);
    case CL_DEVICE_TYPE: return asked.say(cl_device_type(CL_DEVICE_TYPE_GPU));
    case CL_DEVICE_HOST_UNIFIED_MEMORY: return asked.say(cl_bool(CL_TRUE));
    case CL_DEVICE_LOCAL_MEM_TYPE: return asked.say(cl_device_local_mem_type(CL_LOCAL));
    case CL_DEVICE_LOCAL_MEM_SIZE: return asked.say(cl_ulong(65536));
    case CL_DEVICE_SINGLE_FP_CONFIG:
      return asked.say(cl_device_fp_config(CL_FP_CORRECTLY_ROUNDED_DIVIDE_SQRT));
    case CL_DEVICE_MAX_WORK_GROUP_SIZE: return asked.say(std::size_t(256));
    case CL_DEVICE_MAX_MEM_ALLOC_SIZE: return asked.say(cl_ulong(1) << 31);
    case CL_DEVICE_GLOBAL_MEM_SIZE: return asked.say(cl_ulong(1) << 33);
    case CL_DEVICE_NATIVE_VECTOR_WIDTH_FLOAT: return asked.say(cl_uint(1));
    case CL_DEVICE_MAX_COMPUTE_UNITS: return asked.say(cl_uint(96));
    default: return CL_INVALID_VALUE;
  }
}
cl_int context_info(cl_context, cl_context_info what, std::size_t room, void* to,
                    std::size_t* needed) {
  const Asked asked{room, to, needed};
  if (what == CL_CONTEXT_DEVICES) return asked.say(&the_device);
  return what == CL_CONTEXT_NUM_DEVICES ? asked.say(cl_uint(1)) : CL_INVALID_VALUE;
}
cl_int program_info(cl_program, cl_program_info what, std::size_t room, void* to,
                    std::size_t* needed) {
  const Asked asked{room, to, needed};
  if (what == CL_PROGRAM_DEVICES) return asked.say(&the_device);
  return what == CL_PROGRAM_NUM_DEVICES ? asked.say(cl_uint(1)) : CL_INVALID_VALUE;
}
cl_int build_info(cl_program, cl_device_id, cl_program_build_info what, std::size_t room, void* to,
                  std::size_t* needed) {
  return what == CL_PROGRAM_BUILD_LOG ? Asked{room, to, needed}.say("") : CL_INVALID_VALUE;
}
cl_int event_info(cl_event, cl_event_info what, std::size_t room, void* to, std::size_t* needed) {
  return what == CL_EVENT_COMMAND_EXECUTION_STATUS
             ? Asked{room, to, needed}.say(cl_int(CL_COMPLETE))
             : CL_INVALID_VALUE;
}

// ------------------------------------------------------------ objects

template <class T> T made(T object, cl_int* error) {
  if (error) *error = CL_SUCCESS;
  return object;
}
template <class T> cl_int retain(T* object) { return ++object->owners, CL_SUCCESS; }
template <class T> cl_int release(T* object) {
  if (--object->owners == 0) delete object;
  return CL_SUCCESS;
}
template <class T> cl_int leave_alone(T*) { return CL_SUCCESS; }

cl_context create_context(const cl_context_properties*, cl_uint, const cl_device_id*,
                          void(CL_CALLBACK*)(const char*, const void*, std::size_t, void*), void*,
                          cl_int* error) {
  return made(&the_context, error);
}
cl_command_queue create_queue(cl_context, cl_device_id, cl_command_queue_properties,
                              cl_int* error) {
  return made(&the_queue, error);
}
cl_command_queue create_queue_with_properties(cl_context, cl_device_id, const cl_queue_properties*,
                                              cl_int* error) {
  return made(&the_queue, error);
}
cl_kernel create_kernel(cl_program, const char*, cl_int* error) { return made(&the_kernel, error); }
cl_program create_program(cl_context, cl_uint count, const char** texts, const std::size_t* lengths,
                          cl_int* error) {
  auto* program = new _cl_program;
  for (cl_uint i = 0; i < count; ++i)
    program->source += lengths && lengths[i] ? std::string(texts[i], lengths[i]) : texts[i];
  return made(program, error);
}
cl_mem create_buffer(cl_context, cl_mem_flags, std::size_t bytes, void*, cl_int* error) {
  auto* buffer = new _cl_mem;
  buffer->bytes.assign(
      bytes,
      char(0xBF));  // finite as a float, and negative as the position of a bad index (none)
  return made(buffer, error);
}

cl_int build(cl_program program, cl_uint, const cl_device_id*, const char* options,
             void(CL_CALLBACK*)(cl_program, void*), void*) {
  const std::string text = std::string("// ") + options + "\n" + program->source;
  char name[32];
  std::snprintf(name, sizeof name, "/%016zx.cl", std::hash<std::string>()(text));
  std::ofstream(std::getenv("TINYGRAD_PROGRAMS") + std::string(name)) << text;
  return CL_SUCCESS;
}

// ------------------------------------------------------------ commands

cl_int done(cl_event* event) {
  if (event) *event = &the_event;
  return CL_SUCCESS;
}
cl_int read(cl_command_queue, cl_mem from, cl_bool, std::size_t offset, std::size_t bytes, void* to,
            cl_uint, const cl_event*, cl_event* event) {
  std::memcpy(to, from->bytes.data() + offset, bytes);
  return done(event);
}
cl_int write(cl_command_queue, cl_mem to, cl_bool, std::size_t offset, std::size_t bytes,
             const void* from, cl_uint, const cl_event*, cl_event* event) {
  std::memcpy(to->bytes.data() + offset, from, bytes);
  return done(event);
}
void* map(cl_command_queue, cl_mem buffer, cl_bool, cl_map_flags, std::size_t offset, std::size_t,
          cl_uint, const cl_event*, cl_event* event, cl_int* error) {
  done(event);
  return made(buffer->bytes.data() + offset, error);
}
cl_int unmap(cl_command_queue, cl_mem, void*, cl_uint, const cl_event*, cl_event* event) {
  return done(event);
}
cl_int run(cl_command_queue, cl_kernel, cl_uint, const std::size_t*, const std::size_t*,
           const std::size_t*, cl_uint, const cl_event*, cl_event* event) {
  return done(event);
}
cl_int mark(cl_command_queue, cl_uint, const cl_event*, cl_event* event) { return done(event); }
cl_int set_argument(cl_kernel, cl_uint, std::size_t, const void*) { return CL_SUCCESS; }
cl_int wait(cl_uint, const cl_event*) { return CL_SUCCESS; }

cl_icd_dispatch table() {
  cl_icd_dispatch f = {};
  f.clGetPlatformIDs = platform_ids;
  f.clGetPlatformInfo = platform_info;
  f.clGetDeviceIDs = device_ids;
  f.clGetDeviceInfo = device_info;
  f.clCreateContext = create_context;
  f.clRetainContext = leave_alone;
  f.clReleaseContext = leave_alone;
  f.clGetContextInfo = context_info;
  f.clCreateCommandQueue = create_queue;
  f.clRetainCommandQueue = leave_alone;
  f.clReleaseCommandQueue = leave_alone;
  f.clCreateBuffer = create_buffer;
  f.clRetainMemObject = retain;
  f.clReleaseMemObject = release;
  f.clCreateProgramWithSource = create_program;
  f.clRetainProgram = retain;
  f.clReleaseProgram = release;
  f.clBuildProgram = build;
  f.clGetProgramInfo = program_info;
  f.clGetProgramBuildInfo = build_info;
  f.clCreateKernel = create_kernel;
  f.clRetainKernel = leave_alone;
  f.clReleaseKernel = leave_alone;
  f.clSetKernelArg = set_argument;
  f.clWaitForEvents = wait;
  f.clGetEventInfo = event_info;
  f.clRetainEvent = leave_alone;
  f.clReleaseEvent = leave_alone;
  f.clFlush = leave_alone;
  f.clFinish = leave_alone;
  f.clEnqueueReadBuffer = read;
  f.clEnqueueWriteBuffer = write;
  f.clEnqueueMapBuffer = map;
  f.clEnqueueUnmapMemObject = unmap;
  f.clEnqueueNDRangeKernel = run;
  f.clEnqueueMarkerWithWaitList = mark;
  f.clRetainDevice = leave_alone;
  f.clReleaseDevice = leave_alone;
  f.clCreateCommandQueueWithProperties = create_queue_with_properties;
  return f;
}
const cl_icd_dispatch functions = table();

}  // namespace

// ------------------------------------------------------------ functions that the loader looks up

extern "C" {
cl_int clIcdGetPlatformIDsKHR(cl_uint room, cl_platform_id* to, cl_uint* count) {
  return platform_ids(room, to, count);
}
cl_int clGetPlatformInfo(cl_platform_id platform, cl_platform_info what, std::size_t room, void* to,
                         std::size_t* needed) {
  return platform_info(platform, what, room, to, needed);
}
void* clGetExtensionFunctionAddress(const char* name) {
  if (!std::strcmp(name, "clIcdGetPlatformIDsKHR"))
    return reinterpret_cast<void*>(clIcdGetPlatformIDsKHR);
  return nullptr;
}
}
