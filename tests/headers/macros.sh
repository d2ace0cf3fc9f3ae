#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Tests that a public header defines no macro of ours that does not begin with TINYGRAD_. -dD prints
# each #define and #undef at its place, with markers that name the file.
set -uo pipefail
include=$(cd "$(dirname "$0")/../../include" && pwd)
(cd "$include" && find tinygrad -name '*.h' | sort | sed 's/.*/#include <&>/') |
  "${CXX:-c++}" -std=c++20 -E -dD -x c++ -I "$include" -isystem /usr/include/eigen3 - |
  awk -v ours="\"$include/" '
    /^# [0-9]+ "/              { inside = index($3, ours) == 1 }
    inside && /^#define /      { name = $2; sub(/\(.*/, "", name); left[name] = 1 }
    /^#undef /                 { delete left[$2] }
    END {
      for (name in left) if (name !~ /^TINYGRAD_/) { print "FAILED: " name " is visible"; bad = 1 }
      exit bad
    }'
