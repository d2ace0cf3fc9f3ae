#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Tests that a run that is interrupted and resumed ends with the same weights as one that was not;
# so does one whose newest checkpoint is damaged.
source "$(dirname "$0")/lib.sh"
run=(--dataset digits --samples 12000 --epochs 6 --batch-size 16 --seed 7)
"$mlp" "${run[@]}" --quiet --save whole.safetensors --json whole.json

for signal in INT TERM; do
  rm -rf run
  "$mlp" "${run[@]}" --checkpoint run --resume --save resumed.safetensors > out &
  until [ -d run ]; do sleep 0.05; done  # it trains, and signals are handled
  sleep 0.2
  kill -$signal $!
  code=0
  wait $! || code=$?
  [ $code = $((128 + $(kill -l $signal))) ] || wrong "exit code $code after SIG$signal: $(cat out)"
  [ "$(find run -name 'checkpoint-*' | wc -l)" -ge 1 ] || wrong "no checkpoint after SIG$signal"
  grep -q 'beginning afresh' out || wrong "--resume with no checkpoint did not say so: $(cat out)"
  [ ! -e resumed.safetensors ] || wrong "weights were saved by an interrupted run"
  "$mlp" "${run[@]}" --checkpoint run --resume --save resumed.safetensors --json resumed.json > out
  grep -q 'resumed from' out || wrong "it did not resume: $(cat out)"
  same whole.safetensors resumed.safetensors
  rm resumed.safetensors
done

newest=run/checkpoint-6-0.safetensors
[ -e "$newest" ] || wrong "not there: $newest among $(ls run)"
truncate -s -1 "$newest"
"$mlp" "${run[@]}" --checkpoint run --resume --quiet --save resumed.safetensors 2> out
grep -q 'checkpoint-6-0' out || wrong "no warning about the damaged checkpoint: $(cat out)"
same whole.safetensors resumed.safetensors
refused '--seed' "$mlp" "${run[@]}" --seed 8 --checkpoint run --resume --quiet
