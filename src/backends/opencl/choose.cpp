#include "backends/opencl/choose.h"

#include <algorithm>

namespace tinygrad::opencl {
namespace {

bool has(const Properties& device, const std::string& extension) {
  return (" " + device.extensions + " ").find(" " + extension + " ") != std::string::npos;
}

}  // namespace

Traits choose(const Properties& device, const std::string& forced) {
  Traits t;
  t.form = forced == "gpu" ? Form::gpu : forced == "cpu" ? Form::cpu : device.own_local_memory ? Form::gpu : Form::cpu;
  t.float64 = has(device, "cl_khr_fp64");
  t.half_math = has(device, "cl_khr_fp16");
  t.sub_groups = has(device, "cl_intel_subgroups") && has(device, "cl_intel_required_subgroup_size");
  t.zero_copy = device.unified_memory;
  t.width = t.form == Form::cpu ? 16 : 4;
  t.lanes = device.floats >= 16 ? 16 : device.floats >= 8 ? 8 : 4;
  while (t.group > device.most_items) t.group /= 2;
  t.build_options = "-cl-std=CL1.2";  // no fast-math of any kind: NaN and infinities keep their rules
  if (device.exact_division) t.build_options += " -cl-fp32-correctly-rounded-divide-sqrt";
  return t;
}

}  // namespace tinygrad::opencl
