// What a device is, and what follows from it: which form kernels have there, and what they may use.
// The choice is a pure function of what the device says of itself, never of its maker's name.
#pragma once
#include <cstdint>
#include <string>

namespace tinygrad::opencl {

/// What a device says of itself.
struct Properties {
  std::string name, driver, version, platform, platform_version, extensions;
  enum Kind { gpu, accelerator, cpu } kind = gpu;
  bool unified_memory = false;   ///< CL_DEVICE_HOST_UNIFIED_MEMORY
  bool own_local_memory = true;  ///< CL_DEVICE_LOCAL_MEM_TYPE is CL_LOCAL: memory of its own, not a
                                 ///< part of the ordinary one
  bool exact_division = false;   ///< CL_FP_CORRECTLY_ROUNDED_DIVIDE_SQRT
  std::size_t local_memory = 0;  ///< bytes
  std::size_t most_items = 1;    ///< CL_DEVICE_MAX_WORK_GROUP_SIZE
  std::size_t alignment = 1;     ///< bytes, of CL_DEVICE_MEM_BASE_ADDR_ALIGN
  std::uint64_t largest_block = 0;  ///< CL_DEVICE_MAX_MEM_ALLOC_SIZE
  std::uint64_t memory = 0;         ///< CL_DEVICE_GLOBAL_MEM_SIZE
  int floats = 4;  ///< CL_DEVICE_NATIVE_VECTOR_WIDTH_FLOAT: how many a register holds
  int units = 1;   ///< CL_DEVICE_MAX_COMPUTE_UNITS
};

/// gpu: a work-group shares a tile or a row through local memory. cpu: a work-item keeps long
/// vectors in registers.
enum class Form { gpu, cpu };

/// What kernels are told.
struct Traits {
  Form form = Form::gpu;
  bool float64 = false;  ///< cl_khr_fp64
  bool sub_groups =
      false;  ///< gpu form, cl_intel_subgroups and a required size: block reads and shuffles
  bool zero_copy = false;  ///< the host maps the device's memory
  int width = 4;           ///< elements of a vector in elementwise kernels
  int lanes = 4;           ///< floats of a register, for kernels that keep sums in registers
  std::size_t group =
      64;  ///< work-items of a group where a kernel has no reason for another number
  std::size_t large_group = 64;  ///< the same where very many items do little each
  int busy_groups = 64;  ///< groups of the gpu form that keep the device busy: a product or a sum
                         ///< with fewer is cut into parts
  std::string build_options;  ///< for the compiler
};

/// Takes extensions off the device's list: `names`, separated by spaces.
void hide_extensions(Properties& device, const std::string& names);
/// forced: "gpu" or "cpu"; empty: what suits the device.
Traits choose(const Properties& device, const std::string& forced);

}  // namespace tinygrad::opencl
