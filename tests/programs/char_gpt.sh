#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Tests examples/char_gpt: it learns a text that repeats itself and then writes it, beyond its
# context too; reads a configuration; draws attention; refuses bad input; and a run that is stopped
# goes on with the same bits, in the middle of an epoch too.
source "$(dirname "$0")/lib.sh"
gpt=$programs/char_gpt
verse='床前明月光，疑是地上霜。Tiger, tiger. '
for ((i = 0; i < 160; ++i)); do printf '%s' "$verse"; done > verse.txt
: > empty.txt
printf 'text = "verse.txt"\nwidth = 16\nlayres = 3\n' > wrong.toml
refused '--text' "$gpt"
refused 'empty.txt' "$gpt" --text empty.txt
refused 'too few characters' "$gpt" --text verse.txt --context 5000
refused '--heads|fit together' "$gpt" --text verse.txt --width 10 --heads 3
refused '--temperature' "$gpt" --text verse.txt --temperature -1
refused '--top-p' "$gpt" --text verse.txt --top-p 0
refused '--lr' "$gpt" --text verse.txt --lr nan
refused '--sample.*Z' "$gpt" --text verse.txt --sample Z
refused '--attention.*png' "$gpt" --text verse.txt --attention a.png
refused 'missing' "$gpt" --text verse.txt --attention missing/a.svg
refused 'layres' "$gpt" --config wrong.toml
refused 'nofile' "$gpt" --config nofile.toml
refused '--resume.*--checkpoint' "$gpt" --text verse.txt --resume
"$gpt" --help | grep -q -- '--top-k' || wrong "--help does not name --top-k"

cat > small.toml <<'TOML'
text = "verse.txt"  # a configuration
context = 32
layers = 2
heads = 2
width = 32
dropout = 0
batch-size = 8
lr = 0.01
sample = "床前明月光"
TOML
small=(--config small.toml)
"$gpt" "${small[@]}" --epochs 10 --json lines.json --temperature 0 --tokens 52 \
  --attention attention.svg > out
[ "$(grep -c '^epoch' out)" = 10 ] || wrong "not a line an epoch: $(cat out)"
[ "$(wc -l < lines.json)" = 11 ] || wrong "lines of JSON: $(cat lines.json)"
below 0.2 loss lines.json  # 3.1 is that of equal probabilities, 0 of certainty
[ "$(tail -n 1 out)" = "$verse${verse}床前明月光" ] || wrong "it wrote: $(tail -n 1 out)"
grep -q 'layer 2, head 2' attention.svg || wrong "attention.svg has no second head"
[ "$(grep -c '>明<' attention.zh.svg)" = 8 ] || wrong "attention.zh.svg does not name its rows"
[ -z "$("$gpt" "${small[@]}" --epochs 0 --quiet 2>&1)" ] || wrong "--quiet printed"
resumes "$gpt" "${small[@]}" --epochs 5 --dropout 0.1 --tokens 0
refused '--dropout 0.1' "$gpt" "${small[@]}" --epochs 5 --dropout 0.2 --checkpoint run --resume \
  --quiet

# The same words with any number of threads.
for threads in 1 2; do
  "$gpt" "${small[@]}" --epochs 1 --threads $threads --top-k 5 --top-p 0.9 | tail -n 1 > $threads.out
done
same 1.out 2.out
