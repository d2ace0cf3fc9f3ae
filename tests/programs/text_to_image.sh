#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Tests examples/text_to_image: it learns, draws and judges, draws what a sentence says with a model
# that was saved, refuses bad input, and a run that is stopped goes on with the same bits.
source "$(dirname "$0")/lib.sh"
draw=$programs/text_to_image
few=(--dataset digits --samples 600 --batch-size 64 --steps 2 --draws 20)
small=("${few[@]}" --channels 8)
refused 'multiple of 8' "$draw" --channels 12
refused 'missing' "$draw" "${few[@]}" --pictures missing/p.ppm
refused '.png or .ppm' "$draw" "${few[@]}" --pictures p.pgm
refused '--dataset' "$draw" --dataset fashion
refused 'missing.safetensors' "$draw" "${few[@]}" --load missing.safetensors
refused '--resume.*--checkpoint' "$draw" "${few[@]}" --resume
refused '"pink" is not known; known are: a of' "$draw" --prompt 'a pink 3'
refused 'such are: a red 3' "$draw" --prompt 'a red 3 a blue 7'
refused 'needs --load' "$draw" --prompt 'a red 3' --pictures p.ppm
refused 'needs --pictures' "$draw" --prompt 'a red 3' --load w.st

"$draw" "${small[@]}" --epochs 3 --json lines.json --pictures p.ppm --save w.st > out
[ "$(grep -c '^epoch' out)" = 4 ] || wrong "not a line an epoch: $(cat out)"
[ "$(wc -l < lines.json)" = 5 ] || wrong "lines of JSON: $(cat lines.json)"
below 0.97 test_loss lines.json  # about 1 if the velocity is said to be 0
for key in true copied drawn; do below 1.01 ${key}_pictures lines.json; done
[ "$(head -n 2 p.ppm | tail -n 1)" = '402 152' ] || wrong "p.ppm: $(head -n 2 p.ppm)"
refused 'does not fit' "$draw" --channels 16 --load w.st --prompt 'a red 3' --pictures q.ppm

for text in 'a red 3 above a blue 7' '红色的3在蓝色的7上面'; do
  "$draw" --channels 8 --load w.st --steps 2 --prompt "$text" --pictures q.ppm --json - > out
  grep -qF "\"prompt\":\"$text\"" out || wrong "printed: $(cat out)"
  [ "$(head -n 2 q.ppm | tail -n 1)" = '402 52' ] || wrong "q.ppm: $(head -n 2 q.ppm)"
done
resumes "$draw" --dataset digits --samples 600 --batch-size 64 --channels 8 --epochs 4 --draws 0
