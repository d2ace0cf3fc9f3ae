#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Tests that kernels of different instruction sets share no code: there must be no weak symbol in
# their objects, or the linker would keep one of them, perhaps the AVX-512 one, for every machine.
# Symbols that the compiler itself adds for exceptions contain no code of ours.
#   kernel_symbols.sh BUILD_DIR
set -euo pipefail
found=$(find "$1/src/backends/cpu" -path '*tinygrad_kernels_*' -name '*.o' | sort)
[ -n "$found" ] || { echo "no kernel objects under $1"; exit 1; }
weak_symbols() {
  nm -C --defined-only "$1" |
    awk -v o="${1##*tinygrad_}" '$2 ~ /^[WVu]$/ { $1 = ""; print o ":" $0 }'
}
weak=$(for object in $found; do weak_symbols "$object"; done |
         grep -vE 'DW\.ref\.__gxx_personality_v0|__clang_call_terminate' || true)
if [ -n "$weak" ]; then
  echo "$weak" | head -n 20
  echo "FAILED: these symbols would be shared between instruction sets"
  exit 1
fi
echo "$(wc -w <<< "$found") objects share nothing"
