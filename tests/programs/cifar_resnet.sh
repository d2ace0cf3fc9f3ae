#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Tests examples/cifar_resnet on pictures that are gray, each class of another brightness: it learns
# them, refuses bad input, and a run that is stopped goes on with the same bits.
source "$(dirname "$0")/lib.sh"
cifar=$programs/cifar_resnet
gray_pictures

refused 'scripts/cifar10.sh' "$cifar"
refused 'test_batch.bin|data_batch_1.bin' "$cifar" --data nowhere
refused '--width' "$cifar" --data cifar --width 0
refused '--smoothing' "$cifar" --data cifar --smoothing 2
refused '--lr' "$cifar" --data cifar --lr nan
refused '--resume.*--checkpoint' "$cifar" --data cifar --resume
"$cifar" --help | grep -q -- '--smoothing' || wrong "--help does not name --smoothing"

small=(--data cifar --width 4 --batch-size 10 --lr 0.1)
"$cifar" "${small[@]}" --epochs 10 --json lines.json > out
[ "$(grep -c '^epoch' out)" = 10 ] || wrong "not a line an epoch: $(cat out)"
[ "$(wc -l < lines.json)" = 11 ] || wrong "lines of JSON: $(cat lines.json)"
below 1.8 test_loss lines.json  # 2.3 is that of equal probabilities
[ -z "$("$cifar" "${small[@]}" --epochs 0 --quiet 2>&1)" ] || wrong "--quiet printed"
resumes "$cifar" "${small[@]}" --epochs 12
refused '--smoothing 0.1' "$cifar" "${small[@]}" --epochs 12 --smoothing 0 --checkpoint run \
  --resume --quiet
