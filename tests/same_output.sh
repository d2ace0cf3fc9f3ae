#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# same_output.sh FILE PROGRAM... tests that PROGRAM prints the content of FILE. With UPDATE=1 it
# writes FILE instead.
set -euo pipefail
actual=$(mktemp)
trap 'rm -f "$actual"' EXIT
"${@:2}" > "$actual"
if [ "${UPDATE:-0}" = 1 ]; then
  cp "$actual" "$1"
fi
diff -u "$1" "$actual"
