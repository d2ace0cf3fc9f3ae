#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# judge.sh PROGRAM: NumPy reads what PROGRAM, which is io_npy_test, writes: the arrays of
# tests/golden/npy.safetensors, each in a file and all in archives. Ends with 77 if the judges cannot
# be installed.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
TINYGRAD_JUDGED=$folder "$1" --gtest_filter='*WritesFilesForNumpy' > "$folder.log" ||
  { cat "$folder.log"; exit 1; }
rm "$folder.log"
"$here/../../scripts/judges.sh" - "$folder" "$here/../golden/npy.safetensors" <<'END'
import sys
import zipfile

import ml_dtypes
import numpy as np
from safetensors.numpy import load_file

folder, expected = sys.argv[1], load_file(sys.argv[2])


def check(name, array):
    if array.dtype.kind == "V":
        array = array.view(ml_dtypes.bfloat16)
    want = expected[name]
    assert array.dtype == want.dtype and array.shape == want.shape, (name, array.dtype, want.dtype)
    assert array.tobytes() == want.tobytes() and array.flags["C_CONTIGUOUS"], name


for name in expected:
    check(name, np.load(f"{folder}/{name}.npy"))
for kind in "stored", "deflated", "zip64":
    assert zipfile.ZipFile(f"{folder}/{kind}.npz").testzip() is None
    with np.load(f"{folder}/{kind}.npz") as arrays:
        assert set(arrays.files) == set(expected)
        for name in expected:
            check(name, arrays[name])
print(f"NumPy {np.__version__} reads {len(expected)} arrays, each four times")
END
