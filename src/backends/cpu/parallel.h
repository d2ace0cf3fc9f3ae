// SPDX-License-Identifier: MIT
// Parallel loops of kernels: parts of a loop run on the threads of the CPU backend's pool. The way
// in which a loop is cut depends on shapes alone, so that results do not depend on the number of
// threads.
#pragma once
#include "backends/common/integers.h"
#include "tinygrad/parallel.h"

namespace tinygrad::cpu {
namespace {

/// parallel_for(), compiled for each instruction set apart.
template <class Part> void parallel(std::int64_t parts, const Part& part) {
  const auto call = [](void* context, std::int64_t index) {
    (*static_cast<const Part*>(context))(index);
  };
  if (parts == 1) part(0);
  else if (parts > 1) parallel_for(parts, call, const_cast<Part*>(&part));
}

/// Cuts [0, count) into ranges of `size` elements, and runs range(begin, end) for each.
template <class Range>
void parallel_ranges(std::int64_t count, std::int64_t size, const Range& range) {
  parallel(ceil_div(count, size), [&](std::int64_t i) {
    range(i * size, (i + 1) * size < count ? (i + 1) * size : count);
  });
}

}  // namespace
}  // namespace tinygrad::cpu
