// SPDX-License-Identifier: MIT
// Computes the traits of a device from its properties.
#include "backends/opencl/traits.h"

#include <algorithm>
#include <sstream>

namespace tinygrad::opencl {
namespace {

bool has(const Properties& device, const std::string& extension) {
  return (" " + device.extensions + " ").find(" " + extension + " ") != std::string::npos;
}

}  // namespace

void hide_extensions(Properties& device, const std::string& names) {
  std::istringstream words(device.extensions);
  std::string word, remaining;
  while (words >> word)
    if ((" " + names + " ").find(" " + word + " ") == std::string::npos)
      remaining += (remaining.empty() ? "" : " ") + word;
  device.extensions = remaining;
}

Traits traits_for(const Properties& device, const std::string& forced) {
  Traits t;
  // A device of type GPU gets the gpu form whatever its driver reports about local memory: Mesa's
  // rusticl reports CL_GLOBAL for every chip.
  const bool is_gpu = device.kind == Properties::gpu || device.own_local_memory;
  t.form = forced == "gpu"   ? Form::gpu
           : forced == "cpu" ? Form::cpu
           : is_gpu          ? Form::gpu
                             : Form::cpu;
  t.float64 = has(device, "cl_khr_fp64");
  t.sub_groups = t.form == Form::gpu && has(device, "cl_intel_subgroups") &&
                 has(device, "cl_intel_required_subgroup_size");
  t.zero_copy = device.unified_memory;
  t.width = t.form == Form::cpu ? 16 : 4;
  t.lanes = device.floats >= 16 ? 16 : device.floats >= 8 ? 8 : 4;
  t.large_group = t.form == Form::cpu ? 1024 : 256;
  t.busy_groups = std::max(64, 4 * device.units);
  while (t.group > device.max_items) t.group /= 2;
  while (t.large_group > device.max_items) t.large_group /= 2;
  // No fast-math option of any kind, so that NaN and infinities follow IEEE 754.
  t.build_options = "-cl-std=CL1.2";
  if (device.exact_division) t.build_options += " -cl-fp32-correctly-rounded-divide-sqrt";
  return t;
}

}  // namespace tinygrad::opencl
