#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Tests scripts/cuda.sh on a machine without a GPU, with substitutes for the programs that it runs:
# its table, what it treats as a failure, and the step at which it stops.
set -uo pipefail
script=$(cd "$(dirname "$0")/../.." && pwd)/scripts/cuda.sh
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
mkdir -p "$folder"/{tests,examples,bench,tools/doctor,bin,data/mnist}
touch "$folder/data/mnist/train-images-idx3-ubyte"
export BUILT=$folder TINYGRAD_DATA=$folder/data PATH=$folder/bin:$PATH SAID=$folder/said
unset TINYGRAD_TESTED_DEVICE TINYGRAD_DEVICE CUDNN_ROOT
failed=0

stand_in() {  # stand_in PATH: a program whose text is on stdin; it writes down how it was called
  {
    cat <<'BEGINNING'
#!/usr/bin/env bash
called="${0##*/} $* on $TINYGRAD_TESTED_DEVICE pool ${TINYGRAD_POOL:-1}"
called+="${TINYGRAD_CUDA_LIBRARIES:+ libraries $TINYGRAD_CUDA_LIBRARIES}"
echo "$called${CUDNN_ROOT:+ cuDNN in $CUDNN_ROOT}" >> "$SAID"
BEGINNING
    cat
  } > "$folder/$1"
  chmod +x "$folder/$1"
}
for name in op_table kernels_matmul kernels_conv kernels_norm kernels_cuda cuda_runtime \
            cuda_library core_numerics optim_trajectory examples_mnist_nets capture_steps \
            core_amp; do
  stand_in "tests/${name}_test" <<< 'seq 1000 >&2; [ "${BROKEN:-}" != "${0##*/}" ] || exit 1
seq 1000; echo "[  PASSED  ] 3 tests."'
done
stand_in tools/doctor/tinygrad-doctor <<< \
  '[ "${BROKEN:-}" != GPU ] || { echo "No NVIDIA GPU was found"; exit 1; }'
stand_in examples/mnist_cnn <<< 'while [ "$1" != --json ]; do shift; done
echo "{\"final\":true,\"test_accuracy\":${ACCURACY:-0.995}}" > "$2"'
stand_in bin/compute-sanitizer <<< '
[ "${BROKEN:-}" != sanitizer ] || { echo "========= Error: device not supported"; exit 1; }
tool=$2
while [[ $1 == --* ]]; do shift 2; done
echo "========= COMPUTE-SANITIZER"; "$@" || exit
[ "${BROKEN:-}" != "$tool" ] || { echo "========= ERROR SUMMARY: 2 errors"; exit 9; }
[ "$tool" = racecheck ] &&
  echo "========= RACECHECK SUMMARY: 0 hazards displayed (0 errors, 0 warnings)" ||
  echo "========= ERROR SUMMARY: 0 errors"'

# expect_status STATUS ARGUMENTS...: of the script; also leaves what it said in $said
expect_status() {
  : > "$SAID"
  local got
  said=$("$script" "${@:2}" 2>&1)
  got=$?
  [ $got = "$1" ] || fail "it ended with $got, not $1: $said"
}
fail() { echo "FAILED: $*"; failed=1; }
expect() { grep -qE -- "$1" <<< "$said" || fail "no \"$1\" in: $said"; }
expect_called() { grep -qFx -- "$1" "$SAID" || fail "\"$1\" was not called, but: $(cat "$SAID")"; }

expect_status 0
expect '^\| NVIDIA.s libraries.* \| passed \| \[  PASSED  \] 3 tests \|'
expect '^\| the table of ops.* \| passed \| \[  PASSED  \] 3 tests \|'
expect '^\| kernels .* \| passed \| \[  PASSED  \] 12 tests \|'
expect '^\| mnist_cnn .* \| passed \| 99.50 % of the test digits are read right \|'
expect '^\| compute-sanitizer: every op once under racecheck \| passed \| 0 errors \|'
[ "$(grep -cF '| recorded steps | passed |' <<< "$said")" = 2 ] ||
  fail "a row is not told twice, when it is known and in the end: $said"
