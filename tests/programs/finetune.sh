#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Tests examples/finetune: a head on frozen layers of PyTorch learns from a few digits, bad weights
# are refused, and a run that is stopped goes on with the same bits. TINYGRAD_TEST_FULL=1: PyTorch
# reads the saved weights.
source "$(dirname "$0")/lib.sh"
finetune=$programs/finetune here=$(dirname "$0")
weights=$here/../../examples/data/pretrained.safetensors
few=(--dataset digits --samples 200)
refused 'missing' "$finetune" "${few[@]}" --pretrained missing.safetensors
refused '--train' "$finetune" "${few[@]}" --train tail
refused '--resume.*--checkpoint' "$finetune" "${few[@]}" --resume
"$cnn" --dataset digits --samples 64 --epochs 0 --quiet --save cnn.safetensors
refused '--pretrained.*features.0.weight' "$finetune" "${few[@]}" --pretrained cnn.safetensors
"$finetune" --help | grep -q -- '--pretrained' || wrong "--help does not name --pretrained"

"$finetune" "${few[@]}" --pretrained "$weights" --epochs 10 --json lines.json \
  --save w.safetensors > out
grep -q '50,538 trainable, 4,800 frozen' out || wrong "no count of frozen parameters: $(cat out)"
[ "$(grep -c '^epoch' out)" = 10 ] || wrong "not a line an epoch: $(cat out)"
[ "$(wc -l < lines.json)" = 11 ] || wrong "lines of JSON: $(cat lines.json)"
below 0.8 test_loss lines.json  # 2.3 is that of equal probabilities
[ -z "$("$finetune" "${few[@]}" --epochs 0 --quiet 2>&1)" ] || wrong "--quiet printed"
resumes "$finetune" "${few[@]}" --pretrained "$weights" --epochs 6
refused '--train head' "$finetune" "${few[@]}" --pretrained "$weights" --epochs 6 --train all \
  --checkpoint run --resume --quiet
[ "${TINYGRAD_TEST_FULL:-0}" = 1 ] || exit 0
code=0
"$here/../opinfo/python.sh" "$here/finetune_state.py" "$weights" w.safetensors || code=$?
[ $code = 0 ] || [ $code = 77 ] || wrong "PyTorch did not read the weights"
