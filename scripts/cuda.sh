#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Runs all tests on an NVIDIA GPU (scripts/test.sh --cuda). It needs no network and installs
# nothing.
#   scripts/cuda.sh [arguments of cmake]      builds in build/cuda for the GPUs of this machine
# The dependencies of the build may be in any folder: -DCMAKE_PREFIX_PATH=FOLDER names installed
# packages, -DTINYGRAD_GTEST_SOURCE=FOLDER the sources of GoogleTest, -DCUDNN_ROOT=FOLDER cuDNN.
# MNIST must be in $TINYGRAD_DATA or ./data (scripts/download_mnist.sh).
#   scripts/cuda.sh --pack BUILD ARCHIVE      packs the programs that were built in BUILD into a
#                                             .tar.xz, for a machine that builds nothing. Relative
#                                             paths begin at the project's root
#   BUILT=FOLDER                              uses programs that were built there, or unpacked
#   STEPS=REGEX                               runs only steps whose names match
#   TINYGRAD_TESTED_DEVICE=cuda:1             selects another device; emulated_cuda, the tests' own,
#                                             tries this script on a machine without a GPU
source "$(dirname "$0")/lib.sh"
device=${TINYGRAD_TESTED_DEVICE:-cuda} built=${BUILT:-build/cuda} wanted=${STEPS:-}
programs_device=$device
[ "$device" != emulated_cuda ] || programs_device=cpu  # programs lack that device
export TINYGRAD_TESTED_DEVICE=$device

