#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Runs a program on Intel's OpenCL for processors, which needs no hardware of Intel's: intel.sh
# PROGRAM [ARGUMENTS...]. It is a package of Python, in an environment in $XDG_CACHE_HOME (~/.cache)
# that is created first if it is missing. Ends with 77 if it cannot be installed.
set -euo pipefail
version=2026.2.0
packages=("intel-opencl-rt==$version" "intel-cmplr-lib-rt==$version")

skip() {
  echo "Intel's OpenCL $version cannot be installed: $*"
  exit 77
}

install() {  # install FOLDER
  rm -rf "$1"
  python3 -m venv "$1" > "$1.log" 2>&1 || skip "$(tail -n 1 "$1.log")"
  "$1/bin/python" -m pip install --quiet "${packages[@]}" > "$1.log" 2>&1 ||
    skip "$(tail -n 1 "$1.log")"
  touch "$1/complete"
}

cache=${XDG_CACHE_HOME:-$HOME/.cache}/tinygrad
environment=$cache/intel-opencl-$version
mkdir -p "$cache"
[ -e "$environment/complete" ] || install "$environment"
# The first is for ocl-icd, the second for Khronos's loader.
export OCL_ICD_VENDORS=$environment/lib/libintelocl.so
export OCL_ICD_FILENAMES=$OCL_ICD_VENDORS
exec "$@"
