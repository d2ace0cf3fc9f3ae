#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Runs the tests of reliability: sanitizers, fuzzers, faults, kills, other builds.
#   scripts/reliability.sh short          a few minutes, for CI
#   scripts/reliability.sh full [STEPS]   everything, or the steps whose names match that regular
#                                   expression; writes docs/reliability_results.md, where the rows
#                                   of other steps stay
# Each step is one line of the table (lib.sh).
source "$(dirname "$0")/lib.sh"
mode=${1:-}
case $mode in
  short) fuzz_seconds=3 ;;
  full)
    fuzz_seconds=60 wanted=${2:-} row_end=" $(date -u +%F), $(git rev-parse --short HEAD) |"
    export TINYGRAD_TEST_FULL=1
    install_packages "${long_packages[@]}"
    ;;
  *) sed -n '3,8p' "$0"; exit 2 ;;
esac
install_packages "${build_packages[@]}" "${check_packages[@]}"
choose_pocl

# Leaks are errors too (except those of OpenCL's drivers); a report ends the test.
export UBSAN_OPTIONS=print_stacktrace=1 ASAN_OPTIONS=detect_leaks=1:allocator_may_return_null=1
export TSAN_OPTIONS=halt_on_error=1:allocator_may_return_null=1
export LSAN_OPTIONS=suppressions=$PWD/tests/lsan.supp:print_suppressions=0

# suites PRESET TESTS [TARGETS...]: builds and runs the tests that ctest's option TESTS selects by
# label (tests/CMakeLists.txt).
suites() {
  local preset=$1 tests=$2
  shift 2
  build "$preset" "$@"
  # shellcheck disable=SC2086
  ctest --preset "$preset" --parallel "$jobs" $tests
}

# fuzz FORMAT: from a copy of its corpus, so that nothing is written into the tree but an input that
# fails.
fuzz() {
  local corpus
  corpus=$(mktemp -d)
  cp -r "tests/corpus/$1/." "$corpus"
  "build/fuzz/tests/fuzz/fuzz_$1" -max_total_time="$fuzz_seconds" -timeout=10 -rss_limit_mb=2048 \
    -artifact_prefix="build/fuzz/$1-" "$corpus"
  rm -rf "$corpus"
}

all_fuzzers() {
  local target
  for target in tests/fuzz/*.cpp; do
    [ -e "$target" ] || continue
    target=${target##*/}
    step "fuzzing ${target%.cpp} for $fuzz_seconds s under ASan and UBSan" fuzz "${target%.cpp}"
  done
}

# In these builds other tools do not check the kernels again (tests/backends/opencl).
same_tests_with() {  # same_tests_with PRESET NAME=VALUE...
  build "$1"
  env "${@:2}" ctest --preset "$1" --parallel "$jobs" -LE tools
}

without_kernels() {  # all but the tests that call kernels themselves
  build release
  TINYGRAD_KERNELS=0 ctest --preset release --parallel "$jobs" -LE 'kernels$|tools'
}

with_blas() {
  cmake --preset release -B build/blas -DTINYGRAD_BLAS=ON
  cmake --build build/blas --parallel "$jobs"
  ctest --test-dir build/blas --output-on-failure --parallel "$jobs" -LE tools
}

every_program_for_intel() {
  build release op_table_test opencl_listening_driver
  TINYGRAD_SOURCE_DIR=$PWD tests/backends/opencl/compiles_for_intel.sh all \
    build/release/tests/op_table_test \
    build/release/tests/backends/opencl/libopencl_listening_driver.so
}

# Intel's OpenCL for processors is a second judge beside PoCL, and the only one without a GPU that
# runs the kernels for Intel's sub-groups.
on_intel_opencl() {  # on_intel_opencl FORM
  local folder=build/release/tests run=tests/backends/opencl/intel.sh name
  local data=(--dataset digits) least=0.9
  local tests=(opencl_device_test opencl_sub_groups_test kernels_opencl_test kernels_matmul_test
               kernels_conv_test kernels_norm_test)
  export TINYGRAD_OPENCL_FORM=$1 TINYGRAD_TESTED_DEVICE=opencl TINYGRAD_OPENCL_CACHE=0
  if has_mnist "${TINYGRAD_DATA:-data}"; then
    data=(--dataset mnist) least=0.98
  fi
  $run true
  build release mnist_cnn op_table_test "${tests[@]}"
  reaches $least $run build/release/examples/mnist_cnn --device opencl --epochs 1 "${data[@]}"
  for name in "${tests[@]}"; do
    $run "$folder/$name" --gtest_brief=1
  done
  $run $folder/op_table_test --device opencl --gtest_brief=1
}

