#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# What stands on top of tensors and ops is written against public headers, as a user's code would
# be: no file of these folders includes from src/core, src/capture or src/backends.
set -uo pipefail
src=$(cd "$(dirname "$0")/../../src" && pwd)
if grep -nE '#include "(core|capture|backends)/' -r "$src/nn" "$src/optim"; then
  echo "FAILED: these files include private headers"
  exit 1
fi
