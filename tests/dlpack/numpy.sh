#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# numpy.sh LIBRARY: NumPy and LIBRARY (tests/dlpack/exports.cpp) exchange tensors by DLPack. Ends
# with 77 if NumPy cannot be installed.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
exec "$here/../../scripts/judges.sh" "$here/numpy_check.py" "$1"
