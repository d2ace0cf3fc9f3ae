#!/usr/bin/env bash
# same_output.sh PROGRAM FILE: what PROGRAM prints is what FILE holds. With UPDATE=1 it writes FILE instead.
set -euo pipefail
actual=$(mktemp)
trap 'rm -f "$actual"' EXIT
"$1" > "$actual"
if [ "${UPDATE:-0}" = 1 ]; then
  cp "$actual" "$2"
fi
diff -u "$2" "$actual"
