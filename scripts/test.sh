#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Installs what is missing, builds everything, and runs the tests.
#   scripts/test.sh           the tests
#   scripts/test.sh --cuda    the tests that need an NVIDIA GPU; installs nothing (scripts/cuda.sh)
#   scripts/test.sh --full    then also the tests that take long, sanitizers, fuzzers, faults, kills
#                             and other builds, and the tests on other platforms (some hours);
#                             writes docs/reliability_results.md and docs/platforms.md
# With CI=true warnings are errors, and nothing is skipped for want of a tool.
source "$(dirname "$0")/lib.sh"

full=0
case "${1:-}" in
  "") ;;
  --full) full=1 ;;
  --cuda) exec scripts/cuda.sh "${@:2}" ;;
  *) sed -n '3,9p' "$0"; exit 2 ;;
esac
preset=release
if [ "${CI:-}" = true ]; then
  preset=ci
  if command -v nvcc > /dev/null; then
    cmake_arguments+=(-DTINYGRAD_CUDA=ON)
  fi
fi

install_packages "${build_packages[@]}"
if [ "${CI:-}" = true ] || [ $full = 1 ]; then
  install_packages "${tool_packages[@]}"
fi
choose_pocl
timed "building the library, its tests, examples and benchmarks on $jobs cores, in build/$preset" \
  build "$preset"
# PoCL takes half a second to compile a program, or a third if it does not optimize; the long form
# lets it.
POCL_EXTRA_BUILD_FLAGS=-cl-opt-disable timed "testing: each line is a test that has ended" \
  ctest --preset "$preset" --parallel "$jobs" -LE 'long$'
if [ $full = 1 ]; then
  scripts/reliability.sh full
  scripts/platforms.sh
fi
