#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# rows.sh BUILD tests that every row of bench/rows runs in both precisions, with small sizes; that
# networks are exported; that bench/compare makes a table of them; and that the peers have the same
# kinds of rows.
set -euo pipefail
build=$1
bench=$(cd "$(dirname "$0")/../../bench" && pwd)
program=$build/bench/bench_rows
if [ ! -x "$program" ]; then
  echo "bench/ was not built"
  exit 77
fi
fail() { echo "$*" && exit 1; }
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

cat "$bench"/rows/*.txt | grep -v '^#' | grep . > "$folder/all_rows"
grep -v '^generate' "$folder/all_rows" > "$folder/rows"  # these need a file of 98 MB
for dtype in float32 bfloat16; do
  sed "s/.*/time\t&\t$dtype/" "$folder/rows" | "$program" cpu 2 tiny > "$folder/answers"
  tail -n +2 "$folder/answers" | paste - "$folder/rows" > "$folder/both"
  ! grep -vE '^\{"seconds":[0-9.e-]*[1-9][0-9.e-]*,"flops":' "$folder/both" || fail "in $dtype"
done

printf 'time\tno_such_kind 4\tfloat32\nexport\tinfer net=cnn batch=2\t%s\n' "$folder/net.onnx" |
  "$program" cpu 1 tiny > "$folder/answers"
grep -q 'knows no kind no_such_kind' "$folder/answers" || fail "took a kind that is not there"
[ -s "$folder/net.onnx" ] || fail "exported no network"

compare() { "$bench/compare" --build "$build" --tiny --rounds 2 "$@" 2>&1; }
compare --peers none --device cpu,cpu --only net=mlp > "$folder/table" || fail "no table"
grep -qE '^\| train net=mlp batch=64 +\| +[0-9.e-]+ \|' "$folder/table" ||
  fail "the table has no training: $(cat "$folder/table")"
! compare --peers no_such_peer > "$folder/said" || fail "took a peer that is not there"
grep -q 'there is no peer no_such_peer' "$folder/said" || fail "$(cat "$folder/said")"

"$program" --kinds | python3 "$(dirname "$0")/kinds.py" "$bench" "$folder/all_rows"
