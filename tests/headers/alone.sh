#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Tests that each public header compiles alone, without a warning.
set -uo pipefail
include=$(cd "$(dirname "$0")/../../include" && pwd)
failed=0
while IFS= read -r header; do
  echo "#include <$header>" |
    "${CXX:-c++}" -std=c++20 -fsyntax-only -Wall -Wextra -Werror -x c++ -I "$include" \
      -isystem /usr/include/eigen3 - && continue
  echo "FAILED: $header does not compile alone"
  failed=1
done < <(cd "$include" && find tinygrad -name '*.h' | sort)
exit $failed
