#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# run.sh BUILD tests components (cmake/TinygradComponent.cmake) beside the tinygrad that BUILD
# installs: its component train is found and used. Another is built, installed, found by
# find_package(tinygrad COMPONENTS probe) and used; one that includes a header of src/core must not
# compile; the error for a missing one must name it.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

fail() { echo "FAILED: $*"; cat "$folder/log"; exit 1; }
run() { "$@" > "$folder/log" 2>&1; }
configure() {  # configure SOURCES BUILD [ARGUMENTS...]
  run cmake -S "$here/$1" -B "$folder/$2" -G Ninja -DCMAKE_PREFIX_PATH="$folder/installed" "${@:3}"
}

run cmake --install "$1" --prefix "$folder/installed" || fail "tinygrad is not installed"
configure . components || fail "the component is not configured"
run cmake --build "$folder/components" || fail "the component does not compile"
if run cmake --build "$folder/components" --target leak; then
  fail "a component compiles that includes a header of src/core"
fi
grep -q 'core/node.h: No such file' "$folder/log" || fail "another error was expected"
run cmake --install "$folder/components" --prefix "$folder/installed" || fail "not installed"
configure consumer consumer -DCOMPONENT=probe || fail "the component is not found"
run cmake --build "$folder/consumer" || fail "the consumer does not compile"
"$folder/consumer/consumer" || fail "the component computes something else"
configure train train || fail "the component train is not found"
run cmake --build "$folder/train" || fail "the consumer of train does not compile"
run "$folder/train/consumer" || fail "train computes something else"
if configure consumer other -DCOMPONENT=nonsense; then fail "a component was found that is not"; fi
grep -q 'has no component nonsense' "$folder/log" || fail "the missing component is not named"
