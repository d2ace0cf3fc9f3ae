#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# check.sh FILE: checks that FILE compiles as it is, and does not compile with -DWRONG, which adds
# the one line that must be an error. If it ends with "// says: TEXT", the compiler must say TEXT.
set -uo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
compile() { "${CXX:-c++}" -std=c++20 -fsyntax-only -I "$root/include" "$@"; }

if ! compile "$1"; then
  echo "FAILED: ${1##*/} must compile without -DWRONG"
  exit 1
fi
if errors=$(compile -DWRONG "$1" 2>&1); then
  echo "FAILED: ${1##*/} compiles with -DWRONG: $(grep -A 9 'ifdef WRONG' "$1")"
  exit 1
fi
text=$(sed -n 's|.*// says: ||p' "$1")
if [[ $(grep -v '// says: ' <<< "$errors") != *"$text"* ]]; then
  echo "FAILED: ${1##*/}: the compiler does not say \"$text\" but: $errors"
  exit 1
fi
grep -m 1 error <<< "$errors"
