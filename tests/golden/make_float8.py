#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes tests/corpus/safetensors/package_float8.safetensors, every element of each dtype of 8-bit
floats, with the Hugging Face package; and tests/golden/float8.safetensors, the same values as
float32 by the package ml_dtypes.

    scripts/judges.sh tests/golden/make_float8.py"""
import pathlib

import ml_dtypes
import numpy as np
from safetensors import TensorSpec, serialize
from safetensors.numpy import save_file

HERE = pathlib.Path(__file__).parent
BITS = np.arange(256, dtype="u1")
NAMES = ["float8_e4m3fn", "float8_e5m2", "float8_e4m3fnuz", "float8_e5m2fnuz", "float8_e8m0fnu"]

specs = {name: TensorSpec(dtype=name, shape=[16, 16], data_ptr=BITS.ctypes.data, data_len=256)
         for name in NAMES}
(HERE.parent / "corpus/safetensors/package_float8.safetensors").write_bytes(serialize(specs))
save_file({name: BITS.view(getattr(ml_dtypes, name)).astype("f4").reshape(16, 16)
           for name in NAMES}, HERE / "float8.safetensors")
