#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Runs clang-tidy, whose checks are in .clang-tidy.
#   scripts/lint.sh        on the library but its kernels: all files of a component as one file, since
#                          headers take most of the time
#   scripts/lint.sh all    then also file by file, without precompiled headers, so that each file must
#                          include what it uses, and on the tools
# The preset release compiles several files of a library as one, others with each new file. So a name
# that two files of a library both define for themselves is an error here.
source "$(dirname "$0")/lib.sh"
case "${1:-}" in
  "" | all) ;;
  *) sed -n '3,9p' "$0"; exit 2 ;;
esac
tidy() {  # tidy BUILD, with a file in each line of the input
  xargs -r -n 1 -P "$jobs" clang-tidy -p "$1" --quiet --extra-arg=-Wno-unknown-warning-option
}

merged=build/lint
cmake --preset native -B $merged -DTINYGRAD_CUDA=OFF -DCMAKE_UNITY_BUILD_BATCH_SIZE=0 \
  -DCMAKE_DISABLE_PRECOMPILE_HEADERS=ON > /dev/null
generated=$(ninja -C $merged -t targets all | sed -n 's/^\(src.*generated.*_h\.cpp\):.*/\1/p')
xargs ninja -C $merged > /dev/null <<< "$generated"
# Beside the merged files, those that are compiled with options of their own.
sed -n 's/^ *"file": "\(.*\)",*$/\1/p' $merged/compile_commands.json |
  grep -e "/$merged/src/" -e "^$PWD/src/" | grep -v -e backends/c -e linalg -e ops/ -e gguf/ |
  tidy $merged

if [ "${1:-}" = all ]; then
  cmake --preset ci -B build/lint_all -DCMAKE_UNITY_BUILD=OFF \
    -DCMAKE_DISABLE_PRECOMPILE_HEADERS=ON > /dev/null
  git ls-files 'src/*.cpp' 'tools/*.cpp' | grep -v -e backends/cpu/ -e core/ops/ |
    tidy build/lint_all
fi
