#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Tests that options that are misspelt or have wrong values end the configuration with a helpful
# line, and that correct ones do not.
set -uo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
failed=0

configure() {
  rm -rf "$folder/build"
  cmake -S "$root" -B "$folder/build" -G Ninja -DTINYGRAD_BUILD_TESTS=OFF \
    -DTINYGRAD_BUILD_EXAMPLES=OFF -DTINYGRAD_BUILD_BENCH=OFF -DTINYGRAD_CUDA=OFF "$@" 2>&1 |
    tr '\n' ' ' | tr -s ' '  # cmake breaks long lines
}
expect() {  # expect TEXT ARGUMENTS...
  local text=$1 said
  shift
  said=$(configure "$@")
  if [[ $said != *"$text"* ]]; then
    echo "FAILED: cmake $* does not say \"$text\" but: ${said: -400}"
    failed=1
  fi
}

expect "There is no option TINYGRAD_BLASS. The nearest is TINYGRAD_BLAS." -DTINYGRAD_BLASS=ON
expect "There is no option TINYGRAD_BUILD_TEST. The nearest is TINYGRAD_BUILD_TESTS." \
  -DTINYGRAD_BUILD_TEST=OFF
expect 'TINYGRAD_BLAS is "MAYBE"; it takes "AUTO", "ON", "OFF".' -DTINYGRAD_BLAS=MAYBE
expect 'TINYGRAD_SANITIZE is "memory"; it takes "address,undefined", "thread".' \
  -DTINYGRAD_SANITIZE=memory
expect 'TINYGRAD_NATIVE is "perhaps"' -DTINYGRAD_NATIVE=perhaps
expect "TINYGRAD_BLAS=ON, but OpenBLAS was not found" \
  -DTINYGRAD_BLAS=ON -DCMAKE_DISABLE_FIND_PACKAGE_BLAS=ON
own="the library's own product multiplies"
expect "OpenBLAS was not found (apt-get install libopenblas-dev); $own" \
  -DCMAKE_DISABLE_FIND_PACKAGE_BLAS=ON
expect "TINYGRAD_BLAS=OFF; $own" -DTINYGRAD_BLAS=off
expect "apt-get install libfmt-dev libcli11-dev" \
  -DCMAKE_DISABLE_FIND_PACKAGE_fmt=ON -DCMAKE_DISABLE_FIND_PACKAGE_CLI11=ON
expect 'TINYGRAD_CUDA is "MAYBE"; it takes "AUTO", "ON", "OFF".' -DTINYGRAD_CUDA=MAYBE
expect "TINYGRAD_CUDA=ON, but nvcc was not found" -DTINYGRAD_CUDA=ON -DCUDA_NVCC=OFF
if compgen -G '/dev/nvidia[0-9]*' > /dev/null || [ -e /dev/dxg ]; then
  toolkit="NVIDIA's CUDA toolkit; -DCUDA_NVCC names another place"
  expect "nvcc was not found ($toolkit); there is no device \"cuda\"" \
    -DTINYGRAD_CUDA=AUTO -DCUDA_NVCC=OFF
else
  expect 'no NVIDIA GPU here; -DTINYGRAD_CUDA=ON builds it for other machines' -DTINYGRAD_CUDA=AUTO
fi
expect 'TINYGRAD_CUDA=OFF; there is no device "cuda"'
exit $failed
