#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Builds and runs the consumer's project in one of these ways:
#   run.sh installed BUILD   installs the build folder BUILD (static or shared), uses find_package
#   run.sh subfolder         add_subdirectory
#   run.sh archive           FetchContent, of an archive of the last commit
#   run.sh found             find_package, of what is installed in the system
#   run.sh pkgconfig         the same without CMake: flags by pkg-config
# Everything is made in a temporary folder. CXX chooses the compiler.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

launcher=()
if command -v ccache > /dev/null; then
  launcher=(-DCMAKE_CXX_COMPILER_LAUNCHER=ccache -DCMAKE_CUDA_COMPILER_LAUNCHER=ccache)
fi
quietly() { "$@" > "$folder/log" 2>&1 || { cat "$folder/log"; exit 1; }; }
configure() {
  quietly cmake -S "$here" -B "$folder/build" -G Ninja -DCMAKE_BUILD_TYPE=Release \
    "${launcher[@]}" "$@"
}

case ${1:-} in
  installed)
    cmake --install "$2" --prefix "$folder/installed" > /dev/null
    if grep -rIl -e "$root" -e "$2" "$folder/installed" | grep .; then
      echo "FAILED: these installed files name a folder of this machine"
      exit 1
    fi
    if grep -rl -e "$root/" "$folder/installed" | grep .; then
      echo "FAILED: these installed binaries name a folder of this machine"
      exit 1
    fi
    configure -DCMAKE_PREFIX_PATH="$folder/installed"
    ;;
  subfolder)
    # Compiled quickly: what is tested is the project that the library becomes a part of.
    configure -DCONSUMER_SOURCES="$root" -DTINYGRAD_WERROR=ON -DTINYGRAD_NATIVE=ON \
      -DTINYGRAD_OPENCL=OFF -DCMAKE_BUILD_TYPE=Debug -DCMAKE_UNITY_BUILD=ON
    ;;
  archive)
    git -C "$root" archive --prefix=tinygrad/ -o "$folder/tinygrad.tar.gz" HEAD
    configure -DCONSUMER_ARCHIVE="$folder/tinygrad.tar.gz" -DTINYGRAD_NATIVE=ON \
      -DTINYGRAD_OPENCL=OFF -DCMAKE_BUILD_TYPE=Debug
    ;;
  found) configure ;;
  pkgconfig)
    read -r -a flags < <(pkg-config --cflags --libs tinygrad_vision)
    ${CXX:-c++} -std=c++20 "$here/main.cpp" "${flags[@]}" -o "$folder/consumer"
    cd "$folder" && ./consumer
    exit
    ;;
  *) sed -n '3,9p' "$0"; exit 2 ;;
esac
quietly cmake --build "$folder/build" --parallel 2 --target consumer
if readelf -d "$folder/build/consumer" "$folder"/installed/lib*/*.so 2> /dev/null | grep NEEDED |
   grep -iE 'libcu(da|blas|dnn)|libnccl|OpenCL'; then
  echo "FAILED: a program that uses the library needs these, and does not start on machines without"
  exit 1
fi
cd "$folder" && build/consumer
