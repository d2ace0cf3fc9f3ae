#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Runs clang-tidy, whose checks are in .clang-tidy.
#   scripts/lint.sh        on what reads files or keeps memory
#   scripts/lint.sh all    also on the other components, the backends' host code and the tools
# The kernels and the ops take long, and the compilers and sanitizers see them. Without precompiled
# headers each file must include what it uses.
source "$(dirname "$0")/lib.sh"
sources=('src/core/*.cpp' 'src/io/*.cpp' 'src/data/*.cpp' 'src/tables/*.cpp' 'src/vision/*.cpp'
         'src/trace/*.cpp' 'src/train/*.cpp' 'src/gguf/*.cpp' 'src/pytorch/*.cpp' 'src/hub/*.cpp')
case "${1:-}" in
  "") ;;
  all) sources+=('src/*.cpp' 'tools/*.cpp') ;;
  *) sed -n '3,8p' "$0"; exit 2 ;;
esac
cmake --preset ci -B build/lint -DCMAKE_DISABLE_PRECOMPILE_HEADERS=ON > /dev/null
git ls-files "${sources[@]}" | grep -v -e backends/cpu/ -e core/ops/ |
  xargs -r -n 1 -P "$jobs" clang-tidy -p build/lint --quiet --extra-arg=-Wno-unknown-warning-option
