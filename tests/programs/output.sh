#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Tests the output: plain lines in a pipe, a bar on a terminal, nothing with --quiet; --json as
# documented; a clear message if MNIST is missing.
source "$(dirname "$0")/lib.sh"
escape=$'\x1b'
"$mlp" "${tiny[@]}" --json lines.json > out 2> err
[ ! -s err ] || wrong "on stderr: $(cat err)"
! grep -q "$escape" out || wrong "escape codes in a pipe"
! grep -q $'\r' out || wrong "carriage returns in a pipe"
[ "$(grep -c '^epoch' out)" = 3 ] || wrong "not a line an epoch: $(cat out)"
grep -q 'read as' out || wrong "no confusion matrix"

number='-?[0-9.]+(e[-+]?[0-9]+)?'
line="^\{\"epoch\":[0-9]+,\"train_loss\":$number,\"train_accuracy\":$number,\"test_loss\":$number,"
line+="\"test_accuracy\":$number,\"samples_per_second\":$number\}$"
last="^\{\"final\":true,\"dataset\":\"digits\",\"test_accuracy\":$number,"
last+="\"samples_per_second\":$number,\"peak_memory_bytes\":[1-9][0-9]*,"
last+="\"device\":\"cpu\",\"threads\":[0-9]+,\"seed\":42\}$"
[ "$(wc -l < lines.json)" = 4 ] || wrong "lines of JSON: $(cat lines.json)"
[ "$(head -n 3 lines.json | grep -cE "$line")" = 3 ] || wrong "lines of JSON: $(cat lines.json)"
tail -n 1 lines.json | grep -qE "$last" || wrong "last line of JSON: $(tail -n 1 lines.json)"

"$mlp" "${tiny[@]}" --json - > both
[ "$(grep -c '^{"epoch":' both)" = 3 ] && [ "$(wc -l < both)" = 4 ] ||
  wrong "--json - printed: $(cat both)"
[ ! -e ./- ] || wrong "--json - made a file of that name"
for arguments in "${tiny[*]}" --help; do
  # shellcheck disable=SC2086
  "$mlp" $arguments > /dev/full 2> full && wrong "$arguments exited with 0 on a full disk"
  grep -q 'standard output cannot be written' full || wrong "$arguments said: $(cat full)"
done

"$cnn" --dataset digits --samples 200 --epochs 1 --quiet --trace step.html
grep -q '"name":"conv1.weight"' step.html || wrong "--trace wrote no page"

[ -z "$("$mlp" "${tiny[@]}" --quiet 2>&1)" ] || wrong "--quiet printed"
"$mlp" --samples 64 --epochs 1 --quiet 2> loud
grep -q 'DRAWN BY CODE' loud || wrong "the drawn digits were not announced"
if command -v script > /dev/null; then
  script -qec "'$mlp' --dataset digits --samples 640 --epochs 2" /dev/null < /dev/null > terminal
  grep -q "━" terminal || wrong "no bar on a terminal"
  grep -q "$escape" terminal || wrong "the bar is not drawn over"
fi
