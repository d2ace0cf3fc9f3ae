// SPDX-License-Identifier: MIT
// Chooses the instruction set whose kernels run, by what the processor reports.
#include "backends/cpu/choose.h"

#include "core/environment.h"
#include "tinygrad/error.h"

namespace tinygrad::cpu {
namespace {

struct Choice {
  const Kernels& kernels;
  bool runs_here;
};

/// The best first: a row for each instruction set of this build (see CMakeLists.txt).
const Choice* choices(int& count) {
#if defined(__x86_64__) && TINYGRAD_INSTRUCTION_SETS > 1
  __builtin_cpu_init();
  static const Choice all[] = {
      {avx512::kernels, __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                            __builtin_cpu_supports("avx512dq") &&
                            __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("fma")},
      {avx2::kernels, __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")},
      {baseline::kernels, true},
  };
#elif defined(__aarch64__)
  static const Choice all[] = {{neon::kernels, true}};  // every such processor has it
#else
  static const Choice all[] = {{baseline::kernels, true}};
#endif
  count = int(sizeof all / sizeof all[0]);
  return all;
}

}  // namespace

const Kernels& choose_kernels() {
  int count = 0;
  const Choice* all = choices(count);
  const std::string asked = environment::cpu();
  for (int i = 0; i < count; ++i) {
    const bool this_one = asked.empty() ? all[i].runs_here : asked == all[i].kernels.name;
    if (!this_one) continue;
    require(all[i].runs_here, "TINYGRAD_CPU", "this machine does not have ", asked,
            "; unset it for the best that it has");
    return all[i].kernels;
  }
  fail("TINYGRAD_CPU", "this build has no kernels for ", asked, "; unset it for what it has");
}

}  // namespace tinygrad::cpu
