#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Shared by the scripts here; sourced, not run. It leaves the working folder at the root of the
# project.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
jobs=$(nproc 2> /dev/null || getconf _NPROCESSORS_ONLN)

build_packages=(g++ cmake ninja-build ccache libeigen3-dev zlib1g-dev libfmt-dev nlohmann-json3-dev
                libcli11-dev libopenblas-dev libgtest-dev libbenchmark-dev opencl-headers
                opencl-clhpp-headers ocl-icd-libopencl1 pocl-opencl-icd libpng-dev
                libjpeg62-turbo-dev libcurl4-openssl-dev libsndfile1-dev
                libopenmpi-dev openmpi-bin)
check_packages=(clang clang-format clang-tidy libclang-rt-dev libc++-dev libc++abi-dev
                googletest)
tool_packages=(oclgrind intel-opencl-icd)  # for tests that are skipped without them
long_packages=(chromium)  # the same, in the long form
download_packages=(curl ca-certificates)

say() { printf '\n== %s\n' "$*"; }

# timed WHAT COMMAND... prints what it does, all output, and the time that it took. It must not be
# used in a condition: there bash ignores set -e inside COMMAND.
timed() {
  local what=$1 began=$SECONDS errexit=${-//[^e]/} code
  shift
  say "$what"
  set +e
  (set -e; "$@")
  code=$?
  echo "-- $what: $((SECONDS - began)) s"
  [ -z "$errexit" ] || set -e
  return $code
}

missing_packages() {
  local package
  for package in "$@"; do
    dpkg-query -W -f '${Status}' "$package" 2> /dev/null | grep -q 'ok installed' ||
      printf '%s ' "$package"
  done
}

# install_packages PACKAGES...: installs those that are missing, as root or with sudo that asks for
# no password. Otherwise it prints the one command that is needed, and the script ends with 2.
# TINYGRAD_INSTALL=0 installs nothing, for machines that were prepared otherwise.
install_packages() {
  if [ "${TINYGRAD_INSTALL:-1}" = 0 ]; then
    return
  fi
  if ! command -v dpkg-query > /dev/null; then
    echo "This is neither Debian nor Ubuntu, so nothing is installed; needed are: $*"
    return
  fi
  local missing sudo=()
  read -r -a missing <<< "$(missing_packages "$@")" || true
  if [ ${#missing[@]} = 0 ]; then
    return
  fi
  if [ "$(id -u)" != 0 ]; then
    if ! sudo -n true 2> /dev/null; then
      echo "These packages are missing. Install them, and run this again:"
      echo "  sudo apt-get update && sudo apt-get install -y ${missing[*]}"
      exit 2
    fi
    sudo=(sudo -n)
  fi
  say "installing ${missing[*]}"
  "${sudo[@]}" apt-get update -qq
  "${sudo[@]}" env DEBIAN_FRONTEND=noninteractive \
    apt-get install -y -qq --no-install-recommends "${missing[@]}" > /dev/null
}

# Tests run on PoCL, also if a GPU's driver is installed; to run them on the GPU, set
# OCL_ICD_VENDORS to that driver's ICD file.
choose_pocl() {
  local icd=/etc/OpenCL/vendors/pocl.icd
  if [ -e $icd ]; then
    export OCL_ICD_VENDORS=${OCL_ICD_VENDORS:-$icd}
  fi
}

# has_mnist FOLDER: whether MNIST is in it, or in mnist/ there.
has_mnist() {
  compgen -G "$1/train-images-idx3-ubyte*" > /dev/null ||
    compgen -G "$1/mnist/train-images-idx3-ubyte*" > /dev/null
}

# reaches LEAST PROGRAM...: the test accuracy of a program of examples/ is at least that.
reaches() {
  local least=$1 json accuracy
  shift
  json=$(mktemp)
  "$@" --json "$json" --quiet || return
  accuracy=$(grep '"final"' "$json" | grep -oE '"test_accuracy": *[0-9.eE+-]+' |
             grep -oE '[0-9.eE+-]+$')
  rm -f "$json"
  awk -v a="$accuracy" -v least="$least" '
    BEGIN { printf "%.2f %% of the test digits are read right\n", 100 * a; exit !(a >= least) }'
}

# The table that a script ends with; each row is also printed as soon as it is known, so that a run
# that is cut off has shown its results.
rows=() failed=0

add_row() { rows+=("$1") && echo "$1"; }
# If a script sets $wanted, a regular expression, only the steps whose names match it are run; for
# each other step keep_row is called with its name.
wanted=
keep_row() { :; }
# What a script wants at the end of each row: a column more.
row_end=
is_wanted() { [ -z "$wanted" ] || [[ $1 =~ $wanted ]]; }
# step WHAT COMMAND... runs a command and adds a row to the table. The command's output is shown if
# it fails; the row's figure is its last line that counts something. A command that ends with 77
# cannot run here: its last line is the reason.
step() {
  local what=$1 began=$SECONDS code log figure result=passed
  local counts='[0-9]+% tests passed.*|^\[  PASSED  \] [0-9]+ tests|^Done [0-9]+ runs.*'
  counts+='|^[0-9.]+ (runs|files|cases|kills|errors|samples|tests|instructions|%).*'
  shift
  is_wanted "$what" || { keep_row "$what"; return 0; }
  say "$what"
  log=$(mktemp)
  set +e
  (set -e; "$@") > "$log" 2>&1
  code=$?
  set -e
  figure=$(grep -oE "$counts" "$log" | tail -n 1) || true
  if [ $code = 77 ]; then
    skip "$what" "$(tail -n 1 "$log")"
    rm -f "$log"
    return
  fi
  if [ $code != 0 ]; then
    result=FAILED failed=1
    tail -n 60 "$log"
  fi
  rm -f "$log"
  add_row "| $what | $result | ${figure:-compiles} | $((SECONDS - began)) s |$row_end"
}
# skip WHAT WHY: a row of what cannot be done here.
skip() { add_row "| $1 | skipped | $2 | |$row_end"; }

# build PRESET [TARGETS...] configures, with cmake_arguments, and builds; a compiler cache is used
# if there is one, and make if there is no ninja.
cmake_arguments=()
build() {
  local preset=$1
  shift
  if command -v ccache > /dev/null; then
    export CMAKE_CXX_COMPILER_LAUNCHER=ccache CMAKE_CUDA_COMPILER_LAUNCHER=ccache
    export CCACHE_SLOPPINESS=pch_defines,time_macros  # for precompiled headers
  fi
  if ! command -v ninja > /dev/null; then
    cmake_arguments+=(-G "Unix Makefiles")
  fi
  local said
  said=$(cmake --preset "$preset" "${cmake_arguments[@]}" 2>&1) || { echo "$said"; return 1; }
  sed -n '/^-- tinygrad for/,/TINYGRAD_BUILD_BENCH/p' <<< "$said"
  cmake --build --preset "$preset" --parallel "$jobs" ${1:+--target "$@"}
}
