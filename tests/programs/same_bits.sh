#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Tests that the same seed gives the same weights, with 1, 2 and 3 threads, and that training works
# with the baseline kernels and with only the formulas.
source "$(dirname "$0")/lib.sh"
for program in "$mlp" "$cnn"; do
  for threads in 1 2 3; do
    "$program" --dataset digits --samples 256 --epochs 1 --shift 2 --quiet --threads $threads \
      --save $threads.safetensors
  done
  same 1.safetensors 2.safetensors
  same 1.safetensors 3.safetensors
  "$program" --dataset digits --samples 256 --epochs 1 --shift 2 --quiet --seed 43 \
    --save other.safetensors
  ! cmp -s 1.safetensors other.safetensors || wrong "the seed changes nothing"
  TINYGRAD_CPU=baseline "$program" --dataset digits --samples 128 --epochs 1 --quiet
  TINYGRAD_KERNELS=0 "$program" --dataset digits --samples 64 --batch-size 16 --epochs 1 --quiet
done
