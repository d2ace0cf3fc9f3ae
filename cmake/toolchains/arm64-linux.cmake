# SPDX-License-Identifier: MIT
# Compiles for ARM64 Linux on another machine (preset arm64). Programs are linked statically and
# run by qemu: linked dynamically, those with threads hang in Debian's qemu 7.2.
#   dpkg --add-architecture arm64 && apt-get update
#   apt-get install g++-aarch64-linux-gnu qemu-user-static zlib1g-dev:arm64 libfmt-dev:arm64 \
#     libgtest-dev:arm64 libpng-dev:arm64 libjpeg62-turbo-dev:arm64
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR aarch64)
set(CMAKE_C_COMPILER aarch64-linux-gnu-gcc)
set(CMAKE_CXX_COMPILER aarch64-linux-gnu-g++)
set(CMAKE_EXE_LINKER_FLAGS_INIT -static)
set(CMAKE_CROSSCOMPILING_EMULATOR qemu-aarch64-static)

set(CMAKE_LIBRARY_ARCHITECTURE aarch64-linux-gnu)
set(libraries /usr/lib/aarch64-linux-gnu)
set(ZLIB_LIBRARY ${libraries}/libz.a CACHE FILEPATH "")
foreach(name PNG JPEG)
  string(TOLOWER ${name} file)
  if(EXISTS ${libraries}/lib${file}.a)
    set(${name}_LIBRARY_RELEASE ${libraries}/lib${file}.a CACHE FILEPATH "")
  endif()
endforeach()
