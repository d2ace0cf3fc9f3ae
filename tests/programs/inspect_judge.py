# SPDX-License-Identifier: MIT
"""Prints the rows of tinygrad-inspect for the tensors of a file as NumPy computes them, words apart
by one space.
    judges.sh inspect_judge.py FILE               FILE is .safetensors, .npz or .gguf
    judges.sh inspect_judge.py --write FILE       writes a .safetensors that has something of all
"""
import json
import sys

import ml_dtypes
import numpy as np
from safetensors.numpy import load_file, save_file


def safetensors(path):
    header = json.loads(open(path, "rb").read()[8:].split(b"}}")[0] + b"}}")
    arrays = load_file(path)
    for name in sorted(arrays, key=lambda name: header[name]["data_offsets"]):
        yield name, arrays[name].dtype, arrays[name].nbytes, arrays[name]


def npz(path):
    for name, array in np.load(path).items():
        yield name, array.dtype, array.nbytes, array


def gguf(path):
    from gguf import GGUFReader, quants
    for t in GGUFReader(path).tensors:
        array = quants.dequantize(t.data, t.tensor_type).reshape([int(n) for n in t.shape[::-1]])
        plain = {"F32": "float32", "F16": "float16"}
        yield t.name, plain.get(t.tensor_type.name, t.tensor_type.name), t.n_bytes, array


def row(name, dtype, size, array):
    x = array.astype(np.float64)
    finite = x[np.isfinite(x)]
    mean, spread = (finite.mean(), finite.std()) if finite.size else (0, 0)
    counts = [np.count_nonzero(x == 0), np.count_nonzero(np.isnan(x)), np.count_nonzero(np.isinf(x))]
    print(name, dtype, "[" + ", ".join(str(n) for n in array.shape) + "]", f"{size:,}",
          f"{mean:.4g} {spread:.4g}", *(f"{n:,}" if n else "." for n in counts))


def write(path):
    random = np.random.default_rng(1)
    embedding = random.normal(size=(7, 5)).astype(np.float32)
    special = np.float32([0, -0.0, np.nan, np.inf, -np.inf, 3])
    tensors = {
        "embed.weight": embedding, "head.weight": embedding, "layers.0.bias": special,
        "layers.0.weight": random.normal(2, 3, (4, 6)).astype(np.float16),
        "layers.1.weight": random.normal(-1, 2, (3, 3)).astype(ml_dtypes.bfloat16),
        "layers.1.bias": np.zeros(3), "mask": np.array([True, False, True]),
        "steps": np.array(41), "empty": np.zeros((0, 3), np.float32)}
    save_file(tensors, path, {"format": "pt", "note": "two\nlines"})


if sys.argv[1] == "--write":
    write(sys.argv[2])
else:
    path = sys.argv[1]
    rows = {"safetensors": safetensors, "npz": npz, "gguf": gguf}[path.rsplit(".", 1)[1]]
    for tensor in rows(path):
        row(*tensor)
