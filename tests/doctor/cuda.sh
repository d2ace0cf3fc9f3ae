#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Tests the doctor's CUDA probes on libraries that answer, abort, hang, or are in two places.
#   cuda.sh DOCTOR LIBCUDA LIBCUDNN ABORTING_LIBRARY HANGING_LIBRARY
set -uo pipefail
doctor=$1 libcuda=$2 libcudnn=$3 aborting=$4 hanging=$5
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
export ASAN_OPTIONS=${ASAN_OPTIONS:+$ASAN_OPTIONS:}detect_leaks=0
unset CUDA_PATH CUDA_HOME VIRTUAL_ENV CONDA_PREFIX CUDNN_ROOT CUDA_VISIBLE_DEVICES
failed=0

fail() { echo "FAILED: $*"; failed=1; }
# link NAME STATE TEXT: what the doctor says of a link of the CUDA chain, with the library that was
# put into $folder/driver.
link() {
  local said
  said=$(LD_LIBRARY_PATH=${path:-$folder/driver} \
         "$doctor" --json --lang en --seconds "${seconds:-20}" --device cuda)
  python3 - "$said" "$@" <<'PYTHON' || fail "$1: $said"
import json, sys
links = json.loads(sys.argv[1])["chains"][0]["links"]
found = next(link for link in links if link["link"] == sys.argv[2])
assert found["state"] == sys.argv[3] and sys.argv[4] in found["text"], found
PYTHON
}

mkdir "$folder/driver"
cp "$libcuda" "$folder/driver/libcuda.so.1"
link "CUDA version" ok "CUDA 13.0, nvidia-smi's number"
link device ok "Fake GPU: compute capability 8.9, 128 multiprocessors, 24.0 GiB."
FAKE_CUINIT=34 link "CUDA version" broken "is a stub"
FAKE_CUINIT=1 link "CUDA version" broken "cuInit gave 1, CUDA_ERROR_FAKE."
FAKE_CUINIT=100 CUDA_VISIBLE_DEVICES=9 \
  link "CUDA version" broken "CUDA_VISIBLE_DEVICES=9 hides the GPU"
cp "$aborting" "$folder/driver/libcuda.so.1"
link "CUDA version" broken "Opening libcuda.so.1 ends the program (SIGABRT) in dlopen."
cp "$hanging" "$folder/driver/libcuda.so.1"
seconds=2 link "CUDA version" broken "libcuda.so.1 does not come back from dlopen."
seconds=2 link cuBLASLt skipped "Not reached."
rm "$folder/driver/libcuda.so.1"

# cuDNN, whole and in one place; then with a part of another installation; then with a part missing.
export CUDNN_ROOT=$folder/cudnn
mkdir -p "$CUDNN_ROOT/lib" "$folder/other"
cp "$libcudnn" "$CUDNN_ROOT/lib/libcudnn.so.9"
for part in graph ops cnn adv heuristic engines_precompiled engines_runtime_compiled; do
  cp "$libcudnn" "$CUDNN_ROOT/lib/libcudnn_$part.so.9"
done
said=$("$doctor" --probe cuda_library cudnn 13)
for expected in "@library $CUDNN_ROOT/lib/libcudnn.so.9" "@version 91900" "@cuda 13010" \
                "@part $CUDNN_ROOT/lib/libcudnn_heuristic.so.9"; do
  [[ $said == *"$expected"* ]] || fail "\"$expected\" is not in: $said"
done
[[ $said != *@lacks* ]] || fail "nothing is missing: $said"
cp "$libcudnn" "$folder/other/libcudnn_engines_precompiled.so.9"
path=$folder/other \
  link cuDNN broken "Its parts are of two installations, $CUDNN_ROOT/lib and $folder/other."
rm "$CUDNN_ROOT/lib/libcudnn_engines_runtime_compiled.so.9"
said=$("$doctor" --probe cuda_library cudnn 13)
[[ $said == *"@lacks libcudnn_engines_runtime_compiled.so.9"* ||
   $said == *"@part /"*"engines_runtime_compiled"* ]] || fail "a part is missing: $said"
cp "$aborting" "$CUDNN_ROOT/lib/libcudnn.so.9"
link cuDNN note "Opening it ends the program (SIGABRT) in dlopen."
exit $failed
