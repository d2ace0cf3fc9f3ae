#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# bench_rows.sh PROGRAM tests that every row of bench/compare_cuda runs, in both precisions, and
# prints three values.
set -euo pipefail
program=$1
if [ ! -x "$program" ]; then
  echo "bench/ was not built"
  exit 77
fi
"$program" --list | while read -r row; do
  for dtype in float32 bfloat16; do
    said=$("$program" "$row" "$dtype" cpu tiny)
    grep -qE '^[0-9.]+ [0-9]+ [0-9]+$' <<< "$said" || { echo "$row in $dtype said: $said"; exit 1; }
  done
done
if "$program" "no such row" float32 cpu 2> /dev/null; then
  echo "took a row that is not there"
  exit 1
fi
