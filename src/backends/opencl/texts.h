// The texts of kernels, as the library carries them. CMakeLists.txt makes texts.cpp from the .cl
// files and elementwise.def.
#pragma once

namespace tinygrad::opencl {

struct Text {
  const char *name, *text;
};
/// All of them; the last has no name.
const Text* texts();

}  // namespace tinygrad::opencl
