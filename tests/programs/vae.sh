#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Tests examples/vae: it learns, writes its pictures, refuses bad input, and a run that is stopped
# goes on with the same bits.
source "$(dirname "$0")/lib.sh"
vae=$programs/vae
refused '--latent' "$vae" --latent 0
refused 'missing' "$vae" "${tiny[@]}" --pictures missing/p.ppm
refused '.png or .ppm' "$vae" "${tiny[@]}" --pictures p.pgm
refused 'nowhere' "$vae" --data nowhere
refused '--resume.*--checkpoint' "$vae" "${tiny[@]}" --resume
"$vae" --help | grep -q -- '--pictures' || wrong "--help does not name --pictures"

"$vae" "${tiny[@]}" --batch-size 32 --json lines.json --pictures p.ppm > out
[ "$(grep -c '^epoch' out)" = 3 ] || wrong "not a line an epoch: $(cat out)"
[ "$(wc -l < lines.json)" = 4 ] || wrong "lines of JSON: $(cat lines.json)"
below 400 test_loss lines.json  # 543 is that of pixels that are 0.5 everywhere
[ "$(head -n 2 p.ppm | tail -n 1)" = '242 302' ] ||
  wrong "the head of the pictures: $(head -n 3 p.ppm)"
[ "$(stat -c %s p.ppm)" = $((15 + 3 * 242 * 302)) ] ||
  wrong "the pictures have $(stat -c %s p.ppm) bytes"
[ "$(tail -c +16 p.ppm | tr -d '\0' | wc -c)" -gt 3000 ] || wrong "the pictures are black"
resumes "$vae" --dataset digits --samples 2000 --epochs 4 --batch-size 32
refused '--latent' "$vae" --dataset digits --samples 2000 --epochs 4 --batch-size 32 --latent 3 \
  --checkpoint run --resume --quiet
