# Writes OUTPUT, a C++ file with each of TEXTS as a string (backends/opencl/texts.h).
set(rows "")
foreach(text ${TEXTS})
  cmake_path(GET text FILENAME name)
  file(READ ${text} content)
  string(APPEND rows "    {\"${name}\", R\"--(${content})--\"},\n")
endforeach()
file(WRITE ${OUTPUT} "#include \"backends/opencl/texts.h\"

namespace tinygrad::opencl {

const Text* texts() {
  static const Text all[] = {
${rows}    {nullptr, nullptr},
  };
  return all;
}

}  // namespace tinygrad::opencl
")
