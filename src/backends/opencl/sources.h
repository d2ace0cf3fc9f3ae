// SPDX-License-Identifier: MIT
// The source text of the kernels, which the library contains. CMakeLists.txt generates sources.cpp
// from the .cl files and from lists (dtypes.def, conv_fields.def).
#pragma once

namespace tinygrad::opencl {

struct Source {
  const char *name, *text;
};
/// Returns all sources. The name of the last element is null.
const Source* sources();
/// The source "formula_rows.cl", which is generated from elementwise.def.
const char* formula_rows();

}  // namespace tinygrad::opencl
