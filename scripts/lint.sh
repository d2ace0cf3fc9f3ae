#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Runs clang-tidy, whose checks are in .clang-tidy, and finds names that two files of a library both
# define for themselves.
#   scripts/lint.sh        on what reads files or keeps memory, and on the libraries of mnist_cnn
#   scripts/lint.sh all    also on the other components, the backends' host code and the tools
# The kernels and the ops take long, and the compilers and sanitizers see them. Without precompiled
# headers each file must include what it uses.
source "$(dirname "$0")/lib.sh"
sources=('src/core/*.cpp' 'src/io/*.cpp' 'src/data/*.cpp' 'src/tables/*.cpp' 'src/vision/*.cpp'
         'src/trace/*.cpp' 'src/train/*.cpp' 'src/gguf/*.cpp' 'src/pytorch/*.cpp' 'src/hub/*.cpp')
targets=(mnist_cnn)
case "${1:-}" in
  "") ;;
  all) sources+=('src/*.cpp' 'tools/*.cpp') targets=(examples/all) ;;
  *) sed -n '3,8p' "$0"; exit 2 ;;
esac
cmake --preset ci -B build/lint -DCMAKE_DISABLE_PRECOMPILE_HEADERS=ON > /dev/null
git ls-files "${sources[@]}" | grep -v -e backends/cpu/ -e core/ops/ |
  xargs -r -n 1 -P "$jobs" clang-tidy -p build/lint --quiet --extra-arg=-Wno-unknown-warning-option

# The preset native compiles several files as one, others with each new file. So all files of a
# library must compile as one.
cmake --preset native -B build/one_unit -DTINYGRAD_CUDA=OFF -DCMAKE_UNITY_BUILD_BATCH_SIZE=0 \
  -DCMAKE_DISABLE_PRECOMPILE_HEADERS=ON > /dev/null
ninja -C build/one_unit -t targets all | sed -n 's/^\(.*generated.*_h\.cpp\):.*/\1/p' |
  xargs ninja -C build/one_unit > /dev/null
ninja -C build/one_unit -t commands "${targets[@]}" | grep ' -o [^ ]*/Unity/' |
  xargs -d '\n' -I{} -P "$jobs" sh -c 'cd build/one_unit && {} -fsyntax-only'