# cmake searches cuDNN's headers there, programs its libraries.
for argument in "$@"; do
  case $argument in
    -DCUDNN_ROOT=* | -DCUDNN_ROOT:*=*) export CUDNN_ROOT=${argument#*=} ;;
  esac
done

kernel_tests=(kernels_matmul_test kernels_conv_test kernels_norm_test kernels_cuda_test)
runtime_tests=(cuda_runtime_test core_numerics_test)
other_tests=(cuda_library_test op_table_test optim_trajectory_test examples_mnist_nets_test
             capture_steps_test core_amp_test)

programs=("${kernel_tests[@]/#/tests/}" "${runtime_tests[@]/#/tests/}" "${other_tests[@]/#/tests/}"
          examples/mnist_cnn bench/bench_rows bench/limits tools/doctor/tinygrad-doctor)
pack() {
  local folder program
  folder=$(mktemp -d)
  for program in "${programs[@]}"; do
    mkdir -p "$folder/${program%/*}"
    strip -o "$folder/$program" "$1/$program"
  done
  # Each program contains the library: the window of the compression reaches the previous program.
  tar -C "$folder" -c . | xz --lzma2=preset=3,dict=192MiB > "$2"
  rm -rf "$folder"
  ls -l "$2"
}
if [ "${1:-}" = --pack ]; then
  pack "${@:2}"
  exit
fi

check_cmake() {
  local version
  version=$(cmake --version 2> /dev/null | sed -n '1s/[^0-9]*//p') || true
  printf '3.25\n%s\n' "$version" | sort -VC && return
  echo "CMake 3.25 or newer is needed; here is ${version:-none}."
  exit 2
}

# Runs the doctor first: if there is no GPU, nothing else is built. It may take long to read
# NVIDIA's libraries from a cold disk.
has_device() {
  [ -n "${BUILT:-}" ] || { check_cmake && build cuda tinygrad-doctor; }
  "$built/tools/doctor/tinygrad-doctor" --device "$programs_device" --seconds 300 && return
  echo "There is no device $programs_device to test on; the chain above says why."
  exit 2
}

run() { "$built/tests/$1" --gtest_brief=1 "${@:2}"; }
# all PROGRAMS...: runs one after the other, all of them even if one fails.
all() {
  local program said counted count=0 failed=0
  for program in "$@"; do
    said=$(run "$program" 2>&1) || failed=1
    echo "$said"
    counted=$(sed -n 's/^\[  PASSED  \] \([0-9]*\) test.*/\1/p' <<< "$said")
    count=$((count + ${counted:-0}))
  done
  echo "[  PASSED  ] $count tests"
  return $failed
}

mnist() {
  has_mnist "${TINYGRAD_DATA:-data}" || { echo "MNIST is not in ${TINYGRAD_DATA:-data}"; return 1; }
  # The defaults are 10 epochs and shifts by a pixel.
  reaches 0.993 "$built/examples/mnist_cnn" --dataset mnist --device "$programs_device"
}

# Finds compute-sanitizer in PATH, or beside nvcc.
find_sanitizer() {
  local nvcc
  nvcc=$(sed -n 's/^CUDA_NVCC:FILEPATH=//p' "$built/CMakeCache.txt" 2> /dev/null) || true
  command -v compute-sanitizer || command -v "${nvcc%/*}/compute-sanitizer"
}
# under_sanitizer TOOL ARGUMENTS...: runs the table of ops, with a memory block of its own for each
# buffer. A report is an error, and so is a missing summary. NVIDIA's libraries are switched off:
# initcheck does not see what their kernels write by cp.async.bulk, racecheck not what they order by
# mbarrier.
under_sanitizer() {
  local tool=$1 said code=0 options=(--error-exitcode 9)
  shift
  # The library itself reports calls that fail.
  [ "$tool" != memcheck ] || options+=(--report-api-errors no)
  said=$(TINYGRAD_POOL=0 TINYGRAD_CUDA_LIBRARIES=0 "$sanitizer" --tool "$tool" "${options[@]}" \
         "$built/tests/op_table_test" --device "$device" "$@" 2>&1) || code=$?
  echo "$said"
  [ $code = 0 ] && grep -qE '^=+ [A-Z ]*SUMMARY: 0 ' <<< "$said" && echo "0 errors"
}
under_sanitizers() {
  local what="compute-sanitizer: every op once" tool tools=() sanitizer said
  for tool in memcheck racecheck initcheck; do
    ! is_wanted "$what under $tool" || tools+=("$tool")
  done
  [ ${#tools[@]} != 0 ] || return 0
  sanitizer=$(find_sanitizer) || { skip "$what" "compute-sanitizer is not here"; return; }
  said=$(under_sanitizer memcheck --gtest_filter=against_reference.neg) || true
  if ! grep -q SUMMARY <<< "$said"; then
    skip "$what" "the machine does not let it run: $(tail -n 1 <<< "$said")"
    return
  fi
  for tool in "${tools[@]}"; do
    step "$what under $tool" under_sanitizer $tool --once
  done
}

cmake_arguments+=("$@")
has_device
[ -n "${BUILT:-}" ] || build cuda "${programs[@]##*/}"
step "NVIDIA's libraries: those that the build knows" run cuda_library_test
step "the table of ops: values, kernels, derivatives to second order" \
  run op_table_test --device "$device"
step "kernels at the sizes where they take other ways" all "${kernel_tests[@]}"
TINYGRAD_CUDA_LIBRARIES=0 step "the same without NVIDIA's libraries" \
  all kernels_matmul_test kernels_conv_test
step "the runtime: memory, errors, threads, precision" all "${runtime_tests[@]}"
step "optimizers: trajectories" run optim_trajectory_test --gtest_filter='Trajectory.*'
step "the MNIST networks beside the CPU's" run examples_mnist_nets_test \
  --gtest_filter='*OnEveryDevice'
step "recorded steps" run capture_steps_test
step "mixed precision" env TINYGRAD_DEVICE="$device" "$built/tests/core_amp_test" --gtest_brief=1
step "mnist_cnn on MNIST: at least 99.3 %" mnist
under_sanitizers
[ ${#rows[@]} -gt 0 ] || { echo "No step is called $wanted."; exit 2; }
printf '\n| what | result | figure | time |\n| --- | --- | --- | --- |\n'
printf '%s\n' "${rows[@]}"
exit $failed
