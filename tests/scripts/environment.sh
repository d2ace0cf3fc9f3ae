#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Tests that docs/environment.md lists the environment variables that sources and scripts read, and
# no others.
set -euo pipefail
cd "$(dirname "$0")/../.."
readers='(getenv|text|flag|variable|environment|is_true|folder)\(\{?|seconds\(call, '
name='[A-Z][A-Z_0-9]+'
read_by_sources() {
  grep -rhoE "($readers)(\"$name\"(, )?)+" src include examples tools bench | grep -oE "\"$name\""
  # Variables whose name is chosen before it is read.
  grep -rhoE '"(HF|TRANSFORMERS|TINYGRAD)_[A-Z_]+"' src/hub src/core/environment.cpp
}
read_by_scripts() { grep -rhoE "\\$\{$name:?-|export TINYGRAD_[A-Z_]+" scripts .ci; }
all_read() { { read_by_sources; read_by_scripts; } | sed 's/export //' | grep -oE "$name" | sort -u; }
listed() { grep '^|' docs/environment.md | cut -d '|' -f 2 | grep -oE "$name" | sort -u; }
diff <(all_read) <(listed) || {
  echo "docs/environment.md (>) and what is read (<) differ"
  exit 1
}
