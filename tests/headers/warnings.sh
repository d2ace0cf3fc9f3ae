#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Tests that the public headers have no warnings in a program that compiles them as its own, as one
# with add_subdirectory does (find_package makes them system headers): with g++, and with clang if
# it is there.
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
include=$(cd "$here/../../include" && pwd)
headers=()
while IFS= read -r header; do
  headers+=(-include "$header")
done < <(cd "$include" && find tinygrad -name '*.h' | sort)
failed=0
for compiler in g++ clang++; do
  command -v "$compiler" > /dev/null || continue
  "$compiler" -std=c++20 -fsyntax-only -I "$include" -isystem /usr/include/eigen3 -Wall -Wextra \
    -Wshadow -Wconversion -Wsign-conversion -Werror "${headers[@]}" "$here/templates.cpp" && continue
  echo "FAILED: the public headers have warnings with $compiler"
  failed=1
done
exit $failed
