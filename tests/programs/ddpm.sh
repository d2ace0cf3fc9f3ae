#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Tests examples/ddpm: it learns, draws with both samplers, writes its pictures, is steered by
# outlines and adapters, refuses bad input, and a run that is stopped goes on with the same bits.
source "$(dirname "$0")/lib.sh"
ddpm=$programs/ddpm
few=(--dataset digits --samples 600 --batch-size 64 --steps 3 --draws 2)
small=("${few[@]}" --channels 8)
refused 'multiple of 8' "$ddpm" --channels 12
refused '--sampler' "$ddpm" --sampler euler
refused 'missing' "$ddpm" "${few[@]}" --pictures missing/p.ppm
refused '.png or .ppm' "$ddpm" "${few[@]}" --film p.pgm
refused '--edges.*--load' "$ddpm" "${few[@]}" --edges
refused '--style.*--load' "$ddpm" "${few[@]}" --style bold
refused '--judge' "$ddpm" "${few[@]}" --load w --style bold --judge w
refused 'missing.safetensors' "$ddpm" "${few[@]}" --load missing.safetensors
refused '--resume.*--checkpoint' "$ddpm" "${few[@]}" --resume
refused 'nowhere' "$ddpm" --dataset cifar10 --data nowhere

"$ddpm" "${small[@]}" --epochs 6 --json lines.json --pictures p.ppm --film f.ppm --save w.st > out
[ "$(grep -c '^epoch' out)" = 6 ] || wrong "not a line an epoch: $(cat out)"
[ "$(wc -l < lines.json)" = 7 ] || wrong "lines of JSON: $(cat lines.json)"
below 0.8 test_loss lines.json  # about 1 if the velocity is said to be 0
for key in read_as_asked frechet_drawn frechet_gaussian frechet_training; do
  below 1e6 $key lines.json
done
[ "$(head -n 2 p.ppm | tail -n 1)" = '302 62' ] || wrong "p.ppm: $(head -n 2 p.ppm)"
[ "$(head -n 2 f.ppm | tail -n 1)" = '362 302' ] || wrong "f.ppm: $(head -n 2 f.ppm)"
refused 'does not fit' "$ddpm" "${few[@]}" --channels 16 --load w.st

"$ddpm" "${small[@]}" --epochs 1 --load w.st --edges --style bold --rank 2 \
  --pictures e.ppm --save e.st > out
grep -q '^outlines of what is drawn' out || wrong "outlines are not compared: $(cat out)"
[ "$(head -n 2 e.ppm | tail -n 1)" = '302 182' ] || wrong "e.ppm: $(head -n 2 e.ppm)"
"$ddpm" "${small[@]}" --epochs 0 --load e.st --edges e.ppm --style bold --rank 2 --sampler ddpm \
  --guidance 1 --quiet
refused 'another network' "$ddpm" "${small[@]}" --load e.st
"$cnn" --dataset digits --samples 64 --epochs 0 --quiet --save cnn.st
"$ddpm" "${small[@]}" --epochs 0 --load w.st --judge cnn.st --json - > out
grep -q read_as_asked out || wrong "no judgement: $(cat out)"
resumes "$ddpm" --dataset digits --samples 256 --batch-size 32 --channels 8 --epochs 6 --draws 0
