#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Compiles the library to WebAssembly with Emscripten, in build/wasm; build/wasm/wasm/tinygrad.js is
# the module of the course's pages.
#   scripts/wasm.sh                   builds it, and runs the short tests in Node
#   scripts/wasm.sh build             builds it alone
#   scripts/wasm.sh full [PICTURES]   then also the table of ops, in Node, and the pages in Chromium,
#                                     whose pictures it writes to the folder PICTURES
# Ends with 77 if there is no Emscripten and none is installed.
source "$(dirname "$0")/lib.sh"

what=${1:-test}
[[ $what =~ ^(test|build|full)$ ]] || { sed -n '3,8p' "$0"; exit 2; }
install_packages emscripten node-acorn
command -v em++ node > /dev/null || { echo "there is no Emscripten (apt-get install emscripten)"; exit 77; }
if command -v ccache > /dev/null; then
  export EM_COMPILER_WRAPPER=ccache  # inside em++, whose own name says nothing to it
  cmake_arguments+=(-DCMAKE_CXX_COMPILER_LAUNCHER=)
fi
targets=(tinygrad_pages wasm_training)
[ $what = full ] && targets+=(wasm_op_table)
timed "building the library for WebAssembly on $jobs cores, in build/wasm" build wasm "${targets[@]}"
[ $what = build ] && exit
timed "testing in Node" ctest --preset wasm
[ $what = test ] && exit

# What takes long, has threads or spoils values on purpose is left out.
op_table() {
  local log=build/wasm/op_table.log
  node build/wasm/wasm/wasm_op_table.js --gtest_brief=1 \
    --gtest_filter=-long_sums.*:random_calls.*:threads.*:can_fail.* > $log 2>&1 ||
    { grep -E 'FAILED|Failure' $log | head -n 50; return 1; }
  tail -n 2 $log
}
timed "the table of ops in Node" op_table

# The site, or bare pages if MkDocs cannot be installed.
scripts/docs.sh > /dev/null && site=build/docs/site || site=$(mktemp -d)
if [ "$site" != build/docs/site ]; then
  for page in docs/course/*/live/*.md; do
    bare=$site/${page#docs/}
    mkdir -p "$(dirname "$bare")"
    { echo '<!doctype html><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
      echo "<link rel='stylesheet' href='../../../site.css'><body>"
      grep '^<script' "$page"; } > "${bare%.md}.html"
  done
  cp -r docs/site.css docs/live build/wasm/wasm/tinygrad.js "$site/" && mv "$site/tinygrad.js" "$site/live/"
fi
browser=$(command -v chromium || command -v chromium-browser || command -v google-chrome) ||
  { echo "there is no chromium"; exit 77; }
timed "the pages in Chromium" node tests/wasm/pages_test.js "$browser" "$site" ${2:+"$2"}
