#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Tests --profile, which prints tables, to standard error in a quiet run, and --tensorboard, which
# writes the values of each epoch; neither changes what is learned.
source "$(dirname "$0")/lib.sh"
export XDG_CACHE_HOME=$folder/cache
"$mlp" "${tiny[@]}" --quiet --save plain.safetensors
"$mlp" "${tiny[@]}" --save profiled.safetensors --profile --tensorboard board/1 > out 2> err
same plain.safetensors profiled.safetensors
[ ! -s err ] || wrong "on stderr: $(cat err)"
for row in 'cpu reaches' 'op .*calls' 'linear ' 'matmul, derivative of linear ' 'sgd ' 'module '; do
  grep -q "^$row" out || wrong "no row $row: $(cat out)"
done
"$mlp" "${tiny[@]}" --json - --profile > lines 2> err
grep -q '^op ' err || wrong "no table on stderr: $(cat err)"
[ "$(wc -l < lines)" = 4 ] || wrong "beside the lines of JSON: $(cat lines)"

[ "$(grep -ac test_accuracy board/1/events.out.tfevents.*)" -ge 1 ] || wrong "no test_accuracy"
touch file
refused 'file/1' "$mlp" "${tiny[@]}" --tensorboard file/1
