#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Tests that code on top of tensors and ops uses only public headers, as a user's code would: no
# file of these folders includes from src/core, src/capture or src/backends.
set -uo pipefail
src=$(cd "$(dirname "$0")/../../src" && pwd)
if grep -nE '#include "(core|capture|backends)/' -r "$src/nn" "$src/optim"; then
  echo "FAILED: these files include private headers"
  exit 1
fi