# The static library's consumer is a test of ctest.
shared_library() {
  cmake --preset ci -B build/shared -DBUILD_SHARED_LIBS=ON -DTINYGRAD_BUILD_TESTS=OFF \
    -DTINYGRAD_BUILD_EXAMPLES=OFF -DTINYGRAD_BUILD_BENCH=OFF
  cmake --build build/shared --parallel "$jobs"
  tests/consumer/run.sh installed "$PWD/build/shared"
}

random_calls() {
  TINYGRAD_RANDOM_CALLS=200000 build/asan/tests/op_table_test --gtest_filter='random_calls.*'
}

# The table of ops on 1, 2, 3 and 8 threads; the rest of it runs on what these rows exercise.
op_table_on_threads() {
  build tsan op_table_test
  build/tsan/tests/op_table_test --gtest_filter='threads.*' --gtest_brief=1
}

# CI stops at PTX. Registers and shared memory are counted when it becomes machine code.
cuda_machine_code() {
  command -v nvcc > /dev/null || { echo "there is no nvcc"; return 77; }
  cmake --preset cuda -DTINYGRAD_CUDA_ARCHITECTURES=90 > /dev/null
  cmake --build --preset cuda --parallel "$jobs" --target tinygrad
}

# host_only FOLDERS...: folders of tests/, by the targets that build them.
host_only() {
  local folders=("$@") labels
  labels=$(IFS='|'; echo "${folders[*]}")
  suites fuzz "-L ^($labels)" "${folders[@]/%/_tests}"
}

short_form() {
  step "ASan and UBSan (clang): memory, files, data, autograd, threads" \
    suites fuzz '-L ^(io|data|fuzz)|threaded$' {io,data,fuzz,threaded}_tests
  all_fuzzers
}

full_form() {
  local form
  step "tests that take long: the table of ops in OpenCL's cpu form, Oclgrind, pages in a browser" \
    suites release '-L long$'
  step "clang-tidy: all host code" scripts/lint.sh all
  step "CUDA's kernels, machine code for an H100" cuda_machine_code
  step "the shared library, installed, with a consumer" shared_library
  step "ASan and UBSan (g++): every test" suites asan ""
  step "ASan and UBSan: 200,000 random calls of random ops" random_calls
  step "TSan: what runs on threads" suites tsan '-L threaded$' threaded_tests
  step "TSan: the table of ops" op_table_on_threads
  step "ASan and UBSan (clang): memory, files, data, autograd" \
    host_only core io data nn optim capture vision tables train fuzz
  all_fuzzers
  step "ASan and UBSan, each buffer a block of its own" same_tests_with asan TINYGRAD_POOL=0
  step "clang, Release: every test" same_tests_with clang
  step "products by OpenBLAS: every test" with_blas
  step "formulas instead of kernels: every test" without_kernels
  step "OpenCL's kernels, every program of the table of ops, compile for Intel's chips" \
    every_program_for_intel
  for form in cpu gpu; do
    step "Intel's OpenCL, $form form: the table of ops, kernels, an epoch of mnist_cnn" \
      on_intel_opencl $form
  done
  step "WebAssembly: the table of ops in Node, the course's pages in a browser" scripts/wasm.sh full
  step "the labs of the course, whole, beside the committed results" scripts/labs.sh --compare
  step "PyTorch's own samples: 43,128 calls of ops" tests/opinfo/check.sh
  step "baseline instruction set: every test" same_tests_with release TINYGRAD_CPU=baseline
  step "AVX2: every test" same_tests_with release TINYGRAD_CPU=avx2
}

results=docs/reliability_results.md
keep_row() {
  local row
  row=$(grep -F "| $1 |" $results | tail -n 1) && rows+=("$row") || true
}

write_table() {
  {
    echo "# Reliability: the results of the long form"
    echo
    echo "Written by \`scripts/test.sh --full\`, or in parts by \`scripts/reliability.sh full STEPS\`:" \
      "$(g++ --version | head -n 1), $(clang++ --version | head -n 1)."
    echo
    echo "| what | result | figure | time | run on, of commit |"
    echo "| --- | --- | --- | --- | --- |"
    printf '%s\n' "${rows[@]}"
  } > $results
}

"${mode}_form"
if [ "$mode" = full ]; then
  mkdir -p docs
  write_table
fi
printf '\n%s\n' "${rows[@]}"
exit $failed
