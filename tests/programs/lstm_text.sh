#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Tests examples/lstm_text: it learns a text that repeats itself and then writes it, refuses bad
# input, and a run that is stopped goes on with the same bits, in the middle of an epoch too.
source "$(dirname "$0")/lib.sh"
lstm=$programs/lstm_text
verse='Tiger, tiger, burning bright. '
for ((i = 0; i < 300; ++i)); do printf '%s' "$verse"; done > verse.txt
: > empty.txt
refused '--text' "$lstm"
refused 'empty.txt' "$lstm" --text empty.txt
refused 'too few characters' "$lstm" --text verse.txt --batch-size 500
refused '--temperature' "$lstm" --text verse.txt --temperature -1
refused '--lr' "$lstm" --text verse.txt --lr nan
refused '--prompt.*Z' "$lstm" --text verse.txt --batch-size 4 --steps 16 --prompt Z
refused '--resume.*--checkpoint' "$lstm" --text verse.txt --resume
"$lstm" --help | grep -q -- '--temperature' || wrong "--help does not name --temperature"

small=(--text verse.txt --batch-size 4 --steps 16 --hidden 32 --lr 0.02)
"$lstm" "${small[@]}" --epochs 2 --json lines.json --prompt "$verse" --sample 30 \
  --temperature 0 > out
[ "$(grep -c '^epoch' out)" = 2 ] || wrong "not a line an epoch: $(cat out)"
[ "$(wc -l < lines.json)" = 3 ] || wrong "lines of JSON: $(cat lines.json)"
below 1.1 perplexity lines.json  # 15 is that of equal probabilities, 1 of certainty
[ "$(tail -n 1 out)" = "$verse$verse" ] || wrong "it wrote: $(tail -n 1 out)"
[ -z "$("$lstm" "${small[@]}" --epochs 0 --quiet 2>&1)" ] || wrong "--quiet printed"
resumes "$lstm" "${small[@]}" --epochs 5 --layers 2 --dropout 0.1
refused '--dropout 0.1' "$lstm" "${small[@]}" --epochs 5 --layers 2 --dropout 0.2 \
  --checkpoint run --resume --quiet