expect_called "tinygrad-doctor --device cuda --seconds 300 on cuda pool 1"
expect_called "kernels_conv_test --gtest_brief=1 on cuda pool 1"
expect_called "kernels_conv_test --gtest_brief=1 on cuda pool 1 libraries 0"
expect_called "op_table_test --gtest_brief=1 --device cuda on cuda pool 1"
expect_called "capture_steps_test --gtest_brief=1 on cuda pool 1"
declare -A more=([memcheck]=" --report-api-errors no")
for tool in memcheck racecheck initcheck; do
  options="--tool $tool --error-exitcode 9${more[$tool]:-}"
  table="$folder/tests/op_table_test --device cuda --once"
  expect_called "compute-sanitizer $options $table on cuda pool 0 libraries 0"
done
expect_status 0 -DCUDNN_ROOT="$folder/a cuDNN"
expect_called "cuda_library_test --gtest_brief=1 on cuda pool 1 cuDNN in $folder/a cuDNN"
STEPS='recorded|initcheck' expect_status 0
[ "$(grep -c '| passed |' <<< "$said")" = 4 ] || fail "not those two steps: $said"
expect '^\| recorded steps \| passed'
expect '^\| compute-sanitizer: every op once under initcheck \| passed'
STEPS=memchek expect_status 2
expect 'No step is called memchek\.'
TINYGRAD_TESTED_DEVICE=emulated_cuda expect_status 0
expect_called "tinygrad-doctor --device cpu --seconds 300 on emulated_cuda pool 1"
expect_called "op_table_test --gtest_brief=1 --device emulated_cuda on emulated_cuda pool 1"

BROKEN=GPU expect_status 2
expect 'No NVIDIA GPU was found'
expect 'There is no device cuda to test on; the chain above says why\.'
[ "$(wc -l < "$SAID")" = 1 ] || fail "it went on without a GPU: $(cat "$SAID")"
BROKEN=kernels_conv_test expect_status 1
expect '^\| kernels .* \| FAILED \|'
expect_called "kernels_cuda_test --gtest_brief=1 on cuda pool 1"  # the others run all the same
BROKEN=cuda_library_test expect_status 1
expect '^\| NVIDIA.s libraries.* \| FAILED \|'
BROKEN=capture_steps_test expect_status 1
expect '^\| recorded steps \| FAILED \|'
BROKEN=initcheck expect_status 1
expect '^\| compute-sanitizer: every op once under memcheck \| passed \|'
expect '^\| compute-sanitizer: every op once under initcheck \| FAILED \|'
BROKEN=sanitizer expect_status 0
why='the machine does not let it run: =+ Error: device not supported'
expect "^\| compute-sanitizer: every op once \| skipped \| $why \|"
ACCURACY=0.9929 expect_status 1
expect '^\| mnist_cnn .* \| FAILED \| 99.29 %'
TINYGRAD_DATA=$folder/bin expect_status 1
expect 'MNIST is not in '
touch "$folder"/bench/{bench_rows,limits}
stand_in bin/strip <<< 'cp "$3" "$2"'
"$script" --pack "$folder" "$folder/packed.tar.xz" > /dev/null || fail "nothing was packed"
mkdir "$folder/unpacked" && tar -C "$folder/unpacked" -xJf "$folder/packed.tar.xz"
BUILT=$folder/unpacked STEPS=recorded expect_status 0
expect '^\| recorded steps \| passed'
[ -x "$folder/unpacked/tests/core_amp_test" ] && [ -e "$folder/unpacked/bench/bench_rows" ] ||
  fail "programs are missing: $(find "$folder/unpacked")"
rm "$folder/bin/compute-sanitizer"
if ! command -v compute-sanitizer > /dev/null; then
  expect_status 0
  expect '^\| compute-sanitizer: every op once \| skipped \| compute-sanitizer is not here \|'
fi
exit $failed
