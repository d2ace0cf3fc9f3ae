#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Tests kill -9 at random moments, with 1 and 2 threads, and --resume: the weights must be those of
# a run that was not killed. TINYGRAD_TEST_FULL=1: 20 runs.
source "$(dirname "$0")/lib.sh"
runs=2
[ "${TINYGRAD_TEST_FULL:-0}" != 1 ] || runs=20
train=(--dataset digits --samples 3000 --epochs 4 --batch-size 16 --quiet)
began=$(date +%s%N)
"$mlp" "${train[@]}" --save whole.safetensors
milliseconds=$((($(date +%s%N) - began) / 1000000))

for ((i = 0; i < runs; ++i)); do
  threads=$((i % 2 + 1))
  rm -rf run resumed.safetensors
  for kill in 1 2; do
    "$mlp" "${train[@]}" --threads $threads --checkpoint run --resume --save resumed.safetensors &
    after=$((RANDOM % milliseconds + 1))
    sleep "$((after / 1000)).$(printf %03d $((after % 1000)))"
    kill -9 $! 2> /dev/null || true
    wait $! 2> /dev/null || true
  done
  "$mlp" "${train[@]}" --threads $threads --checkpoint run --resume --save resumed.safetensors
  same whole.safetensors resumed.safetensors
done
echo "$((2 * runs)) kills"
