#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Tests examples/stable_diffusion: with a small model, which models_diffusion_test writes, it draws
# the same bits for the same seed; bad input is refused.
source "$(dirname "$0")/lib.sh"
draw=$programs/stable_diffusion
refused 'DIR' "$draw" --prompt cat
refused 'prompt' "$draw" nowhere
refused 'nowhere' "$draw" nowhere --prompt cat
refused 'scheduler' "$draw" nowhere --prompt cat --scheduler heun
refused '--out.*jpg.*must end in .png' "$draw" nowhere --prompt cat --out a.jpg
refused 'no/folder' "$draw" nowhere --prompt cat --out no/folder/picture.png

TINYGRAD_COPY_TO=small "$programs/../tests/models_diffusion_test" \
  --gtest_filter=StableDiffusion.is_copied_for_the_test_of_the_program > log || wrong "$(cat log)"
small=("$draw" small --prompt 'a red cat' --steps 3)
"${small[@]}" --out a.png --threads 1 --json a.json > lines
"${small[@]}" --out b.png --threads 2 --quiet
"${small[@]}" --out c.png --seed 7 --scheduler euler --dtype float16 --size 24 --json - > c.json
same a.png b.png
cmp -s a.png c.png && wrong 'another seed gave the same picture'
[ "$(grep -c '^step' lines)" = 4 ] || wrong "printed: $(cat lines)"  # PNDM takes the first twice
grep -q '"peak_bytes":[0-9]' a.json || wrong "wrote: $(cat a.json)"
[ "$(wc -l < c.json)" = 1 ] || wrong "printed: $(cat c.json)"
refused '21' "${small[@]}" --size 21
refused 'unet/tokenizer' "$draw" small/unet --prompt cat
rm small/vae/config.json
refused 'config.json' "${small[@]}"
