#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Tests the cost of #include <tinygrad/tinygrad.h>: only light standard headers, and few lines. The
# time at -O0 is printed.
set -uo pipefail
include=$(cd "$(dirname "$0")/../../include" && pwd)
most_lines=95000
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
echo '#include <tinygrad/tinygrad.h>' > "$folder/main.cpp"
compile() { "${CXX:-c++}" -std=c++20 -I "$include" "$@"; }

failed=0
not_light='/(algorithm|deque|iostream|ranges|sstream|thread|map|functional|fstream|regex|future|zlib\.h)$'
not_light+='|/(Eigen|fmt|nlohmann|CLI)/'
heavy=$(compile -M "$folder/main.cpp" | tr ' ' '\n' | grep -E "$not_light")
if [ -n "$heavy" ]; then
  echo "FAILED: tinygrad.h pulls in $(tr '\n' ' ' <<< "$heavy")"
  failed=1
fi
lines=$(compile -E -P "$folder/main.cpp" | wc -l)
all_lines=$(compile -E "$folder/main.cpp" | wc -l)
if [ "$all_lines" -gt "$most_lines" ]; then
  echo "FAILED: tinygrad.h is $all_lines lines after preprocessing, more than $most_lines"
  failed=1
fi
TIMEFORMAT='%R s to compile #include <tinygrad/tinygrad.h> at -O0 (limit of the project: 0.6 s)'
time compile -O0 -c "$folder/main.cpp" -o "$folder/main.o" || failed=1
echo "$all_lines lines after preprocessing, $lines of them not empty"
exit $failed
