// SPDX-License-Identifier: MIT
// Reads the properties of a device from its driver, one query per property.
#include "backends/opencl/properties.h"

#include "core/environment.h"

namespace tinygrad::opencl {
namespace {

/// Returns `otherwise` if the driver does not know the query, as older drivers do not.
template <cl_device_info name, class T> T info(const cl::Device& device, T otherwise) {
  try {
    return T(device.getInfo<name>());
  } catch (const cl::Error&) { return otherwise; }
}
std::string text(std::string s) {
  while (!s.empty() && (s.back() == '\0' || s.back() == ' ')) s.pop_back();
  return s;
}

}  // namespace

Properties properties_of(const cl::Device& device) {
  Properties p;
  p.name = text(device.getInfo<CL_DEVICE_NAME>());
  p.driver = device.getInfo<CL_DRIVER_VERSION>();
  p.version = device.getInfo<CL_DEVICE_VERSION>();
  p.extensions = text(device.getInfo<CL_DEVICE_EXTENSIONS>());
  const cl::Platform platform(device.getInfo<CL_DEVICE_PLATFORM>());
  p.platform = platform.getInfo<CL_PLATFORM_NAME>();
  p.platform_version = platform.getInfo<CL_PLATFORM_VERSION>();
  const cl_device_type type = device.getInfo<CL_DEVICE_TYPE>();
  p.kind = type & CL_DEVICE_TYPE_GPU   ? Properties::gpu
           : type & CL_DEVICE_TYPE_CPU ? Properties::cpu
                                       : Properties::accelerator;
  p.unified_memory = info<CL_DEVICE_HOST_UNIFIED_MEMORY>(device, false);
  p.own_local_memory = device.getInfo<CL_DEVICE_LOCAL_MEM_TYPE>() == CL_LOCAL;
  p.exact_division = info<CL_DEVICE_SINGLE_FP_CONFIG, cl_device_fp_config>(device, 0) &
                     CL_FP_CORRECTLY_ROUNDED_DIVIDE_SQRT;
  p.local_memory = device.getInfo<CL_DEVICE_LOCAL_MEM_SIZE>();
  p.max_items = device.getInfo<CL_DEVICE_MAX_WORK_GROUP_SIZE>();
  p.largest_block = device.getInfo<CL_DEVICE_MAX_MEM_ALLOC_SIZE>();
  p.memory = device.getInfo<CL_DEVICE_GLOBAL_MEM_SIZE>();
  p.floats = int(info<CL_DEVICE_NATIVE_VECTOR_WIDTH_FLOAT, cl_uint>(device, 4));
  p.units = int(device.getInfo<CL_DEVICE_MAX_COMPUTE_UNITS>());
  hide_extensions(p, environment::opencl_without());
  return p;
}

}  // namespace tinygrad::opencl
