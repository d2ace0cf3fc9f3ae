#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# check.sh FILE: checks that FILE compiles as it is, and that g++ and clang++ refuse it with -DWRONG,
# which adds one line. If that line ends with "// says: TEXT", the compilers must say TEXT in their
# first 15 lines, or as many as a line "// within N lines" allows; "// g++ says: TEXT" and
# "// clang++ says: TEXT" are for one of them. A file with a line "// warns" is warned of, not
# refused.
set -uo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
compile() { "$@" -std=c++20 -fsyntax-only -I "$root/include"; }

if ! compile "${CXX:-c++}" "$1"; then
  echo "FAILED: ${1##*/} must compile without -DWRONG"
  exit 1
fi
for compiler in g++ clang++; do
  command -v $compiler > /dev/null || continue
  if errors=$(compile $compiler -DWRONG "$1" 2>&1) && ! grep -q '^// warns$' "$1"; then
    echo "FAILED: $compiler compiles ${1##*/} with -DWRONG: $(grep -A 9 'ifdef WRONG' "$1")"
    exit 1
  fi
  lines=$(sed -n 's|^// within \(.*\) lines$|\1|p' "$1")
  lines=${lines:-15}
  text=$(sed -nE "s,.*// (${compiler//+/\\+} )?says: ,,p" "$1")
  first=$(grep -vE ' says: |^In file included|^ +from ' <<< "$errors" | head -n "$lines")
  if [[ $first != *"$text"* ]]; then
    echo "FAILED: ${1##*/}: $compiler does not say \"$text\" in its first $lines lines but: $errors"
    exit 1
  fi
  grep -m 1 -E 'error|warning' <<< "$errors"
done
