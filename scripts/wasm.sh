#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Compiles the library to WebAssembly with Emscripten, in build/wasm; build/wasm/wasm/tinygrad.js is
# the module of the course's pages.
#   scripts/wasm.sh          builds it, and runs the short tests in Node
#   scripts/wasm.sh build    builds it alone
#   scripts/wasm.sh full [PICTURES]   then also the table of ops, in Node, and the pages in Chromium;
#                            their pictures are written to the folder PICTURES
# Ends with 77 if there is no Emscripten and none is installed.
source "$(dirname "$0")/lib.sh"

what=${1:-test}
[[ $what =~ ^(test|build|full)$ ]] || { sed -n '3,8p' "$0"; exit 2; }
install_packages emscripten node-acorn
command -v em++ node > /dev/null || { echo "there is no Emscripten (apt-get install emscripten)"; exit 77; }
if command -v ccache > /dev/null; then
  export EM_COMPILER_WRAPPER=ccache CCACHE_SLOPPINESS=time_macros
fi
targets=(tinygrad_pages wasm_training)
[ $what = full ] && targets=()
timed "building build/wasm" bash -c "cmake --preset wasm > build/wasm.log 2>&1 || { cat build/wasm.log; exit 1; }
  cmake --build --preset wasm --parallel $jobs ${targets[*]:+--target ${targets[*]}}"
[ $what = build ] && exit
timed "testing in Node" ctest --preset wasm
[ $what = test ] && exit

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
