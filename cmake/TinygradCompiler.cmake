# SPDX-License-Identifier: MIT
# Sets the compilers' flags. The target tinygrad_flags passes them to everything that is built here,
# and to no other project.
get_property(several_configs GLOBAL PROPERTY GENERATOR_IS_MULTI_CONFIG)
if(NOT several_configs AND NOT CMAKE_BUILD_TYPE AND PROJECT_IS_TOP_LEVEL)
  set(CMAKE_BUILD_TYPE Release CACHE STRING "Release, Debug, RelWithDebInfo or MinSizeRel" FORCE)
endif()

# The host's code is a fifth smaller with -O2, and as fast; kernels have -O3 (backends/cpu).
string(REPLACE "-O3" "-O2" CMAKE_CXX_FLAGS_RELEASE "${CMAKE_CXX_FLAGS_RELEASE}")

add_library(tinygrad_flags INTERFACE)
target_compile_features(tinygrad_flags INTERFACE cxx_std_20)
set(paths  # messages and binaries name tinygrad/src/core/tensor.cpp, not a path of this machine
  -ffile-prefix-map=${PROJECT_SOURCE_DIR}/=tinygrad/ -ffile-prefix-map=${PROJECT_BINARY_DIR}/=)
set(merged_files -Wno-subobject-linkage -Wno-stringop-overflow -Wno-array-bounds)
target_compile_options(tinygrad_flags INTERFACE "$<$<COMPILE_LANGUAGE:CXX>:-Wall;-Wextra;${paths}>"
  # g++ 12 is wrong about "text" + std::string (GCC bug 105651), in merged files in more ways, and
  # takes those for headers
  $<$<COMPILE_LANG_AND_ID:CXX,GNU>:-Wno-restrict>
  "$<$<AND:$<COMPILE_LANG_AND_ID:CXX,GNU>,$<BOOL:${CMAKE_UNITY_BUILD}>>:${merged_files}>"
  $<$<AND:$<COMPILE_LANGUAGE:CXX>,$<BOOL:${TINYGRAD_WERROR}>>:-Werror>)
include(CheckCXXSourceCompiles)
set(CMAKE_REQUIRED_FLAGS ${CMAKE_CXX20_STANDARD_COMPILE_OPTION})
check_cxx_source_compiles("#include <version>
  #if __cpp_lib_jthread && __cpp_lib_ranges && __cpp_lib_smart_ptr_for_overwrite
  int main() {}
  #endif" standard_library_is_cpp20)
unset(CMAKE_REQUIRED_FLAGS)
if(NOT standard_library_is_cpp20)  # libc++; cpp20.h has what is missing
  target_compile_options(tinygrad_flags
    INTERFACE "$<$<COMPILE_LANGUAGE:CXX>:SHELL:-include ${CMAKE_CURRENT_LIST_DIR}/cpp20.h>")
endif()
list(TRANSFORM paths PREPEND "-Xcompiler=")
target_compile_options(tinygrad_flags INTERFACE
  "$<$<COMPILE_LANGUAGE:CUDA>:-Xcompiler=-Wall;${paths}>"
  $<$<AND:$<COMPILE_LANGUAGE:CUDA>,$<BOOL:${TINYGRAD_WERROR}>>:-Werror=all-warnings>)
set(CMAKE_CXX_EXTENSIONS OFF)
set(tinygrad_define_symbol "")  # static and shared objects are the same
if(WIN32)
  set(tinygrad_define_symbol TINYGRAD_EXPORTS)
  target_compile_definitions(tinygrad_flags INTERFACE NOMINMAX _USE_MATH_DEFINES)
  if(MINGW)  # its g++ aligns the stack for vectors of 128 bits only (GCC bug 54412)
    set(tinygrad_unaligned -Wa,-muse-unaligned-vector-move)
  endif()
  set(windows ${CMAKE_CURRENT_LIST_DIR}/windows)
  target_sources(tinygrad_flags INTERFACE
    "$<$<STREQUAL:$<TARGET_PROPERTY:TYPE>,EXECUTABLE>:${windows}/console.cpp;${windows}/program.rc>")
endif()

# What nearly every file reads, compiled once for each target: a third of the time of a build.
# CMAKE_DISABLE_PRECOMPILE_HEADERS=ON shows whether each file includes what it uses.
set(tinygrad_precompiled <algorithm> <functional> <memory> <mutex> <string> <unordered_map> <vector>
    <tinygrad/tensor.h>)

# Sanitizers must be in whatever links the library, so these are public flags of it.
set(tinygrad_sanitize_flags "")
if(TINYGRAD_SANITIZE)
  set(tinygrad_sanitize_flags -fsanitize=${TINYGRAD_SANITIZE} -fno-omit-frame-pointer)
  target_compile_options(tinygrad_flags INTERFACE -g1)  # reports name lines; more takes minutes
  if(TINYGRAD_SANITIZE MATCHES "undefined")
    list(APPEND tinygrad_sanitize_flags -fno-sanitize-recover=undefined)
  endif()
endif()
if(TINYGRAD_FUZZ)
  if(NOT CMAKE_CXX_COMPILER_ID MATCHES "Clang")
    message(FATAL_ERROR
            "TINYGRAD_FUZZ needs clang (-DCMAKE_CXX_COMPILER=clang++): "
            "the compiler is ${CMAKE_CXX_COMPILER_ID}.")
  endif()
  target_compile_options(tinygrad_flags INTERFACE -fsanitize=fuzzer-no-link)
endif()
