#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Tests invalid arguments: one clear line, exit code 2, nothing written.
source "$(dirname "$0")/lib.sh"
mkfifo pipe
for program in "$mlp" "$cnn"; do
  refused '--unknown' "$program" --unknown
  refused 'left.over' "$program" left.over
  refused '--epochs.*three' "$program" --epochs three
  refused '--epochs' "$program" --epochs -1
  refused '--epochs' "$program" --epochs
  refused '--batch-size' "$program" --batch-size 0
  refused '--samples' "$program" --samples 0
  refused '--lr' "$program" --lr nan
  refused '--lr' "$program" --lr 0.1x
  refused '--seed' "$program" --seed 99999999999999999999999
  refused '--seed' "$program" --seed -1
  refused '--threads' "$program" --threads 0
  refused '--dataset.*letters' "$program" --dataset letters
  refused 'abacus' "$program" "${tiny[@]}" --device abacus
  refused '--resume.*--checkpoint' "$program" "${tiny[@]}" --resume
  refused 'missing' "$program" "${tiny[@]}" --save missing/weights.safetensors
  refused 'missing' "$program" "${tiny[@]}" --json missing/lines.json
  refused 'folder' "$program" "${tiny[@]}" --save .
  refused 'regular' "$program" "${tiny[@]}" --save pipe
  refused 'regular' "$program" "${tiny[@]}" --json pipe
  refused 'TINYGRAD_THREADS' env TINYGRAD_THREADS=many "$program" "${tiny[@]}"
  refused 'TINYGRAD_CPU' env TINYGRAD_CPU=z80 "$program" "${tiny[@]}"
done
touch file
refused 'file' "$mlp" "${tiny[@]}" --checkpoint file
