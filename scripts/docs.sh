#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Writes the documentation: build/docs/html, the API reference, from the comments of the public
# headers (Doxygen); and build/docs/site, all pages, the course and that reference (MkDocs, in an
# environment in $XDG_CACHE_HOME or ~/.cache). A warning is an error. Ends with 77 if MkDocs cannot
# be installed.
source "$(dirname "$0")/lib.sh"
packages=(mkdocs==1.6.1 mkdocs-material==9.8.2 latex2mathml==3.81.1 jieba==0.42.1)

install_packages doxygen
rm -rf build/docs && mkdir -p build/docs
timed "writing build/docs/html" doxygen docs/Doxyfile

site=${XDG_CACHE_HOME:-$HOME/.cache}/tinygrad/site
if [ ! -e "$site/complete" ]; then
  rm -rf "$site" && python3 -m venv "$site" &&
    "$site/bin/pip" install --quiet "${packages[@]}" && touch "$site/complete" ||
    { echo "MkDocs cannot be installed"; exit 77; }
fi
NO_MKDOCS_2_WARNING=1 timed "writing build/docs/site" "$site/bin/mkdocs" build --strict --quiet
cp -r build/docs/html/. build/docs/site/api/
if [ -e build/wasm/wasm/tinygrad.js ]; then  # of scripts/wasm.sh
  cp build/wasm/wasm/tinygrad.js build/docs/site/live/
else
  echo "the pages of live/ will not run: scripts/wasm.sh has not been run"
fi
