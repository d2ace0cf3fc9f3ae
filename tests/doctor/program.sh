#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Tests the doctor on the real machine: the page, JSON, both languages, exit statuses.
#   program.sh DOCTOR
set -uo pipefail
doctor=$1
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
export ASAN_OPTIONS=${ASAN_OPTIONS:+$ASAN_OPTIONS:}detect_leaks=0  # drivers leak, which is not ours
export POCL_CACHE_DIR=$folder/pocl TMPDIR=$folder/tmp LC_ALL=C
mkdir "$TMPDIR" "$POCL_CACHE_DIR"
unset TINYGRAD_DEVICE TINYGRAD_CPU TINYGRAD_THREADS OCL_ICD_VENDORS OPENCL_VENDOR_PATH
failed=0

fail() { echo "FAILED: $*"; failed=1; }
expect_status() {  # expect_status STATUS ARGUMENTS...: also leaves what was said in $said
  local status=$1 got
  shift
  said=$("$doctor" "$@" 2>&1)
  got=$?
  [ "$got" = "$status" ] || fail "$* ended with $got, not $status: $said"
}
expect() { [[ $said == *"$1"* ]] || fail "\"$1\" is not in: $said"; }

expect_status 0 --device cpu
expect "CPU: works"
expect "cpu: a product and its gradient are right."
expect "cpu works."
[[ $said != *OpenCL* ]] || fail "--device cpu shows other chains: $said"
expect_status 0
expect "CPU: works"
expect "OpenCL: "
expect "CUDA: "
expect_status 0 --device cpu --lang zh
expect "CPU：可用"
expect "cpu 可用。"
said=$(LC_ALL=zh_CN.UTF-8 "$doctor" --device cpu)
expect "CPU：可用"
TINYGRAD_CPU=nonsense expect_status 1
expect 'TINYGRAD_CPU: must be baseline, avx2, avx512 or neon, not "nonsense"'
TINYGRAD_DEVICE=opencl:99 expect_status 1
expect "opencl:99 does not work."
expect_status 1 --device opencl:99
expect_status 1 --device "no such thing"
expect_status 2 --nonsense
expect_status 2 --lang fr
expect_status 0 --version
expect "tinygrad 0."
expect_status 0 --help --lang=zh
expect "用法"
expect_status 0 --device cpu --bench
expect "GFLOP/s"
[[ ! $said =~ " 0.0 G" ]] || fail "a speed of zero: $said"

# A full standard output: one line on stderr, and not 0.
for arguments in "--device cpu" "--device cpu --json" --help --version; do
  # shellcheck disable=SC2086
  said=$("$doctor" $arguments 2>&1 > /dev/full) && fail "$arguments exited with 0: $said"
  expect "tinygrad-doctor: standard output cannot be written: No space left on device"
  [ "$(wc -l <<< "$said")" = 1 ] || fail "not one line: $said"
done

# The output for programs.
expect_status 0 --json --lang zh
python3 - "$said" <<'PYTHON' || fail "the JSON: $said"
import json, sys
report = json.loads(sys.argv[1])
cpu, opencl, cuda = report["chains"]
assert (cpu["chain"], opencl["chain"], cuda["chain"]) == ("CPU", "OpenCL", "CUDA")
assert cpu["works"] and report["asked"] == {"device": "cpu", "works": True, "problem": ""}
names = [link["link"] for link in opencl["links"]]
assert names[0] == "loader" and {"ICD", "platform", "driver", "device", "permission", "extensions",
                                 "kernel", "tinygrad"} <= set(names)
names = [link["link"] for link in cuda["links"]]
assert names[0] == "GPU" and {"CUDA version", "toolkit", "runtime", "cuBLASLt", "cuDNN", "NCCL",
                              "architecture", "tinygrad"} <= set(names)
for link in cpu["links"] + opencl["links"] + cuda["links"]:
    assert link["state"] in ("ok", "note", "broken", "skipped") and link["text"]
    assert "mend" not in link or set(link["mend"]) == {"debian", "fedora", "arch"}
PYTHON

# If PoCL is installed, its whole chain must work. In CI it must be installed.
if [ -e /etc/OpenCL/vendors/pocl.icd ]; then
  said=$("$doctor")
  expect "✓ loader"
  expect "✓ platform     Portable Computing Language."
  expect "numbers, and every sum"
  [[ $said =~ /[^\ ]*/libOpenCL\.so\.1 ]] || fail "no path of the loader: $said"
  [[ $said =~ /[^\ ]*/libpocl\.so ]] || fail "no path of the driver: $said"
  if [[ $("$doctor" --probe devices) == *"@device opencl"* ]]; then
    expect_status 0 --device opencl
    expect "OpenCL: works"
  else
    expect_status 1 --device opencl
    expect 'this build of tinygrad offers no device "opencl"'
  fi
  # A loader that lies before the system's and cannot be opened.
  mkdir "$folder/early"
  echo "this is no library" > "$folder/early/libOpenCL.so.1"
  LD_LIBRARY_PATH=$folder/early expect_status 1 --device opencl
  expect "✗ loader       $folder/early/libOpenCL.so.1 was found, but cannot be opened:"
elif [ "${CI:-}" = true ]; then
  fail "PoCL is not installed (apt-get install pocl-opencl-icd)"
fi

# Without a driver, CUDA's chain breaks at that link, whose name is printed; the exit status shows
# it.
if [ ! -e /proc/driver/nvidia/version ] && [ ! -e /dev/dxg ]; then
  expect_status 1 --device cuda
  expect "CUDA: does not work"
  expect "libcuda.so.1 is not here"
  expect "cuda does not work."
fi
# The doctor must report the CUDA that the build found.
if [ -e "${TINYGRAD_BINARY_DIR:-.}/src/backends/cuda/cuda.o" ]; then
  said=$("$doctor" --lang en --device cuda)
  expect "This build was compiled with CUDA"
  ! grep -q '^CUDNN_INCLUDE_DIR:PATH=/' "$TINYGRAD_BINARY_DIR/CMakeCache.txt" ||
    [[ $said != *"made without cuDNN"* ]] || fail "built with cuDNN: $said"
fi
[ -z "$(ls -A "$TMPDIR")" ] || fail "left behind: $(ls -A "$TMPDIR")"
exit $failed
