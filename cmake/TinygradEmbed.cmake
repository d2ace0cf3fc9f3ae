# SPDX-License-Identifier: MIT
# Writes OUTPUT, a C++ file that holds each file of SOURCES as a string (backends/opencl/sources.h).
set(rows "")
foreach(source ${SOURCES})
  cmake_path(GET source FILENAME name)
  file(READ ${source} content)
  string(APPEND rows "    {\"${name}\", R\"--(${content})--\"},\n")
endforeach()
file(WRITE ${OUTPUT} "#include \"backends/opencl/sources.h\"

namespace tinygrad::opencl {

const Source* sources() {
  static const Source all[] = {
${rows}    {nullptr, nullptr},
  };
  return all;
}

}  // namespace tinygrad::opencl
")
