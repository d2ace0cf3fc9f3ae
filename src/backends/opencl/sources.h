// The source text of the kernels, which the library contains. CMakeLists.txt generates sources.cpp
// from the .cl files, dtypes.def and elementwise.def.
#pragma once

namespace tinygrad::opencl {

struct Source {
  const char *name, *text;
};
/// Returns all sources. The name of the last element is null.
const Source* sources();

}  // namespace tinygrad::opencl
