#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Writes what the guide on tg-split shows; tests/split/program.sh compares.
#   make.sh TG_SPLIT FOLDER
set -euo pipefail
root=$(cd "$(dirname "$0")/../../../.." && pwd)
split=$(realpath "$1") out=$(realpath "$2")
cd "$root/tests/split"
model=(--layers 32 --hidden 20480 --heads 128 --batch 64)
"$split" --devices 64 "${model[@]}" --top 5 > "$out/best.txt"
"$split" --table megatron.csv --rank > "$out/table.txt"
"$split" --layers 8 --hidden 4096 --heads 32 --batch 8 --devices 4 --pipeline 4 --micro-batch 1 \
  --chunks 1 --svg "$out/timeline.svg" > /dev/null
"$split" --layers 8 --hidden 4096 --heads 32 --batch 8 --devices 4 --pipeline 4 --micro-batch 1 \
  --chunks 2 --svg "$out/interleaved.svg" > /dev/null
