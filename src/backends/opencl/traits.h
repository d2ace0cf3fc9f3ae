// SPDX-License-Identifier: MIT
// Properties: what a driver reports about its device. Traits: the settings of kernels that follow
// from them, above all the form in which kernels run there. The traits are a pure function of the
// properties and never depend on the vendor's name.
#pragma once
#include <cstdint>
#include <string>

namespace tinygrad::opencl {

/// Properties are the facts that a driver reports about its device.
struct Properties {
  std::string name, driver, version, platform, platform_version, extensions;
  enum Kind { gpu, accelerator, cpu } kind = gpu;
  bool unified_memory = false;   ///< CL_DEVICE_HOST_UNIFIED_MEMORY
  bool own_local_memory = true;  ///< CL_DEVICE_LOCAL_MEM_TYPE is CL_LOCAL: dedicated local memory,
                                 ///< not a part of global memory
  bool exact_division = false;   ///< CL_FP_CORRECTLY_ROUNDED_DIVIDE_SQRT
  std::size_t local_memory = 0;  ///< bytes
  std::size_t max_items = 1;     ///< CL_DEVICE_MAX_WORK_GROUP_SIZE
  std::size_t alignment = 1;     ///< bytes, of CL_DEVICE_MEM_BASE_ADDR_ALIGN
  std::uint64_t largest_block = 0;  ///< CL_DEVICE_MAX_MEM_ALLOC_SIZE
  std::uint64_t memory = 0;         ///< CL_DEVICE_GLOBAL_MEM_SIZE
  int floats = 4;  ///< CL_DEVICE_NATIVE_VECTOR_WIDTH_FLOAT: floats in one vector register
  int units = 1;   ///< CL_DEVICE_MAX_COMPUTE_UNITS
};

/// The form of a kernel is how it divides its work among work-items. In the gpu form, a work-group
/// shares a tile or a row through local memory. In the cpu form, each work-item computes a tile or
/// a row alone, with long vectors in registers. Both forms compute the same results up to rounding.
enum class Form { gpu, cpu };

/// The settings with which kernels are compiled and launched.
struct Traits {
  Form form = Form::gpu;
  bool float64 = false;          ///< cl_khr_fp64
  bool sub_groups = false;       ///< the gpu form, with cl_intel_subgroups and a required sub-group
                                 ///< size: kernels may use block reads and shuffles, which neither
                                 ///< cl_khr_subgroups nor the feature __opencl_c_subgroups brings
  bool zero_copy = false;        ///< the host maps device memory instead of copying it
  int width = 4;                 ///< elements per vector in elementwise kernels
  int lanes = 4;                 ///< floats per register, in kernels that keep sums in registers
  std::size_t group = 64;        ///< default size of a work-group
  std::size_t large_group = 64;  ///< size of a work-group when very many items do little work each
  int busy_groups = 64;  ///< work-groups of the gpu form that keep the device busy: a product or a
                         ///< sum with fewer is split into parts
  std::string build_options;  ///< options for the OpenCL compiler
};

/// Removes extensions from the device's list. `names` are separated by spaces.
void hide_extensions(Properties& device, const std::string& names);
/// Returns the traits of a device. `forced` is "gpu" or "cpu"; if it is empty, the form is the one
/// that suits the device.
Traits traits_for(const Properties& device, const std::string& forced);

}  // namespace tinygrad::opencl
