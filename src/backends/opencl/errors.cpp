// SPDX-License-Identifier: MIT
// Lists the names of OpenCL's error codes, with advice for those that users meet.
#include "backends/opencl/errors.h"

#include "core/call.h"
#include "tinygrad/error.h"

namespace tinygrad::opencl {
namespace {

struct Known {
  cl_int number;
  const char* name;
  const char* advice;
};
#define KNOWN(name, advice) \
  { name, #name, advice }
const Known known[] = {
    KNOWN(CL_DEVICE_NOT_FOUND,
          "the platform has no device of this kind; tinygrad-doctor looks into why"),
    KNOWN(CL_DEVICE_NOT_AVAILABLE, "another program may hold the device"),
    KNOWN(CL_COMPILER_NOT_AVAILABLE,
          "the driver comes without its compiler; install the whole package"),
    KNOWN(CL_MEM_OBJECT_ALLOCATION_FAILURE,
          "the device has no memory left; take smaller batches, or free tensors"),
    KNOWN(CL_OUT_OF_RESOURCES,
          "the device may have been reset, or a kernel read outside its memory; look at the end of "
          "dmesg"),
    KNOWN(CL_OUT_OF_HOST_MEMORY,
          "the host has no memory left; take smaller batches, or free tensors"),
    KNOWN(CL_PROFILING_INFO_NOT_AVAILABLE, ""),
    KNOWN(CL_MEM_COPY_OVERLAP, ""),
    KNOWN(CL_BUILD_PROGRAM_FAILURE,
          "the driver's compiler refused a kernel; a newer driver may take it"),
    KNOWN(CL_MAP_FAILURE, ""),
    KNOWN(CL_MISALIGNED_SUB_BUFFER_OFFSET, ""),
    KNOWN(CL_EXEC_STATUS_ERROR_FOR_EVENTS_IN_WAIT_LIST,
          "a command before this one failed; look at the end of dmesg"),
    KNOWN(CL_COMPILE_PROGRAM_FAILURE, ""),
    KNOWN(CL_LINKER_NOT_AVAILABLE,
          "the driver comes without its compiler; install the whole package"),
    KNOWN(CL_LINK_PROGRAM_FAILURE, ""),
    KNOWN(CL_KERNEL_ARG_INFO_NOT_AVAILABLE, ""),
    KNOWN(CL_INVALID_VALUE, ""),
    KNOWN(CL_INVALID_DEVICE_TYPE, ""),
    KNOWN(CL_INVALID_PLATFORM, ""),
    KNOWN(CL_INVALID_DEVICE, ""),
    KNOWN(CL_INVALID_CONTEXT, ""),
    KNOWN(CL_INVALID_QUEUE_PROPERTIES, ""),
    KNOWN(CL_INVALID_COMMAND_QUEUE, "the device may have been reset; look at the end of dmesg"),
    KNOWN(CL_INVALID_HOST_PTR, ""),
    KNOWN(CL_INVALID_MEM_OBJECT, ""),
    KNOWN(CL_INVALID_BINARY, ""),
    KNOWN(CL_INVALID_BUILD_OPTIONS, ""),
    KNOWN(CL_INVALID_PROGRAM, ""),
    KNOWN(CL_INVALID_PROGRAM_EXECUTABLE, ""),
    KNOWN(CL_INVALID_KERNEL_NAME, ""),
    KNOWN(CL_INVALID_KERNEL_DEFINITION, ""),
    KNOWN(CL_INVALID_KERNEL, ""),
    KNOWN(CL_INVALID_ARG_INDEX, ""),
    KNOWN(CL_INVALID_ARG_VALUE, ""),
    KNOWN(CL_INVALID_ARG_SIZE, ""),
    KNOWN(CL_INVALID_KERNEL_ARGS, ""),
    KNOWN(CL_INVALID_WORK_DIMENSION, ""),
    KNOWN(CL_INVALID_WORK_GROUP_SIZE,
          "the driver gives this kernel no group of that size; TINYGRAD_OPENCL_FORM=cpu takes "
          "smaller ones"),
    KNOWN(CL_INVALID_WORK_ITEM_SIZE, ""),
    KNOWN(CL_INVALID_GLOBAL_OFFSET, ""),
    KNOWN(CL_INVALID_EVENT_WAIT_LIST, ""),
    KNOWN(CL_INVALID_EVENT, ""),
    KNOWN(CL_INVALID_OPERATION, "the library libOpenCL.so.1 may be too old and lack this function"),
    KNOWN(CL_INVALID_BUFFER_SIZE, "the device does not give blocks of this size"),
    KNOWN(CL_INVALID_GLOBAL_WORK_SIZE, ""),
    {-1001, "CL_PLATFORM_NOT_FOUND_KHR",
     "no OpenCL driver is installed, or it finds no device; tinygrad-doctor looks into why"},
};
#undef KNOWN

const Known* find(cl_int error) {
  for (auto& k : known)
    if (k.number == error) return &k;
  return nullptr;
}

}  // namespace

std::string error_name(cl_int error) {
  const Known* k = find(error);
  return std::string(k ? k->name : "an error of the driver") + " (" + std::to_string(error) + ")";
}

std::string advice(cl_int error) {
  const Known* k = find(error);
  return k && *k->advice ? std::string("; ") + k->advice : "";
}

void raise(const cl::Error& error, const std::string& device, const std::string& doing) {
  fail<DeviceError>(running_call(), device, " could not ", doing, ": ", error.what(), " says ",
                    error_name(error.err()), advice(error.err()));
}

}  // namespace tinygrad::opencl
