#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Tests examples/ocr: bad input is refused. TINYGRAD_TEST_FULL=1: with the trained networks it finds
# the lines and reads the text that the package rapidocr does (ocr_judge.py), and draws the boxes.
source "$(dirname "$0")/lib.sh"
ocr=$programs/ocr here=$(cd "$(dirname "$0")" && pwd)
picture=$here/../../examples/data/ocr.png
refused 'PICTURE' "$ocr"
refused 'missing.png' "$ocr" missing.png
refused 'fetch_models.sh ocr' "$ocr" "$picture" --models nowhere
[ "${TINYGRAD_TEST_FULL:-0}" = 1 ] || exit 0
"$here/../../scripts/fetch_models.sh" ocr || { [ $? = 77 ] && exit 0 || exit 1; }

"$ocr" "$picture" --boxes boxes.png --json lines.json > out
python3 - "$here/ocr.txt" lines.json <<'END' || wrong "it read $(cat out)"
import json, sys
judged = [line.split(" ", 4) for line in open(sys.argv[1]).read().splitlines()]
lines = json.loads(open(sys.argv[2]).read().splitlines()[-1])["lines"]
assert [line["text"].replace(" ", "") for line in lines] == [row[4] for row in judged]
for line, row in zip(lines, judged):  # rapidocr's boxes are turned a little
    assert all(abs(a - int(b)) <= 4 for a, b in zip(line["box"], row)), (line, row)
    assert line["probability"] > 0.8
END
grep -q '  梯度下降 gradient descent$' out || wrong "printed: $(cat out)"
[ "$(head -c 4 boxes.png | tail -c 3)" = PNG ] || wrong "no picture"
[ -z "$("$ocr" "$picture" --quiet 2>&1)" ] || wrong "--quiet printed"
