# SPDX-License-Identifier: MIT
# Compiles to WebAssembly with Emscripten (preset wasm): 128-bit vectors, exceptions of WebAssembly,
# one thread. Programs run in Node.
#   apt-get install emscripten node-acorn
find_path(EMSCRIPTEN_FOLDER cmake/Modules/Platform/Emscripten.cmake
          HINTS $ENV{EMSDK}/upstream/emscripten PATHS /usr/share/emscripten NO_CMAKE_FIND_ROOT_PATH)
if(NOT EMSCRIPTEN_FOLDER)
  message(FATAL_ERROR "Emscripten was not found (apt-get install emscripten node-acorn)")
endif()
include(${EMSCRIPTEN_FOLDER}/cmake/Modules/Platform/Emscripten.cmake)
# LLVM 14 vectorizes straight-line code (SLP) wrongly for WebAssembly: digits drawn by code came out
# moved. -fno-slp-vectorize would be undone by a later -O2.
set(CMAKE_CXX_FLAGS_INIT "-msimd128 -fwasm-exceptions -mllvm -vectorize-slp=false")
string(APPEND CMAKE_CXX_FLAGS_INIT " -include ${CMAKE_CURRENT_LIST_DIR}/../cpp20.h")
set(CMAKE_EXE_LINKER_FLAGS_INIT "-fwasm-exceptions")
